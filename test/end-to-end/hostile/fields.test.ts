// The points 249 to 264 and 277 to 279 of the list of hostile requests. Nothing is put into temporary files or caches yet: there is no 276.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { AppFolder } from '../../support/app-folder.ts';
import { type NginxServing, serveWithGalley } from '../../support/nginx-serving.ts';
import { RawClient } from '../../support/raw-client.ts';
import { until } from '../../support/until.ts';
import { ConfigStage, testApp } from '../config/config-stage.ts';
import { answersIn, type WireAnswer } from '../nginx/answer-text.ts';
import { askRaw } from '../nginx/ask-raw.ts';

const KiB = 1024;
const http = `log_format paths '$uri|$http_user_agent'; access_log OWN/paths.log paths; gzip on; gzip_types *; gzip_min_length 0;
  map $arg_m $slow { default no; "~^(a|aa)+$" yes; }
  server { listen LISTEN0; server_name a; root FOLDER; client_max_body_size 1m;
    location ~ "^/re/(x+x+)+y$" { return 200 matched; } location /re/ { if ($arg_i ~ "(\\w+\\s?)+!$") { return 200 if; } return 200 "$slow"; }
    location /echo { return 200 "$http_x_forwarded_for|$http_x_under|$http_host"; } location /inside/ { internal; alias FOLDER/; }
    location /auth/ { alias FOLDER/; auth_basic x; auth_basic_user_file FOLDER/users; } location /nt/ { alias FOLDER/; add_header Cache-Control no-transform; }
    location /accel { return 200 accel; } }
  server { listen LISTEN0; server_name proxied; set_real_ip_from 127.0.0.1; real_ip_header X-Forwarded-For; real_ip_recursive on; return 200 "$remote_addr"; }`;

