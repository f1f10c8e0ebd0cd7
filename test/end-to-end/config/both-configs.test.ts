import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createGunzip, gunzipSync } from 'node:zlib';
import { AppFolder } from '../../support/app-folder.ts';
import { freePorts } from '../../support/free-ports.ts';
import { runGalley } from '../../support/galley.ts';
import { RawClient } from '../../support/raw-client.ts';
import { until } from '../../support/until.ts';
import { upload } from '../../support/upload.ts';
import { WebSocketClient } from '../../support/websocket-client.ts';
import { languages, siteIn } from './both-configs.ts';
import { type Asking, ConfigStage } from './config-stage.ts';

const forged = {
  'x-forwarded-for': '6.6.6.6',
  'x-forwarded-proto': 'https',
  'x-forwarded-host': 'evil.test',
  'x-real-ip': '6.6.6.6',
  forwarded: 'for=6.6.6.6;proto=https',
};

interface Scope {
  readonly path: string;
  readonly root_path: string;
  readonly query_string: string;
  readonly scheme: string;
  readonly client: readonly [string, number];
  readonly headers: readonly (readonly [string, string])[];
}

for (const language of [...languages, 'a converted nginx.conf'] as const) {
  describe(`a site of two apps and files, by ${language}`, () => {
    let stage: ConfigStage;
    /** What was converted names the files beside it. */
    let source: AppFolder | undefined;

    before(async () => {
      const [port = 0] = await freePorts(1);
      const files = siteIn(language === 'galley.config.ts' ? language : 'nginx.conf', port);
      if (language !== 'a converted nginx.conf') {
        stage = await ConfigStage.start(files);
        return;
      }
      source = await AppFolder.with(files);
      const { code, stdout, stderr } = await runGalley(['convert', 'nginx.conf'], {
        namePython: false,
        cwd: source.path,
      });
      assert.deepEqual([code, stderr], [0, '']);
      stage = await ConfigStage.start({ 'galley.config.ts': stdout });
    });

    after(async () => {
      await stage[Symbol.asyncDispose]();
      await source?.[Symbol.asyncDispose]();
    });

    const scope = async (path: string, asking: Asking = {}): Promise<Scope> => {
      return JSON.parse((await stage.ask(path, asking)).body);
    };
    const environ = async (path: string, asking: Asking = {}): Promise<Readonly<Record<string, string>>> => {
      return JSON.parse((await stage.ask(path, asking)).body)[0];
    };
    const raw = async (...lines: readonly string[]): Promise<RawClient> => {
      const client = await RawClient.connect(stage.galley.port);
      client.send(`${[...lines.slice(0, 1), 'Host: a', ...lines.slice(1)].join('\r\n')}\r\n\r\n`);
      return client;
    };

    it('has files, redirects and texts', async () => {
      const home = await stage.ask('/', { headers: { 'accept-encoding': 'gzip' } });
      assert.deepEqual([home.status, home.headers['content-encoding']], [200, 'gzip']);
      assert.match(gunzipSync(Buffer.from(home.body, 'latin1')).toString(), /^<h1>home/);
      const { status, headers } = await stage.ask('/old');
      assert.deepEqual([status, headers.location], [301, '/points/scope?moved=1']);
      assert.equal(await stage.body('/hello?name=ann'), 'hello ann');
    });

    it('asks for a password', async () => {
      const refused = await stage.ask('/secret');
      assert.deepEqual([refused.status, refused.headers['www-authenticate']], [401, 'Basic realm="reports"']);
      const wrong = { authorization: `Basic ${btoa('ann:guess')}` };
      assert.equal((await stage.ask('/secret', { headers: wrong })).status, 401);
      const right = { authorization: `Basic ${btoa('ann:secret')}` };
      assert.equal((await stage.ask('/secret', { headers: right })).body, 'the report');
    });

    it('limits by the value of a field', async () => {
      const statuses: number[] = [];
      for (const key of ['a', 'a', 'a', 'a', 'b', '']) {
        statuses.push((await stage.ask('/limited', { headers: key ? { 'x-api-key': key } : {} })).status);
      }
      assert.deepEqual(statuses, [200, 200, 200, 429, 200, 200]);
    });

    it('gives apps the path and where they are mounted', async () => {
      const { path, root_path: rootPath, query_string: query } = await scope('/mounted/scope?a=b%20c');
      assert.deepEqual({ path, rootPath, query }, { path: '/mounted/scope', rootPath: '/mounted', query: 'a=b%20c' });
      const shop = await environ('/shop/environ?a=b%20c');
      assert.deepEqual(
        [shop['SCRIPT_NAME'], shop['PATH_INFO'], shop['QUERY_STRING']],
        ['/shop', '/environ', 'a=b%20c'],
      );
    });

    it('gives apps the path as it was rewritten', async () => {
      const seen = await environ('/flask/environ/%C3%A9/x?q=1');
      assert.deepEqual(
        [seen['SCRIPT_NAME'], Buffer.from(seen['PATH_INFO'] ?? '', 'latin1').toString(), seen['QUERY_STRING']],
        ['', '/environ/é/x', 'q=1'],
      );
      assert.equal(seen['REQUEST_URI'], '/environ/%C3%A9/x?q=1');
    });

    it('tells apps nothing of what a client says that is no proxy, although another server trusts it', async () => {
      const { client, scheme, headers } = await scope('/points/scope', { headers: forged });
      assert.deepEqual([client[0], scheme], ['127.0.0.1', 'http']);
      assert.deepEqual(headers.map(([name]) => name).sort(), ['connection', 'host']);
      const seen = await environ('/flask/environ', { headers: forged });
      assert.deepEqual([seen['REMOTE_ADDR'], seen['wsgi.url_scheme']], ['127.0.0.1', 'http']);
      assert.deepEqual(
        Object.keys(seen).filter((name) => /FORWARDED|REAL_IP/.test(name)),
        [],
      );
    });

    it('tells apps of the client that a trusted proxy names in the field that counts', async () => {
      const headers = { ...forged, host: 'proxied.test', 'x-real-ip': '9.9.9.9' };
      const seen = await scope('/points/scope', { headers });
      assert.deepEqual([seen.client, seen.scheme], [['9.9.9.9', 0], 'https']);
      const plain = await scope('/points/scope', { headers: { host: 'proxied.test', 'x-real-ip': '9.9.9.9' } });
      assert.deepEqual([plain.client, plain.scheme], [['9.9.9.9', 0], 'http']);
    });

    it('sends the file that an app names, from where clients cannot get it', async () => {
      const { status, headers, body } = await stage.ask('/flask/accelerated/report.txt');
      assert.deepEqual([status, body], [200, 'the report']);
      assert.equal(headers['content-disposition'], 'attachment');
      assert.match(headers['content-type'] ?? '', /^text\/x-report/);
      assert.equal(headers['x-own'], undefined);
      assert.equal(headers['x-accel-redirect'], undefined);
      const part = await stage.ask('/flask/accelerated/report.txt', { headers: { range: 'bytes=4-' } });
      assert.deepEqual([part.status, part.body], [206, 'report']);
      assert.equal((await stage.ask('/flask/accelerated/nothing')).status, 404);
      assert.equal((await stage.ask('/private/report.txt')).status, 404);
      const asking = { headers: { 'x-accel-redirect': '/private/report.txt' } };
      assert.notEqual((await stage.ask('/hello', asking)).body, 'the report');
    });

    it('refuses a body that is too long, before any of it is sent and in the middle', async () => {
      const long = await stage.ask('/flask/length', { method: 'POST', body: 'x'.repeat(2_049) });
      assert.equal(long.status, 413);
      assert.equal((await stage.ask('/flask/length', { method: 'POST', body: 'x'.repeat(2_048) })).body, '2048');
      const expecting = await raw('POST /flask/length HTTP/1.1', 'Content-Length: 3000', 'Expect: 100-continue');
      await expecting.sees(/^HTTP\/1\.1 413 /);
      expecting.destroy();
      const chunked = await raw('POST /flask/length HTTP/1.1', 'Transfer-Encoding: chunked');
      chunked.send(`400\r\n${'x'.repeat(1_024)}\r\n`.repeat(3));
      await chunked.sees(/^HTTP\/1\.1 413 /);
      chunked.destroy();
      const short = await raw('POST /flask/length HTTP/1.1', 'Transfer-Encoding: chunked', 'Connection: close');
      short.send(`400\r\n${'x'.repeat(1_024)}\r\n`.repeat(2));
      short.send('0\r\n\r\n');
      assert.match(await short.all(), /^HTTP\/1\.1 200 .*\r\n\r\n2048$/s);
    });

    it('says 100 where the body may come', async () => {
      const client = await raw('POST /flask/length HTTP/1.1', 'Content-Length: 3', 'Expect: 100-continue');
      await client.sees(/^HTTP\/1\.1 100 /);
      client.send('abc');
      await client.sees(/HTTP\/1\.1 200 .*\r\n\r\n3$/s);
      client.destroy();
    });

    it('streams a body of any length where there is no limit', async () => {
      const pieces = Array.from({ length: 64 }, () => Buffer.alloc(65_536, 'u'));
      const url = `${stage.galley.url}/large/length`;
      const size = 64 * 65_536;
      assert.equal((await upload(url, 'application/octet-stream', pieces, size)).text, String(size));
      assert.equal((await upload(url, 'application/octet-stream', pieces)).text, String(size));
    });

    it('has an app answer in place of a failure, by GET and without the body', async () => {
      const { status, body } = await stage.ask('/asked/echo', { method: 'POST', body: 'x'.repeat(20) });
      const [seen, length] = JSON.parse(body);
      assert.deepEqual([status, seen['REQUEST_METHOD'], length], [413, 'GET', 0]);
      assert.deepEqual([seen['CONTENT_LENGTH'], seen['HTTP_TRANSFER_ENCODING']], [undefined, undefined]);
      const mail = await stage.ask('/mail');
      assert.deepEqual([mail.status, mail.body], [404, 'sorry']);
    });

    it('compresses the events of an app and sends each at once', async () => {
      const events = await raw('GET /flask/events HTTP/1.1', 'Accept-Encoding: gzip');
      const gunzip = createGunzip();
      let text = '';
      gunzip.on('data', (piece: Buffer) => {
        text += piece.toString();
      });
      let read = 0;
      const sees = (expected: string): Promise<void> =>
        until(
          () => {
            const whole = dechunked(events.received);
            gunzip.write(Buffer.from(whole.slice(read), 'latin1'));
            read = whole.length;
            return text === expected;
          },
          () => `${JSON.stringify(expected)} in ${JSON.stringify(text)} of ${JSON.stringify(events.received)}`,
        );
      await sees('data: first\n\n');
      assert.match(events.received, /content-encoding: gzip/);
      assert.equal(await stage.body('/flask/open-gate'), 'open');
      await sees('data: first\n\ndata: second\n\n');
      events.destroy();
    });

    it('answers HEAD and conditional requests as the app does', async () => {
      const whole = await stage.ask('/flask/cached');
      const head = await stage.ask('/flask/cached', { method: 'HEAD' });
      assert.deepEqual([head.status, head.body], [200, '']);
      assert.equal(head.headers['content-length'], String(whole.body.length));
      const fresh = await stage.ask('/flask/cached', {
        headers: { 'if-none-match': '"one"', 'accept-encoding': 'gzip' },
      });
      assert.deepEqual([fresh.status, fresh.body, fresh.headers.etag], [304, '', '"one"']);
      assert.equal(fresh.headers['content-encoding'], undefined);
      const packed = await stage.ask('/flask/cached', { headers: { 'accept-encoding': 'gzip' } });
      assert.deepEqual([packed.headers['content-encoding'], packed.headers.etag], ['gzip', 'W/"one"']);
      assert.equal(gunzipSync(Buffer.from(packed.body, 'latin1')).toString(), whole.body);
    });

    it('passes trailers and early hints on', async () => {
      const trailers = await raw('GET /points/trailers HTTP/1.1', 'TE: trailers');
      await trailers.sees(/\r\n0\r\nx-sum: 1\r\nx-last: 2\r\n\r\n$/);
      trailers.destroy();
      const hints = await raw('GET /points/early-hint HTTP/1.1');
      await hints.sees(/^HTTP\/1\.1 103 .*\r\nlink: <\/a\.css>.*HTTP\/1\.1 200 .*hinted/s);
      hints.destroy();
    });

    it('leads WebSockets to an app', async () => {
      const socket = await WebSocketClient.open(`${stage.galley.url}/points/echo`);
      socket.send('hello');
      assert.equal(await socket.receive(), 'hello');
      socket.close(1000);
      assert.equal((await socket.closed()).code, 1000);
      await assert.rejects(WebSocketClient.open(`${stage.galley.url}/hello`));
    });
  });
}

/** What has come of a chunked body, from the head on. */
function dechunked(received: string): string {
  let content = '';
  let at = received.indexOf('\r\n\r\n') + 4;
  while (at > 3) {
    const lineEnd = received.indexOf('\r\n', at);
    const size = Number.parseInt(received.slice(at, lineEnd), 16);
    if (lineEnd < 0 || !(size > 0) || received.length < lineEnd + 4 + size) break;
    content += received.slice(lineEnd + 2, lineEnd + 2 + size);
    at = lineEnd + 4 + size;
  }
  return content;
}
