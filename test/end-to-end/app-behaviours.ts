import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { Agent, get } from 'node:http';
import { text } from 'node:stream/consumers';
import { it } from 'node:test';
import type { Galley } from '../support/galley.ts';
import { until } from '../support/until.ts';
import { upload } from '../support/upload.ts';
import { randomPieces } from './random-pieces.ts';
import { uploadInStep } from './upload-in-step.ts';
import { uploadMultipart } from './upload-multipart.ts';

/** What an app of test/apps does beyond, or short of, the common list, by its framework's design. */
export interface AppTraits {
  /** Who makes the page when a view raises: the framework, or Galley because the exception comes through. */
  readonly errorPage: 'framework' | 'galley';
  /** Whether the framework lets the exception through once it has sent its error page. */
  readonly raisesAfterAnswer: boolean;
  /** The framings of an upload that the app can read while it comes; Django reads all of it before an ASGI view is called. */
  readonly streamedUploads: readonly ('length' | 'chunked')[];
  /** Most WSGI frameworks take a request without content-length for one without a body. */
  readonly readsChunkedBody: boolean;
  readonly backgroundTasks: boolean;
  readonly lifespanState: boolean;
}

/** Declares the tests that every app of test/apps passes, whatever its framework. */
export function describeApp(galley: () => Galley, traits: AppTraits): void {
  const at = (path: string): string => galley().url + path;

  it('answers JSON', async () => {
    const answer = await fetch(at('/json'));
    assert.equal(answer.status, 200);
    assert.match(answer.headers.get('content-type') ?? '', /^application\/json/);
    assert.deepEqual(await answer.json(), { hello: 'world' });
  });

  it('takes JSON', async () => {
    const sent = { text: 'žluťoučký kůň', list: [1, null, true] };
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(at('/json'), { method: 'POST', headers, body: JSON.stringify(sent) });
    assert.deepEqual(await answer.json(), sent);
  });

  it('decodes a path and a query in Unicode', async () => {
    const answer = await fetch(at('/items/caf%C3%A9%20%E2%82%AC?q=a%20b%2B%C3%BC'));
    assert.deepEqual(await answer.json(), { name: 'café €', q: 'a b+ü' });
  });

  it('takes a form', async () => {
    const body = new URLSearchParams({ name: 'Zoë & Co', color: 'grün' });
    const answer = await fetch(at('/form'), { method: 'POST', body });
    assert.deepEqual(await answer.json(), { name: 'Zoë & Co', color: 'grün' });
  });

  it('takes a multipart upload of 50 MB', async () => {
    const size = 50 * 1024 * 1024;
    const digest = createHash('sha256');
    const answer = await uploadMultipart(at('/upload'), randomPieces(size, digest), size);
    assert.deepEqual(JSON.parse(answer.text), {
      note: 'big',
      filename: 'random.bin',
      length: size,
      sha256: digest.digest('hex'),
    });
  });

  it('sends each piece of a streamed answer when the app yields it', async () => {
    const answer = await fetch(at('/gated/answer'));
    const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
    assert.equal((await reader.read()).value, 'first\n');
    await fetch(at('/release/answer'), { method: 'POST' });
    assert.equal((await reader.read()).value, 'second\n');
    assert.equal((await reader.read()).done, true);
  });

  for (const framing of traits.streamedUploads) {
    it(`gives each piece of an upload to the app when it comes (${framing})`, () => uploadInStep(at, framing));
  }

  if (traits.readsChunkedBody) {
    it('takes a chunked body', async () => {
      const answer = await upload(at('/json'), 'application/json', [Buffer.from('{"in":'), Buffer.from('"chunks"}')]);
      assert.deepEqual(JSON.parse(answer.text), { in: 'chunks' });
    });
  }

  it('redirects', async () => {
    const answer = await fetch(at('/redirect'), { redirect: 'manual' });
    assert.ok([302, 303, 307].includes(answer.status), `${answer.status}`);
    assert.equal(new URL(answer.headers.get('location') ?? '', at('/redirect')).pathname, '/json');
    const followed = await fetch(at('/redirect'));
    assert.deepEqual(await followed.json(), { hello: 'world' });
  });

  it('takes cookies and sets several, in order', async () => {
    const answer = await fetch(at('/cookies'), { headers: { cookie: 'a=1; b=2' } });
    assert.deepEqual(await answer.json(), { a: '1', b: '2' });
    const set = answer.headers.getSetCookie().map((cookie) => cookie.split(';')[0]);
    assert.deepEqual(set, ['first=1', 'second=2', 'third=3']);
  });

  it('answers HEAD with the headers of GET and no body', async () => {
    const answer = await fetch(at('/json'), { method: 'HEAD' });
    const got = await fetch(at('/json'));
    const body = await got.text();
    assert.equal(answer.status, 200);
    assert.equal(await answer.text(), '');
    assert.equal(answer.headers.get('content-type'), got.headers.get('content-type'));
    assert.equal(answer.headers.get('content-length'), String(Buffer.byteLength(body)));
  });

  it("passes the app's 404 on", async () => {
    const answer = await fetch(at('/nothing'));
    assert.equal(answer.status, 404);
    await answer.body?.cancel();
  });

  it('answers 500 when the app raises, shows the traceback in the log, and serves on', async () => {
    const before = galley().stderr().length;
    const log = (): string => galley().stderr().slice(before);
    const answer = await fetch(at('/fail'));
    const page = await answer.text();
    assert.equal(answer.status, 500);
    assert.doesNotMatch(page, /kettle/);
    await until(
      () => /in (fail|on_get)\n/.test(log()) && log().includes('RuntimeError: the kettle is cold'),
      () => `a traceback in ${log()}`,
    );
    assert.doesNotMatch(log(), /galley_worker/);
    if (traits.errorPage === 'galley') {
      const id = /^Request (\S+)$/m.exec(page)?.[1];
      assert.ok(id, `an id in ${page}`);
      await until(() => log().includes(`request=${id}`), `the id ${id} in the log`);
    }
    assert.equal((await fetch(at('/json'))).status, 200);
  });

  if (traits.raisesAfterAnswer) {
    it('names the request that failed in the log', async () => {
      await (await fetch(at('/fail?named'))).text();
      await galley().says(/the app failed: GET \/fail\?named request=\S+/, 1_000);
    });
  }

  if (traits.backgroundTasks) {
    it('runs a background task after the answer is complete', async () => {
      const done = async (): Promise<unknown> => (await fetch(at('/background/task'))).json();
      const answer = await fetch(at('/background/task'), { method: 'POST' });
      assert.deepEqual(await answer.json(), {});
      assert.deepEqual(await done(), { done: false });
      await fetch(at('/release/task'), { method: 'POST' });
      await until(async () => ((await done()) as { done: boolean }).done, 'the background task ends');
    });
  }

  if (traits.lifespanState) {
    it('gives each request its own copy of the lifespan state', async () => {
      for (let count = 0; count < 2; count++) {
        const answer = await fetch(at('/state'));
        assert.deepEqual(await answer.json(), { greeting: 'from lifespan', touched: false });
      }
    });
  }

  it('serves several requests on one connection', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ports = new Set<number | undefined>();
    for (const path of ['/json', '/nothing', '/redirect', '/items/x?q=y', '/json']) {
      await new Promise<void>((resolve, reject) => {
        get(at(path), { agent }, (response) => {
          ports.add(response.socket.localPort);
          text(response).then(() => resolve(), reject);
        }).on('error', reject);
      });
    }
    agent.destroy();
    assert.equal(ports.size, 1);
  });
}
