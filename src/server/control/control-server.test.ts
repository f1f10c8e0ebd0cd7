import assert from 'node:assert/strict';
import { once } from 'node:events';
import { lstatSync, mkdirSync, readdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect, createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { AppFolder } from '../../../test/support/app-folder.ts';
import { appStatus, FakeTarget, galleyStatus, workerStatus } from '../../../test/support/fake-control.ts';
import { ControlSocketError, type OpenControl, openControl } from './control-server.ts';

interface Answer {
  readonly status: number | undefined;
  readonly allow: string | undefined;
  readonly body: unknown;
}

describe('openControl', () => {
  let folder: AppFolder;
  let target: FakeTarget;
  let control: OpenControl;

  beforeEach(async () => {
    folder = await AppFolder.with({});
    target = new FakeTarget();
    control = await openControl(target, { path: folder.file('c.sock') });
  });

  afterEach(async () => {
    await control.close();
    await folder[Symbol.asyncDispose]();
  });

  async function ask(method: string, path: string, body: unknown = ''): Promise<Answer> {
    const outgoing = request({ socketPath: control.path, method, path, agent: false });
    outgoing.end(typeof body === 'string' ? body : JSON.stringify(body));
    const [response] = await once(outgoing, 'response');
    assert.equal(response.headers['content-type'], 'application/json');
    return { status: response.statusCode, allow: response.headers.allow, body: JSON.parse(await text(response)) };
  }

  it('tells the status, all of it or a part', async () => {
    target.current = galleyStatus({ apps: [appStatus({ workers: [workerStatus({ id: 3 })] })] });
    assert.deepEqual((await ask('GET', '/status')).body, target.current);
    assert.deepEqual((await ask('GET', '/workers?x')).body, [{ app: 'main:app', ...workerStatus({ id: 3 }) }]);
    assert.deepEqual((await ask('GET', '/queue')).body, [{ app: 'main:app', ...appStatus().queue }]);
  });

  it('refuses to change a Galley that is stopping', async () => {
    target.current = galleyStatus({ state: 'stopping' });
    const body = { ok: false, text: 'Galley is stopping' };
    for (const [path, asked] of [
      ['/scale', { workers: 3 }],
      ['/reload', ''],
      ['/drain', { worker: 1 }],
      ['/upstreams/drain', { upstream: 'app', address: '127.0.0.1:8001' }],
    ] as const) {
      assert.deepEqual(await ask('POST', path, asked), { status: 409, allow: undefined, body });
    }
    assert.deepEqual(target.calls, []);
    assert.equal((await ask('GET', '/status')).status, 200);
  });

  it('scales to a number or a range', async () => {
    assert.deepEqual(await ask('POST', '/scale', { workers: 3 }), {
      status: 200,
      allow: undefined,
      body: { ok: true, text: 'Galley keeps 3 workers from now on' },
    });
    assert.equal((await ask('POST', '/scale', { min: 1, max: 512 })).status, 200);
    assert.deepEqual(target.calls, [
      ['scale', 3, 3],
      ['scale', 1, 512],
    ]);
  });

  it('answers a reload when it is done, and why it failed', async () => {
    assert.deepEqual(await ask('POST', '/reload'), { status: 200, allow: undefined, body: target.outcome });
    target.outcome = { ok: false, text: 'No module named "x"', traceback: 'Traceback' };
    assert.deepEqual(await ask('POST', '/reload'), { status: 409, allow: undefined, body: target.outcome });
  });

  it('replaces a worker, stops, and sets the log level', async () => {
    assert.equal((await ask('POST', '/drain', { worker: 1 })).status, 202);
    assert.deepEqual((await ask('POST', '/drain', { worker: 2 })).body, { ok: false, text: 'There is no worker 2' });
    assert.equal((await ask('PUT', '/log-level', { level: 'debug' })).status, 200);
    assert.equal((await ask('POST', '/stop')).status, 202);
    assert.deepEqual(target.calls, [['drain', 1], ['drain', 2], ['log-level', 'debug'], ['stop']]);
  });

  const refusals: readonly (readonly [string, string, unknown, number, RegExp])[] = [
    ['POST', '/scale', {}, 400, /\/scale takes {"workers": NUMBER} or/],
    ['POST', '/scale', { workers: 0 }, 400, /from 1 to 512/],
    ['POST', '/scale', { workers: 513 }, 400, /from 1 to 512/],
    ['POST', '/scale', { workers: 1.5 }, 400, /whole numbers/],
    ['POST', '/scale', { workers: '2' }, 400, /whole numbers/],
    ['POST', '/scale', { min: 3, max: 2 }, 400, /min not above max/],
    ['POST', '/scale', { min: 3 }, 400, /{"min": NUMBER, "max": NUMBER}/],
    ['POST', '/scale', '[1]', 400, /has to be a JSON object/],
    ['POST', '/scale', '{', 400, /has to be a JSON object/],
    ['POST', '/scale', 'null', 400, /has to be a JSON object/],
    ['POST', '/drain', { worker: 'all' }, 400, /\/drain takes {"worker": NUMBER}/],
    ['PUT', '/log-level', { level: 'trace' }, 400, /one of error, warn, info, debug/],
    ['POST', '/scale', ' '.repeat(4097), 413, /4096 bytes/],
    ['POST', '/scale', 'x'.repeat(1024 * 1024), 413, /4096 bytes/],
    ['GET', '/toString', '', 404, /There is no \/toString/],
    ['POST', '/status', '', 405, /\/status takes GET, not POST/],
    ['POST', '/log-level', { level: 'info' }, 405, /takes PUT/],
  ];
  for (const [method, path, body, status, why] of refusals) {
    const shown = JSON.stringify(body).slice(0, 40);
    it(`refuses ${method} ${path} ${shown} with ${status}`, async () => {
      const answer = await ask(method, path, body);
      assert.equal(answer.status, status);
      assert.match((answer.body as { text: string }).text, why);
      assert.deepEqual(target.calls, []);
    });
  }

  it('names the method that a path takes, and all paths where there is no such one', async () => {
    assert.equal((await ask('DELETE', '/reload')).allow, 'POST');
    const { paths } = (await ask('GET', '/')).body as { paths: string[] };
    assert.deepEqual(paths, [
      'GET /status',
      'GET /workers',
      'GET /queue',
      'POST /scale',
      'POST /reload',
      'POST /drain',
      'POST /stop',
      'PUT /log-level',
      'GET /upstreams',
      'POST /upstreams/add',
      'POST /upstreams/drain',
      'POST /upstreams/remove',
      'POST /upstreams/weight',
      'POST /upstreams/up',
      'GET /caches',
      'POST /purge',
      'GET /certificates',
      'POST /certificates/renew',
      'POST /certificates/revoke',
    ]);
  });

  it('answers 500 where the target fails, and goes on', async () => {
    target.status = () => {
      throw new Error('no status today');
    };
    assert.match(JSON.stringify(await ask('GET', '/status')), /"status":500.*no status today/);
    target.reload = () => Promise.resolve({ ok: true, text: 1n as unknown as string });
    assert.equal((await ask('POST', '/reload')).status, 500);
    assert.equal((await ask('GET', '/workers')).status, 500);
  });

  it('takes garbage, and clients that leave, for what they are', async () => {
    const reloading = Promise.withResolvers<void>();
    const outcome = Promise.withResolvers<typeof target.outcome>();
    target.reload = () => {
      reloading.resolve();
      return outcome.promise;
    };
    const garbage = connect(control.path);
    garbage.end('\0\0\r\n\r\n');
    assert.match(await text(garbage), /^HTTP\/1.1 400/);

    const leaving = request({ socketPath: control.path, method: 'POST', path: '/reload', agent: false });
    leaving.on('error', () => {});
    leaving.end();
    await reloading.promise;
    leaving.destroy();
    outcome.resolve({ ok: true, text: '' });

    const half = connect(control.path);
    half.write('POST /scale HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{');
    await once(half, 'connect');
    half.destroy();
    assert.equal((await ask('GET', '/status')).status, 200);
  });

  it('makes a socket that is for our user alone, whatever the umask, and leaves nothing else', async () => {
    const before = process.umask(0);
    try {
      const wide = await openControl(target, { path: folder.file('wide.sock') });
      assert.equal(lstatSync(wide.path).mode & 0o777, 0o600);
      await wide.close();
    } finally {
      process.umask(before);
    }
    assert.deepEqual(readdirSync(folder.path), ['c.sock']);
  });

  it('removes its socket, but not the one that has taken its place in an upgrade', async () => {
    const next = await openControl(target, { path: control.path }, true);
    await control.close();
    control = next;
    assert.equal((await ask('GET', '/status')).status, 200);
    await control.close();
    assert.deepEqual(readdirSync(folder.path), []);
    control = await openControl(target, { path: folder.file('c.sock') });
  });

  it('takes the place of a socket that nobody listens on any more', async () => {
    const dead = folder.file('dead.sock');
    const old = createServer().listen(folder.file('old.sock'));
    await once(old, 'listening');
    renameSync(folder.file('old.sock'), dead);
    old.close();
    await once(old, 'close');
    const next = await openControl(target, { path: dead });
    assert.equal(next.path, dead);
    await next.close();
  });

  it('leaves alone what is not its own', async () => {
    writeFileSync(folder.file('file'), 'kept');
    symlinkSync(folder.file('file'), folder.file('link'));
    mkdirSync(folder.file('sub'));
    for (const name of ['file', 'link', 'sub']) {
      await assert.rejects(openControl(target, { path: folder.file(name) }), /another file is there/);
    }
    await assert.rejects(openControl(target, { path: control.path }), /another program listens there/);
    assert.equal((await ask('GET', '/status')).status, 200);
  });

  it('says why it cannot open a path', async () => {
    for (const [path, why] of [
      [folder.file('none/c.sock'), /its folder does not exist/],
      [folder.file('x'.repeat(120)), /at most 107 bytes/],
    ] as const) {
      await assert.rejects(openControl(target, { path }), (error) => {
        assert.ok(error instanceof ControlSocketError);
        assert.match(error.message, why);
        return true;
      });
    }
    assert.deepEqual(readdirSync(folder.path), ['c.sock']);
  });
});
