import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AppFolder } from '../../test/support/app-folder.ts';
import { exchangeOf, type SiteStage, siteStage } from '../../test/support/site-stage.ts';
import type { Body } from '../core/body.ts';
import { PeerError } from '../core/errors.ts';
import { HeaderList } from '../core/headers.ts';
import type { Reply } from '../core/reply.ts';

const app = 'app a { python main:app; }';

function reply(text: string, fields: Record<string, string> = {}, status = 200): Reply {
  return { status, headers: HeaderList.of(Object.entries(fields)), body: Buffer.from(text) };
}

async function statuses(stage: SiteStage, targets: readonly string[]): Promise<readonly number[]> {
  return Promise.all(targets.map(async (target) => (await stage.ask(target)).status));
}

describe('Site', () => {
  it('asks the server of the host, and the default one of the address for others', async () => {
    const stage = siteStage(`
      server { listen 80; server_name a.test; return 200 a; }
      server { listen 80 default_server; server_name b.test; return 200 b; }
      server { listen 81; server_name a.test; return 200 other; }
      server { listen 80; server_name ~^(?<name>x+)\\.test$; return 200 "$name"; }`);
    const asked = async (host: string, listener = 0): Promise<string> =>
      (await stage.ask('/', { headers: { host }, listener })).text;
    assert.equal(await asked('A.test:8080'), 'a');
    assert.equal(await asked('a.test.'), 'a');
    assert.equal(await asked('nobody'), 'b');
    assert.equal(await asked('a.test', 1), 'other');
    assert.equal(await asked('xx.test'), 'xx');
  });

  it('ends a cycle of rewrites and of redirects with 500 after ten', async () => {
    const stage = siteStage(`server {
      location /rewrite { rewrite ^ /rewrite/again last; }
      location /files { try_files /nowhere /files/more; }
      location /page { error_page 404 /page/x; recursive_error_pages on; return 404; }
      location /itself { error_page 500 /itself; recursive_error_pages on; return 500; }
    }`);
    assert.deepEqual(await statuses(stage, ['/rewrite', '/files', '/page', '/itself']), [500, 500, 500, 500]);
    assert.match(stage.log(), /rewrite or internal redirection cycle/);
  });

  it('gives internal locations to redirects and rewrites alone', async () => {
    const stage = siteStage(`server {
      location = /hidden { internal; return 200 hidden; }
      location /in { rewrite ^ /hidden last; }
      location /page { error_page 404 /hidden; return 404; }
      location /exact { error_page 404 =200 /hidden; return 404; }
    }`);
    assert.deepEqual(await statuses(stage, ['/hidden', '/in', '/page', '/exact']), [404, 200, 404, 200]);
    assert.equal((await stage.ask('/page')).text, 'hidden');
  });

  it('closes the connection for 444, whoever says it, but not where it has a text', async () => {
    const stage = siteStage(`limit_req_zone $uri zone=z:1m rate=1r/m; server {
      location /return { return 444; }
      location /try { try_files /nowhere =444; }
      location /limited { limit_req zone=z; limit_req_status 444; try_files /nowhere =404; }
      location /paged { error_page 444 =200 /page; try_files /nowhere =444; }
      location /page { return 200 page; }
      location /text { return 444 "x"; }
      location /status { error_page 404 =444 /page; return 404; }
    }`);
    const targets = ['/return', '/try', '/limited', '/limited', '/paged', '/text', '/status'];
    assert.deepEqual(await statuses(stage, targets), [0, 0, 404, 0, 0, 444, 444]);
    assert.equal((await stage.ask('/text')).text, 'x');
  });

  it('answers OPTIONS * itself', async () => {
    const { status, headers } = await siteStage('server { return 404; }').ask('*', { method: 'OPTIONS' });
    assert.deepEqual([status, headers['allow']?.includes('GET')], [204, true]);
  });

  it('gives an app what rewrites have made of the request', async () => {
    const stage = siteStage(`${app} server {
      location /api/ { rewrite ^/api/(.*)$ /$1?more=1 break; app_pass a; }
      location / { app_pass a; }
    }`);
    await stage.ask('/api/a%20b?c=d');
    await stage.ask('/x//y%2Fz?q=%41');
    await stage.ask('/x//../admin');
    assert.deepEqual(
      stage.asked.map(({ request: { target, path, query } }) => [target, path, query]),
      [
        ['/a%20b?more=1&c=d', '/a%20b', 'more=1&c=d'],
        // As it came: only who changes a path writes it anew.
        ['/x//y%2Fz?q=%41', '/x//y%2Fz', 'q=%41'],
        // The location was chosen by /admin, and an app would make /x/admin of it.
        ['/admin', '/admin', ''],
      ],
    );
  });

  it('lets no path add a parameter by what rewrite captures', async () => {
    const stage = siteStage(`${app} map $own $same { default $own; } server {
      location /rw/ { rewrite ^/rw/(.*)$ /user?name=$1 break; app_pass a; }
      location /to/ { rewrite ^/to/(.*)$ /user?name=$1 redirect; absolute_redirect off; }
      location /named/ { rewrite ^/named/(?<own>.*)$ /user?name=$own break; add_header own $same; app_pass a; }
      location ~ ^/as/(?<rest>.*)$ { set $mine $rest; rewrite ^ /user?name=$rest-$mine break; app_pass a; }
    }`);
    for (const [path, query] of [
      ['x%26admin=1', 'name=x%26admin=1'],
      ['x&admin=1', 'name=x%26admin=1'],
      ['a%20b%2Bc+d%23%25', 'name=a%20b%2Bc%2Bd%23%25'],
    ] as const) {
      await stage.ask(`/rw/${path}`);
      assert.equal(stage.asked.at(-1)?.request.query, query);
      assert.equal((await stage.ask(`/to/${path}`)).headers['location'], `/user?${query}`);
      const { headers } = await stage.ask(`/named/${path}`);
      assert.equal(stage.asked.at(-1)?.request.query, query);
      assert.equal(headers['own'], decodeURIComponent(path));
    }
    await stage.ask('/as/x&y');
    assert.equal(stage.asked.at(-1)?.request.query, 'name=x&y-x&y');
  });

  it('redirects to the slash of an app that is mounted at a folder', async () => {
    const stage = siteStage(`${app} server { absolute_redirect off; location /wiki/ { app_pass a; } }`);
    const { status, headers } = await stage.ask('/wiki?a=b');
    assert.deepEqual([status, headers['location']], [301, '/wiki/?a=b']);
    assert.equal(stage.asked.length, 0);
  });

  it('says in the page of a 416 how long the content is, and nowhere else', async () => {
    await using folder = await AppFolder.with({ 'a.txt': 'first', 'page.txt': 'none' });
    const stage = siteStage(`server { root ${folder.path};
      location /a.txt { error_page 416 /page.txt; }
      location /ok/ { alias ${folder.path}/; error_page 416 =200 /page.txt; }
    }`);
    const asked = async (target: string): Promise<unknown> => {
      const { status, text, headers } = await stage.ask(target, { headers: { range: 'bytes=9-' } });
      return [status, text, headers['content-range']];
    };
    assert.deepEqual(await asked('/a.txt'), [416, 'none', 'bytes */5']);
    assert.deepEqual(await asked('/ok/a.txt'), [200, 'none', undefined]);
  });

  it('answers for an app that fails by an error page, and asks that with GET and without the body', async () => {
    const stage = siteStage(
      `${app} server { error_page 502 /sorry; location / { app_pass a; } location = /sorry { app_pass a; } }`,
      ({ request }) => {
        if (request.path === '/sorry') return reply('sorry');
        throw new PeerError('worker-lost', 'It died');
      },
    );
    const body = Buffer.from('abc');
    const { status, text } = await stage.ask('/', { method: 'POST', body, headers: { 'content-length': '3' } });
    assert.deepEqual([status, text], [502, 'sorry']);
    const { request, body: seen } = stage.asked[1]!;
    assert.deepEqual([request.method, request.headers.get('content-length')], ['GET', undefined]);
    assert.equal((seen as Uint8Array).length, 0);
  });

  it('has pages for browsers, text for others, and redirects that are pages for both', async () => {
    const stage = siteStage('server { location /gone { return 410; } location /to { return 301 /x; } }');
    const typeOf = async (target: string, accept: string): Promise<string | undefined> =>
      (await stage.ask(target, { headers: { accept } })).headers['content-type']?.split(';')[0];
    assert.deepEqual([await typeOf('/gone', 'text/html'), await typeOf('/gone', '*/*')], ['text/html', 'text/plain']);
    assert.deepEqual([await typeOf('/to', 'text/html'), await typeOf('/to', '*/*')], ['text/html', 'text/html']);
  });

  it('gives a streamed body to one app alone', async () => {
    const stage = siteStage(
      `${app} app b { python main:app; } client_max_body_size 0; server {
        error_page 500 502 = @other;
        location / { app_pass a; }
        location /recursive { recursive_error_pages on; app_pass a; }
        location @other { app_pass b; }
      }`,
      async ({ body, request }) => {
        if (body instanceof Uint8Array) return body.length === 3 ? failed() : reply(`other ${request.method}`);
        for await (const _ of body) return failed();
        return reply('nothing came');
      },
    );
    const failed = (): never => {
      throw new PeerError('app-error', 'It raised');
    };
    async function* pieces(): AsyncIterable<Uint8Array> {
      for (let sent = 0; sent < 3; sent++) yield Buffer.from('ab');
    }
    const asked = async (target: string, body: Body, headers = {}): Promise<readonly [number, number]> => {
      const before = stage.asked.length;
      const { status } = await stage.ask(target, { method: 'POST', body, headers });
      return [status, stage.asked.length - before];
    };
    assert.deepEqual(await asked('/', pieces()), [500, 1]);
    assert.deepEqual(await asked('/', pieces(), { 'content-length': '6' }), [500, 1]);
    assert.deepEqual(await asked('/recursive', pieces()), [500, 1]);
    assert.match(stage.log(), /the body of the request went to an app already/);
    assert.deepEqual(await asked('/', Buffer.from('abc')), [500, 2]);
    assert.deepEqual(await asked('/', Buffer.from('abcd')), [200, 1]);
  });

  it('leaves the error answers of an app alone', async () => {
    const stage = siteStage(
      `${app} server { error_page 404 /own; location / { app_pass a; } location = /own { return 200 own; } }`,
      () => reply('mine', {}, 404),
    );
    assert.equal((await stage.ask('/')).text, 'mine');
  });

  it('goes where X-Accel-Redirect says, with the fields that the app wants', async () => {
    const stage = siteStage(
      `${app} server { location / { app_pass a; } location /private/ { internal; default_type a/b; return 200 "$uri $args"; } }`,
      () =>
        reply('no', {
          'x-accel-redirect': '/private/a%20b?c',
          'content-type': 'x/y',
          etag: '"1"',
          'set-cookie': 's=1',
        }),
    );
    const { status, headers, text } = await stage.ask('/');
    assert.deepEqual(
      [status, text, headers['content-type'], headers['set-cookie']],
      [200, '/private/a b c', 'x/y', 's=1'],
    );
    assert.equal(headers['etag'], undefined);
    assert.equal((await stage.ask('/', { headers: { 'x-accel-redirect': '/x' } })).text, '/private/a b c');
  });

  it('has the page of 404 for what X-Accel-Redirect must not lead to (nginx: unsafe URI)', async () => {
    const stage = siteStage(
      `${app} server { error_page 404 /page; location / { app_pass a; } location = /page { return 200 page; } location /private/ { internal; return 200 $uri; } }`,
      ({ request }) => reply('no', { 'x-accel-redirect': request.headers.get('x-to') ?? '' }),
    );
    const asked = async (to: string): Promise<string> => {
      const { status, text } = await stage.ask('/', { headers: { 'x-to': to } });
      return `${status} ${text}`;
    };
    for (const to of [
      ...['/private/../page', '/private/%2e%2e/page', '/private/..', '/..', '/../x', '/a%00b', '/%2e%2e%2fx'],
      ...['?x', 'private/a', '', 'http://a/private/'],
    ]) {
      assert.equal(await asked(to), '404 page', to);
    }
    assert.match(stage.log(), /unsafe URI "\/private\/%2e%2e\/page" was detected/);
    assert.equal(await asked('/private/..a'), '200 /private/..a');
    assert.equal(await asked('/private/a?/../'), '200 /private/a');
  });

  it('keeps what an app wants from pages of errors and from what another app says itself, but for its cookies', async () => {
    const wanted = { 'content-type': 'x/y', 'cache-control': 'max-age=9', 'content-disposition': 'attachment' };
    const stage = siteStage(
      `${app} app b { python main:app; } server {
        location / { app_pass a; } location /nothing { return 404; } location /failed { error_page 404 /page; return 404; }
        location /page { default_type p/p; add_header cache-control no-store always; return 200 page; }
        location /b/ { app_pass b; } location /untyped { app_pass b; } location /missing { app_pass b; } location /again/ { app_pass a; }
      }`,
      ({ request: { path, headers } }) => {
        const to = headers.get('x-to') ?? '';
        if (path === '/untyped') return reply('b', { 'set-cookie': 'b=1' });
        if (path === '/missing') return reply('b', {}, 404);
        if (path === '/b/')
          return reply('b', { 'content-type': 'b/b', 'set-cookie': 'b=1', 'cache-control': 'no-cache' });
        if (path === '/again/') return reply('', { 'x-accel-redirect': '/b/', 'set-cookie': 'again=1' });
        return reply('', { ...wanted, 'x-accel-redirect': to, 'set-cookie': 'a=1' });
      },
    );
    const asked = async (to: string): Promise<readonly (string | undefined)[]> => {
      const outcome = (await stage.site.handle(
        exchangeOf('/', { headers: { 'x-to': to, accept: 'text/plain' } }),
        0,
      )) as Reply;
      const { status, headers } = outcome;
      const names = ['content-type', 'cache-control', 'content-disposition', 'set-cookie'];
      return [`${status}`, ...names.map((name) => headers.getAll(name).join(' '))];
    };
    assert.deepEqual(await asked('/nothing'), ['404', 'text/plain; charset=utf-8', '', '', 'a=1']);
    assert.deepEqual(await asked('/failed'), ['404', 'p/p', 'no-store', '', 'a=1']);
    assert.deepEqual(await asked('/b/'), ['200', 'b/b', 'no-cache', 'attachment', 'a=1 b=1']);
    assert.deepEqual(await asked('/untyped'), ['200', 'x/y', 'max-age=9', 'attachment', 'a=1 b=1']);
    assert.deepEqual(await asked('/again/'), ['200', 'b/b', 'no-cache', 'attachment', 'a=1 again=1 b=1']);
    assert.deepEqual(await asked('/missing'), ['404', '', '', '', 'a=1']);
  });

  it('keeps the media type that an app wants from answers that cannot have it', async () => {
    await using folder = await AppFolder.with({ 'a.txt': 'first' });
    const stage = siteStage(
      `${app} app b { python main:app; } server {
        location / { app_pass a; } location /files/ { alias ${folder.path}/; } location /none { app_pass b; } }`,
      ({ request: { path, headers } }) =>
        path === '/none'
          ? reply('', {}, 204)
          : reply('', { 'x-accel-redirect': headers.get('x-to') ?? '', 'content-type': 'x/y' }),
    );
    const asked = async (to: string, fields: Record<string, string> = {}): Promise<readonly unknown[]> => {
      const { status, headers } = await stage.ask('/', { headers: { 'x-to': to, ...fields } });
      return [status, headers['content-type']?.replace(/=\w+$/, '=')];
    };
    const file = '/files/a.txt';
    assert.deepEqual(await asked(file), [200, 'x/y']);
    assert.deepEqual(await asked(file, { range: 'bytes=0-1' }), [206, 'x/y']);
    assert.deepEqual(await asked(file, { range: 'bytes=0-0,4-4' }), [206, 'multipart/byteranges; boundary=']);
    assert.deepEqual(await asked(file, { 'if-none-match': '*' }), [304, undefined]);
    assert.deepEqual(await asked('/none'), [204, undefined]);
  });

  it('heeds the charset and the rate of an app that sends its client elsewhere', async () => {
    const stage = siteStage(
      `${app} server { location / { app_pass a; } location /file { default_type text/plain; return 200 "$limit_rate"; } }`,
      () =>
        reply('', {
          'x-accel-redirect': '/file',
          'content-type': 'text/html',
          'x-accel-charset': 'koi8-r',
          'x-accel-limit-rate': '77k',
        }),
    );
    const { headers, text } = await stage.ask('/');
    assert.deepEqual([text, headers['content-type']], ['78848', 'text/html; charset=koi8-r']);
    assert.deepEqual(
      Object.keys(headers).filter((name) => name.startsWith('x-')),
      [],
    );
  });

  it('asks a named location of X-Accel-Redirect with the method and the body of the request, a path with GET', async () => {
    const stage = siteStage(
      `${app} app b { python main:app; } server { location / { app_pass a; } location @b { app_pass b; } location /b { app_pass b; } }`,
      ({ request, body }) => {
        const to = request.headers.get('x-to') ?? '';
        if (stage.asked.length % 2 === 1) return reply('no', { 'x-accel-redirect': to });
        return reply(`${request.method} ${(body as Uint8Array).length}`);
      },
    );
    const asked = async (to: string, method: string, body?: Body): Promise<string> => {
      const { status, text } = await stage.ask('/', { method, headers: { 'x-to': to }, ...(body && { body }) });
      return `${status} ${text}`;
    };
    assert.equal(await asked('@b', 'POST', Buffer.from('abc')), '200 POST 3');
    assert.equal(await asked('/b', 'POST', Buffer.from('abc')), '200 GET 0');
    assert.equal(await asked('/b', 'HEAD'), '200 HEAD 0');
    async function* pieces(): AsyncIterable<Uint8Array> {
      yield Buffer.from('ab');
    }
    assert.match(await asked('@b', 'POST', pieces()), /^502 /);
  });

  it('refuses bodies that are larger than the location takes', async () => {
    const stage = siteStage(
      `${app} server { client_max_body_size 4; location / { app_pass a; } location /any { client_max_body_size 0; app_pass a; } }`,
      async ({ body }) => {
        let size = 0;
        if (body instanceof Uint8Array) size = body.length;
        else for await (const piece of body) size += piece.length;
        return reply(String(size));
      },
    );
    async function* pieces(): AsyncIterable<Uint8Array> {
      for (let sent = 0; sent < 3; sent++) yield Buffer.from('ab');
    }
    const post = async (target: string, body: Uint8Array | AsyncIterable<Uint8Array>): Promise<number> =>
      (await stage.ask(target, { method: 'POST', body })).status;
    assert.deepEqual(
      [await post('/', Buffer.from('abcd')), await post('/', Buffer.from('abcde')), await post('/', pieces())],
      [200, 413, 413],
    );
    assert.equal(await post('/any', pieces()), 200);
  });

  it('lets nothing of a request end a field of the answer (http.md 264)', async () => {
    const stage = siteStage(`server {
      location /to { return 302 https://there$uri; }
      location /field { add_header x-path $uri; return 200 ok; }
      location /slashes { absolute_redirect off; return 301 $request_uri; }
      location /host { return 301 //there.test$uri; }
    }`);
    const redirected = await stage.ask('/to/a%0d%0aX-Inj:1');
    assert.equal(redirected.headers['location'], 'https://there/to/a%0D%0AX-Inj:1');
    assert.equal((await stage.ask('/field/a%0d%0aX-Inj:1')).status, 500);
    assert.equal((await stage.ask('//evil.test/../slashes')).headers['location'], '/evil.test/../slashes');
    assert.equal((await stage.ask('/host')).headers['location'], 'http://there.test/host');
  });

  it('runs the rules of a location for the methods that limit_except leaves to it alone', async () => {
    const stage = siteStage('server { location / { limit_except GET { deny all; } return 200 ok; } }');
    const asked = async (method: string): Promise<number> => (await stage.ask('/', { method })).status;
    assert.deepEqual([await asked('GET'), await asked('HEAD'), await asked('POST')], [200, 200, 403]);
  });
});
