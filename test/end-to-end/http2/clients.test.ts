import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { type ClientHttp2Session, connect } from 'node:http2';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { type Browser, launchBrowser, noBrowser, type Page } from '../../support/browser.ts';
import { answerOf } from '../../support/http2-client.ts';
import { requires } from '../../support/requirements.ts';
import { until } from '../../support/until.ts';
import { Http2Galley } from './http2-galley.ts';

const run = promisify(execFile);
const upload = Buffer.alloc(5_000_000, 'galley');
const digest = createHash('sha256').update(upload).digest('hex');
const received = { length: upload.length, sha256: digest };

describe('FastAPI over HTTP/2', { timeout: 120_000 }, () => {
  let galley: Http2Galley;

  before(async () => {
    galley = await Http2Galley.start('http2_app:app');
    await writeFile(galley.file('upload.bin'), upload);
  });
  after(() => galley?.[Symbol.asyncDispose]());

  async function logged(line: string): Promise<void> {
    await until(
      async () => (await galley.log()).includes(line),
      () => `the log has ${line}`,
    );
  }

  describe('curl', { skip: requires('curl') }, () => {
    const curl = async (...args: readonly string[]): Promise<string> =>
      (await run('curl', ['--silent', '--show-error', '--http2', '--cacert', galley.certificate, ...args])).stdout;

    it('gets JSON', async () => {
      const answer = await curl('--write-out', ' HTTP/%{http_version} %{http_code}', `${galley.url}/json`);
      assert.equal(answer, '{"hello":"world"} HTTP/2 200');
      await logged('HTTP/2.0 GET /json 200');
    });

    it('uploads 5 MB', async () => {
      const answer = await curl('--data-binary', `@${galley.file('upload.bin')}`, `${galley.url}/upload`);
      assert.deepEqual(JSON.parse(answer), received);
    });

    it('sees early hints and trailers', async () => {
      const answer = await curl('--include', `${galley.url}/raw/`);
      assert.match(answer, /^HTTP\/2 103 \r\nlink: <\/style\.css>; rel=preload; as=style\r\n\r\nHTTP\/2 200 \r\n/);
      assert.match(answer, /with trailers/);
      assert.match(answer, /x-sum: 13/);
    });
  });

  describe('h2load', { skip: requires('h2load') }, () => {
    it('has all of 2000 requests answered, 50 at a time', async () => {
      const { stdout } = await run('h2load', ['-n', '2000', '-m', '50', `${galley.url}/json`]);
      assert.match(stdout, /Application protocol: h2\n/);
      assert.match(
        stdout,
        /requests: 2000 total, 2000 started, 2000 done, 2000 succeeded, 0 failed, 0 errored, 0 timeout/,
      );
      assert.match(stdout, /status codes: 2000 2xx,/);
    });
  });

  describe('node:http2', () => {
    let session: ClientHttp2Session;
    before(() => {
      session = connect(galley.url, { rejectUnauthorized: false });
    });
    after(() => session?.destroy());

    it('gets an answer piece by piece', async () => {
      const stream = session.request({ ':path': '/gated/node' }).setEncoding('utf8');
      let seen = '';
      stream.on('data', (piece: string) => {
        seen += piece;
      });
      await until(() => seen === 'first\n', 'the first piece');
      await text(session.request({ ':path': '/release/node', ':method': 'POST' }, { endStream: true }));
      await until(() => seen === 'first\nsecond\n', 'the second piece');
    });

    it('gets early hints and trailers', async () => {
      const { interim, status, trailers, body } = await answerOf(session.request({ ':path': '/raw/' }));
      assert.deepEqual([interim, status, body, trailers['x-sum']], [[103], 200, 'with trailers', '13']);
    });

    it('speaks WebSocket on a stream (RFC 8441)', async () => {
      await until(() => session.remoteSettings.enableConnectProtocol === true, 'the SETTINGS of Galley');
      const stream = session.request(
        { ':method': 'CONNECT', ':protocol': 'websocket', ':path': '/ws', 'sec-websocket-version': '13' },
        { endStream: false },
      );
      let seen = '';
      stream.setEncoding('latin1').on('data', (piece: string) => {
        seen += piece;
      });
      stream.write(Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69]));
      await until(
        () => seen === '\x81\x012\x81\x02hi',
        () => JSON.stringify(seen),
      );
      stream.close();
      await logged('HTTP/2.0 GET /ws 200');
    });
  });

  describe('Chromium', { skip: noBrowser }, () => {
    let browser: Browser;
    let page: Page;
    before(async () => {
      browser = await launchBrowser('--ignore-certificate-errors');
      page = await browser.newPage();
      await page.goto(`${galley.url}/`);
    });
    after(() => browser?.close());

    it('loads a page and its 50 images over one protocol', async () => {
      const protocols = await page.evaluate(`[...performance.getEntriesByType('navigation'),
        ...performance.getEntriesByType('resource').filter(({ initiatorType }) => initiatorType === 'img')]
        .map(({ nextHopProtocol }) => nextHopProtocol)`);
      assert.deepEqual(protocols, Array(51).fill('h2'));
      const widths = await page.evaluate('[...document.images].map(({ naturalWidth }) => naturalWidth)');
      assert.deepEqual(
        widths,
        Array.from({ length: 50 }, (_, index) => index + 1),
      );
    });

    it('uploads 5 MB', async () => {
      const answer = await page.evaluate(`fetch('/upload', { method: 'POST', body: 'galley'.repeat(1_000_000) })
        .then((answer) => answer.json())`);
      const sha256 = createHash('sha256').update('galley'.repeat(1_000_000)).digest('hex');
      assert.deepEqual(answer, { length: 6_000_000, sha256 });
      await logged('HTTP/2.0 POST /upload 200');
    });

    it('has a WebSocket on a stream', async () => {
      const before = (await galley.log()).filter((line) => line === 'HTTP/2.0 GET /ws 200').length;
      const messages = await page.evaluate(`new Promise((resolve, reject) => {
        const socket = new WebSocket('${galley.url.replace('https', 'wss')}/ws');
        const seen = [];
        socket.onopen = () => socket.send('ahoy');
        socket.onerror = () => reject(new Error('it fails'));
        socket.onmessage = ({ data }) => {
          seen.push(data);
          if (seen.length === 2) socket.close();
        };
        socket.onclose = () => resolve(seen);
      })`);
      assert.deepEqual(messages, ['2', 'ahoy']);
      await until(
        async () => (await galley.log()).filter((line) => line === 'HTTP/2.0 GET /ws 200').length > before,
        'the log has it',
      );
    });

    it('listens to events', async () => {
      const events = await page.evaluate(`new Promise((resolve) => {
        const source = new EventSource('/events');
        const seen = [];
        source.onmessage = ({ data }) => {
          seen.push(data);
          if (seen.length === 3) { source.close(); resolve(seen); }
        };
      })`);
      assert.deepEqual(events, ['0', '1', '2']);
      await until(
        async () => (await galley.log()).some((line) => line.startsWith('HTTP/2.0 GET /events ')),
        'the log has it',
      );
    });
  });
});

for (const { name, app } of [
  { name: 'Django', app: 'django_site.wsgi:application' },
  { name: 'Flask', app: 'flask_app:app' },
]) {
  describe(`${name} over HTTP/2`, { timeout: 60_000 }, () => {
    it('takes an upload and streams its answer', async () => {
      await using galley = await Http2Galley.start(app, 'threads 4;');
      const session = connect(galley.url, { rejectUnauthorized: false });
      try {
        const sent = session.request({
          ':path': '/pieces/all',
          ':method': 'POST',
          'content-length': `${upload.length}`,
        });
        sent.end(upload);
        assert.deepEqual(JSON.parse(await text(sent)), received);
        const stream = session.request({ ':path': '/gated/a' }).setEncoding('utf8');
        let seen = '';
        stream.on('data', (piece: string) => {
          seen += piece;
        });
        await until(() => seen === 'first\n', 'the first piece');
        await text(session.request({ ':path': '/release/a', ':method': 'POST' }, { endStream: true }));
        await until(() => seen === 'first\nsecond\n', 'the second piece');
        await until(async () => (await galley.log()).includes('HTTP/2.0 GET /gated/a 200'), 'the log has it');
      } finally {
        session.destroy();
      }
    });
  });
}