describe('hostile fields', () => {
  let folder: AppFolder;
  let serving: NginxServing;
  const ask = async (request: string): Promise<WireAnswer | undefined> => {
    const { text, methods } = await askRaw(serving.ports[0] ?? 0, request);
    return answersIn(text, methods)[0];
  };
  const status = async (request: string): Promise<number | undefined> => (await ask(request))?.status;

  before(async () => {
    const users = `user:{PLAIN}pass\nslow:$2b$13$${'a'.repeat(53)}\n`;
    folder = await AppFolder.with({ 'a.html': 'page '.repeat(100), users });
    serving = await serveWithGalley({ http, folder: folder.path });
  });

  after(async () => {
    await serving[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  const tooLarge: Readonly<Record<string, string>> = {
    '249: a cookie of 65 KiB': `Cookie: ${'c'.repeat(65 * KiB)}`,
    '250: 1001 fields': Array.from({ length: 1001 }, (_, index) => `X-${index}: y`).join(' | '),
    '251: a field of 32 KiB': `X-Large: ${'x'.repeat(32 * KiB)}`,
    '253: 10,000 proxies': `X-Forwarded-For: ${'1.2.3.4, '.repeat(10_000)}1.1.1.1`,
    '257: a boundary of 1 MiB': `Content-Type: multipart/form-data; boundary=${'b'.repeat(KiB * KiB)}`,
    '260: 10,000 entity tags': `If-None-Match: ${'"x", '.repeat(10_000)}"y"`,
    '261: 64 KiB of codings': `Accept-Encoding: ${'gzip;q=0.5, '.repeat(5_500)}br`,
  };
  for (const [what, field] of Object.entries(tooLarge)) {
    it(`${what} is 431`, async () => assert.equal(await status(`/a.html | ${field}`), 431));
  }

  const bounded: Readonly<Record<string, readonly [request: string, status: number]>> = {
    '252: no Host in HTTP/1.1': ['/a.html | -Host', 400],
    '252: no Host in HTTP/1.0': ['/a.html HTTP/1.0 | -Host', 200],
    '258: a thousand ranges': [`/a.html | Range: bytes=${'0-,'.repeat(999)}0-`, 200],
    '259: a range beyond 2^63': ['/a.html | Range: bytes=9223372036854775808-', 416],
    '260: as many tags as a head may have': [`/a.html | If-None-Match: ${'"x", '.repeat(1_200)}"y"`, 200],
    '261: as many codings as a head may have': [`/a.html | Accept-Encoding: ${'gzip;q=0.5, '.repeat(500)}br`, 200],
    '261: a location with a slow pattern': [`/re/${'x'.repeat(7_000)}`, 200],
    '261: a map with a slow pattern': [`/re/?m=${'a'.repeat(7_000)}!`, 200],
    '261: an if with a slow pattern': [`/re/?i=${'a'.repeat(7_000)}`, 200],
    '262: no base64': ['/auth/a.html | Authorization: Basic ****', 401],
    '262: no colon': [`/auth/a.html | Authorization: Basic ${btoa('user')}`, 401],
    '262: NUL': [`/auth/a.html | Authorization: Basic ${btoa('user:pass\0')}`, 401],
    '262: the right one': [`/auth/a.html | Authorization: Basic ${btoa('user:pass')}`, 200],
    '263: ESC in a field': ['/a.html | User-Agent: \x1b[31m', 400],
  };
  for (const [what, [request, expected]] of Object.entries(bounded)) {
    it(`${what} is ${expected}`, async () => assert.equal(await status(request), expected));
  }

  it('253: the client behind proxies is read from the right', async () => {
    const request = `/ | Host: proxied | X-Forwarded-For: ${'6.6.6.6, '.repeat(700)}5.6.7.8, 127.0.0.1`;
    assert.equal((await ask(request))?.body, '5.6.7.8');
  });

  it('255: a twin with underscores is dropped', async () => {
    assert.equal((await ask('/echo | X_Forwarded_For: 1.1.1.1 | X_Under: u'))?.body, '||localhost');
  });

  it('256: a client cannot send itself to a file', async () => {
    assert.equal((await ask('/accel | X-Accel-Redirect: /inside/users'))?.body, 'accel');
  });

  it('262: a slow hash holds up nobody else', async () => {
    const slow = Array.from({ length: 3 }, () => status(`/auth/a.html | Authorization: Basic ${btoa('slow:x')}`));
    const order: string[] = [];
    const first = Promise.race(slow).then(() => order.push('a password'));
    assert.equal(await status('/a.html'), 200);
    order.push('the page');
    await first;
    assert.deepEqual(order, ['the page', 'a password']);
    assert.deepEqual(await Promise.all(slow), [401, 401, 401]);
  });

  it('263: no request forges a line of a log', async () => {
    await ask('/a%0a127.0.0.1%1b | User-Agent: "x\\');
    // Lines of other tests may come before it, since they are written a moment later.
    const forged = (): string[] => linesOf(serving).filter((line) => line.includes('127.0.0.1'));
    await until(() => forged().length > 0, 'the line');
    assert.deepEqual(forged(), ['/a\\x0A127.0.0.1\\x1B|\\x22x\\x5C']);
  });

  it('277: a body of 10 GB is refused before it is read', async () => {
    const client = await RawClient.connect(serving.ports[0] ?? 0);
    const head = 'POST /a.html HTTP/1.1\r\nHost: a\r\nContent-Length: 10737418240\r\n';
    client.send(`${head}Expect: 100-continue\r\n\r\n`);
    await client.sees(/^HTTP\/1\.1 413 /);
    client.destroy();
    const other = await RawClient.connect(serving.ports[0] ?? 0);
    other.send(`${head}\r\n`);
    // It goes on sending, and still sees the answer.
    await until(() => {
      other.send('x'.repeat(64 * KiB));
      return other.received !== '' || other.closed;
    }, 'an answer');
    assert.match(other.received, /^HTTP\/1\.1 413 /);
    other.destroy();
  });

  it('278: a compressed body is handed on as it came', async () => {
    const config = {
      apps: { main: testApp('length:app', { directory: folder.path }) },
      servers: [{ listen: ['127.0.0.1:0'], app: 'main' }],
    };
    await folder.write(
      'length.py',
      `def app(environ, start_response):
    start_response('200 OK', [])
    return [b'%d' % len(environ['wsgi.input'].read())]
`,
    );
    await using stage = await ConfigStage.start({ 'a.config.json': JSON.stringify(config) });
    const bomb = gzipSync(Buffer.alloc(10 * KiB * KiB)).toString('latin1');
    const { text } = await askRaw(stage.galley.port, `POST / | Content-Encoding: gzip || ${bomb}`);
    assert.equal(text.slice(text.indexOf('\r\n\r\n') + 4), `${bomb.length}`);
  });

  it('279: what says no-transform is not compressed', async () => {
    const codings = await Promise.all(
      ['/a.html', '/nt/a.html'].map(async (path) =>
        new Map((await ask(`${path} | Accept-Encoding: gzip`))?.fields).get('content-encoding'),
      ),
    );
    assert.deepEqual(codings, ['gzip', undefined]);
  });
});

function linesOf({ own }: NginxServing): string[] {
  return readFileSync(own.file('paths.log'), 'latin1').split('\n').slice(0, -1);
}
