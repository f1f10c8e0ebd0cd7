import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { DnsServer } from '../../../test/support/dns-server.ts';
import { siteStage } from '../../../test/support/site-stage.ts';
import { BodyStream } from '../../core/body.ts';

describe('a location that is a proxy', () => {
  let upstream: Server;
  let port = 0;

  before(async () => {
    upstream = createServer(answer).listen(0, '127.0.0.1');
    await once(upstream, 'listening');
    port = (upstream.address() as AddressInfo).port;
  });

  after(() => {
    upstream.closeAllConnections();
    upstream.close();
  });

  const stage = (locations: string): ReturnType<typeof siteStage> =>
    siteStage(`upstream u { server 127.0.0.1:${port}; keepalive 4; }
      server { listen 127.0.0.1:8080; ${locations.replaceAll('PORT', String(port))} }`);

  /** What the upstream was asked: its own answer tells. */
  const asked = async (
    locations: string,
    target: string,
    options: Parameters<ReturnType<typeof siteStage>['ask']>[1] = {},
  ): Promise<Asked> => {
    const { status, text } = await stage(locations).ask(target, options);
    assert.equal(status, 200, text);
    return JSON.parse(text) as Asked;
  };

  it('is found without its last slash too, as in nginx', async () => {
    const { status, headers } = await stage('location /a/ { proxy_pass http://u; }').ask('/a?b=1');
    assert.deepEqual([status, headers['location']], [301, 'http://test/a/?b=1']);
  });

  describe('passes on the path', () => {
    const rows: readonly (readonly [location: string, target: string, seen: string])[] = [
      ['location /p1/ { proxy_pass http://u/base/; }', '/p1/a/b?x=1', '/base/a/b?x=1'],
      ['location /p1/ { proxy_pass http://u/base/; }', '/p1/%2Fa%20b', '/base/a%20b'],
      ['location /p2/ { proxy_pass http://u; }', '/p2/a//b%20c?x=1', '/p2/a//b%20c?x=1'],
      ['location /p2/ { proxy_pass http://u; }', '/p1/../p2/z', '/p2/z'],
      ['location /p3 { proxy_pass http://u/; }', '/p3x/y', '/x/y'],
      ['location /p4/ { proxy_pass http://u/base; }', '/p4/a', '/basea'],
      ['location /p5/ { set $u http://u; proxy_pass $u; }', '/p5/a%20b?q=1', '/p5/a%20b?q=1'],
      ['location /p6/ { set $u http://u; proxy_pass $u/fixed; }', '/p6/a?q=1', '/fixed'],
      ['location /p7/ { rewrite ^/p7/(.*)$ /rw/$1 break; proxy_pass http://u; }', '/p7/a%20b?q=1', '/rw/a%20b?q=1'],
      ['location /p8/ { rewrite ^/p8/(.*)$ /rw/$1 break; proxy_pass http://u/base/; }', '/p8/a?q=1', '/rw/a?q=1'],
    ];
    for (const [location, target, seen] of rows) {
      it(`${target} by ${location}`, async () => {
        assert.equal((await asked(location, target)).url, seen);
      });
    }
  });

  describe('passes on fields', () => {
    const headers = {
      host: 'site.example',
      connection: 'x-strip',
      'x-strip': '1',
      'x-kept': 'a',
      proxy: 'evil',
      te: 'trailers',
      'keep-alive': '5',
      'x-accel-redirect': '/secret',
      upgrade: 'h2c',
      expect: '100-continue',
    };

    it('but those of the connection, those that it names and those that are not for clients to say', async () => {
      const seen = await asked('location / { proxy_pass http://u; }', '/', { headers });
      assert.deepEqual(seen.headers, { host: 'u', connection: 'close', 'x-kept': 'a' });
    });

    it("and those that the config sets, in place of the client's", async () => {
      const config = `location / { proxy_pass http://u; proxy_http_version 1.1; proxy_set_header Host $host;
        proxy_set_header Connection ""; proxy_set_header X-Kept ""; proxy_set_header X-Own "$uri"; }`;
      const seen = await asked(config, '/x', { headers });
      assert.deepEqual(seen.headers, { host: 'site.example', 'x-own': '/x' });
    });

    it('but refuses one that would be read as two, in one line of the log', async () => {
      for (const what of ['proxy_set_header X-Uri $uri', 'proxy_cookie_path /old/ $uri']) {
        const injected = stage(`location / { proxy_pass http://u/cookie; ${what}; }`);
        assert.equal((await injected.ask('/a%0d%0ax:%20y')).status, 500, what);
        assert.match(injected.log(), /Cannot use the value of header (x-uri|set-cookie)/);
      }
    });

    it('not where the config says so', async () => {
      const config = 'location / { proxy_pass http://u; proxy_pass_request_headers off; proxy_pass_request_body off; }';
      const seen = await asked(config, '/', { method: 'POST', headers, body: Buffer.from('abc') });
      assert.deepEqual(seen, { method: 'POST', url: '/', headers: { host: 'u', connection: 'close' }, body: '' });
    });
  });

  describe('passes on the body', () => {
    const stream = (): BodyStream => {
      const body = new BodyStream({ wanted: () => {}, taken: () => {}, cancelled: () => {} });
      body.push(Buffer.from('ab'));
      body.push(Buffer.from('c'));
      body.end();
      return body;
    };

    it('that is at hand, with its length', async () => {
      const seen = await asked('location / { proxy_pass http://u; }', '/', {
        method: 'POST',
        body: Buffer.from('abc'),
      });
      assert.equal(seen.body, 'abc');
      assert.equal(seen.headers['content-length'], '3');
    });

    it('that streams, gathered unless the config says otherwise', async () => {
      const gathered = await asked('location / { proxy_pass http://u; }', '/', { method: 'POST', body: stream() });
      assert.equal(gathered.body, 'abc');
      assert.equal(gathered.headers['content-length'], '3');
      const config = 'location / { proxy_pass http://u; proxy_http_version 1.1; proxy_request_buffering off; }';
      const seen = await asked(config, '/', { method: 'POST', body: stream() });
      assert.equal(seen.body, 'abc');
      assert.equal(seen.headers['transfer-encoding'], 'chunked');
    });

    it('and refuses one that is too large while the host is looked up', async () => {
      await using dns = await DnsServer.start({ 'nosuch.example.test': 'silence' });
      const [server] = dns.plan().servers;
      const { status } = await stage(`location / { resolver 127.0.0.1:${server?.port}; client_max_body_size 2;
        set $h nosuch.example.test; proxy_pass http://$h:1; }`).ask('/', { method: 'POST', body: stream() });
      assert.equal(status, 413);
    });

    it('and holds one that is too large against nobody but the client', async () => {
      const server = `server 127.0.0.1:${port};`;
      const streaming = siteStage(`upstream u { ${server} ${server} }
        server { listen 127.0.0.1:8080; location / { proxy_pass http://u; proxy_http_version 1.1;
          proxy_request_buffering off; client_max_body_size 2; } }`);
      for (let time = 0; time < 2; time++) {
        assert.equal((await streaming.ask('/', { method: 'POST', body: stream() })).status, 413);
      }
      assert.equal((await streaming.ask('/')).status, 200);
    });

    it('that the config puts in its place', async () => {
      const seen = await asked('location / { proxy_pass http://u; proxy_method PUT; proxy_set_body "<$uri>"; }', '/x');
      assert.deepEqual([seen.method, seen.body, seen.headers['content-length']], ['PUT', '</x>', '4']);
    });
  });

  it('cuts ranges out of answers where the config says so', async () => {
    const forced = stage('location / { proxy_pass http://u; proxy_force_ranges on; }');
    const headers = { range: 'bytes=1-3' };
    const part = await forced.ask('/bytes', { headers });
    assert.deepEqual([part.status, part.text, part.headers['content-range']], [206, '123', 'bytes 1-3/10']);
    assert.equal((await forced.ask('/bytes', { headers: { range: 'bytes=10-' } })).status, 416);
    assert.equal((await forced.ask('/bytes', { headers: { range: 'bytes=0-1,3-4' } })).text, '0123456789');
    assert.equal((await stage('location / { proxy_pass http://u; }').ask('/bytes', { headers })).status, 200);
  });

  it('hides what is not for clients', async () => {
    const { headers } = await stage('location / { proxy_pass http://u; proxy_hide_header X-Powered-By; }').ask(
      '/answer',
    );
    assert.equal(headers['x-powered-by'], undefined);
    assert.equal(headers['x-pad'], undefined);
    assert.equal(headers['x-other'], 'kept');
    const shown = await stage('location / { proxy_pass http://u; proxy_pass_header X-Pad; }').ask('/answer');
    assert.equal(shown.headers['x-pad'], 'p');
  });

  it('rewrites redirects', async () => {
    const plain = await stage('location /a/ { proxy_pass http://127.0.0.1:PORT/; }').ask('/a/redirect');
    assert.equal(
      plain.headers['location'],
      'http://127.0.0.1:8080/a/there?x=1'.replace('127.0.0.1:8080', hostOf(plain.headers)),
    );
    const off = await stage('location /a/ { proxy_pass http://127.0.0.1:PORT/; proxy_redirect off; }').ask(
      '/a/redirect',
    );
    assert.equal(off.headers['location'], `http://127.0.0.1:${port}/there?x=1`);
    const own = await stage(
      'location /a/ { proxy_pass http://127.0.0.1:PORT/; proxy_redirect ~^http://[^/]+/(.*)$ https://new.example/$1; }',
    ).ask('/a/redirect');
    assert.equal(own.headers['location'], 'https://new.example/there?x=1');
  });

  it('rewrites cookies', async () => {
    const { headers } = await stage(`location / { proxy_pass http://u; proxy_cookie_domain up.example new.example;
      proxy_cookie_path /old/ /; proxy_cookie_flags a httponly samesite=lax nosecure; }`).ask('/cookie');
    assert.equal(headers['set-cookie'], 'a=1; Path=/x; Domain=.new.example; HttpOnly; SameSite=Lax');
  });

  it('has error pages for answers where the config says so', async () => {
    const config = (more: string): string =>
      `location / { proxy_pass http://u; ${more} error_page 503 = @sorry; } location @sorry { return 200 sorry; }`;
    assert.equal((await stage(config('')).ask('/status/503')).status, 503);
    assert.deepEqual((await stage(config('proxy_intercept_errors on;')).ask('/status/503')).text, 'sorry');
  });

  it('goes where an answer says in X-Accel-Redirect', async () => {
    const { status, text } = await stage(
      'location / { proxy_pass http://u; } location /internal/ { internal; return 200 found; }',
    ).ask('/accel');
    assert.deepEqual([status, text], [200, 'found']);
    const ignored = await stage('location / { proxy_pass http://u; proxy_ignore_headers X-Accel-Redirect; }').ask(
      '/accel',
    );
    assert.deepEqual([ignored.text, ignored.headers['x-accel-redirect']], ['plain', undefined]);
  });

  it('goes on from any address where the one of the config is none, as in nginx', async () => {
    const bound = siteStage(`upstream u { server 127.0.0.1:${port} max_conns=1; }
      server { listen 127.0.0.1:8080; location / { proxy_pass http://u; proxy_bind $arg_b; } }`);
    for (const address of ['nonsense', 'nonsense', '127.0.0.1', '127.0.0.1:0', '', '[::1]:x']) {
      assert.equal((await bound.ask(`/?b=${address}`)).status, 200, address);
    }
    assert.equal(bound.log().match(/invalid local address "nonsense"/g)?.length, 2);
  });

  it('tells 502 where nobody listens, and which upstream in the log', async () => {
    const nobody = stage('location / { proxy_pass http://127.0.0.1:1/x; }');
    const { status } = await nobody.ask('/y');
    assert.equal(status, 502);
    assert.match(
      nobody.log(),
      /ECONNREFUSED 127\.0\.0\.1:1 while connecting to upstream.*upstream: "http:\/\/127\.0\.0\.1:1\/xy"/,
    );
  });
});

interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  const url = request.url ?? '';
  if (url.startsWith('/answer')) {
    response.writeHead(200, { 'x-pad': 'p', 'x-powered-by': 'PHP', 'x-other': 'kept' }).end('x');
  } else if (url.startsWith('/bytes')) {
    response.writeHead(200, { 'content-length': 10 }).end('0123456789');
  } else if (url.startsWith('/redirect')) {
    response.writeHead(302, { location: `http://${request.headers.host}/there?x=1` }).end();
  } else if (url.startsWith('/cookie')) {
    response.writeHead(200, { 'set-cookie': 'a=1; Path=/old/x; Domain=.up.example; Secure' }).end();
  } else if (url.startsWith('/status/')) {
    response.writeHead(Number(url.slice(8))).end('broken');
  } else if (url.startsWith('/accel')) {
    response.writeHead(200, { 'x-accel-redirect': '/internal/x' }).end('plain');
  } else {
    const { method, headers } = request;
    response.end(JSON.stringify({ method, url, headers, body: Buffer.concat(pieces).toString() }));
  }
}

function hostOf(headers: Readonly<Record<string, string>>): string {
  return new URL(headers['location'] ?? '').host;
}
