import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { type NginxServing, serveWithGalley, serveWithNginx } from '../support/nginx-serving.ts';
import { requires } from '../support/requirements.ts';

type Fields = Readonly<Record<string, string>>;

/** One request; `answer` is what the origin answers should it be asked. */
interface Ask {
  readonly target?: string;
  readonly method?: string;
  readonly headers?: Fields;
  readonly answer?: Fields;
  readonly status?: number;
  readonly body?: string;
}

const far = 'Fri, 01 Jan 2038 00:00:00 GMT';
const past = 'Thu, 01 Jan 2015 00:00:00 GMT';
const maxAge = { 'cache-control': 'max-age=100' };

/** Requests in a row for one path. */
const cases: Readonly<Record<string, readonly Ask[]>> = {
  revalidation: [
    { target: '/revalidated/', answer: { etag: '"1"', 'x-accel-expires': '@1' } },
    { target: '/revalidated/', answer: { etag: '"1"', ...maxAge, vary: 'X' }, status: 304 },
    { target: '/revalidated/' },
  ],
  'revalidation that finds something new': [
    { target: '/revalidated/', answer: { etag: '"1"', 'x-accel-expires': '@1' } },
    { target: '/revalidated/', answer: { etag: '"2"', ...maxAge } },
    { target: '/revalidated/' },
  ],
  'stale without revalidation': [
    { answer: { etag: '"1"', 'x-accel-expires': '@1' } },
    { answer: { etag: '"2"', ...maxAge }, headers: { 'if-none-match': '"2"' } },
    {},
  ],
  'a POST that is kept': [
    { target: '/posted/', method: 'POST', answer: maxAge },
    { target: '/posted/', method: 'POST' },
    { target: '/posted/' },
  ],
  'ignored fields': [
    { target: '/ignored/', answer: { 'set-cookie': 'a=b', 'cache-control': 'no-store', vary: '*' } },
    { target: '/ignored/' },
  ],
  'ranges near the start': [
    { target: '/near/', answer: maxAge, headers: { range: 'bytes=4-5' } },
    { target: '/near/', answer: maxAge, headers: { range: 'bytes=1-2' } },
    { target: '/near/' },
  ],
  'a range at the end that is not near the start': [
    { target: '/near/', answer: maxAge, headers: { range: 'bytes=-2' } },
    { target: '/near/' },
  ],
  'forced ranges': [
    { target: '/forced/', answer: maxAge, headers: { range: 'bytes=4-5' } },
    { target: '/forced/', headers: { range: 'bytes=0-0,2-2' }, method: 'HEAD' },
  ],
  'another host': [{ answer: maxAge }, { headers: { host: 'other' } }],
  'max-age': [{ answer: maxAge }, {}, {}],
  's-maxage before max-age': [{ answer: { 'cache-control': 'max-age=0, s-maxage=100' } }, {}],
  'max-age=0': [{ answer: { 'cache-control': 'max-age=0' } }, {}],
  'no-cache': [{ answer: { 'cache-control': 'no-cache, max-age=100' } }, {}],
  'no-store': [{ answer: { 'cache-control': 'no-store' } }, {}],
  private: [{ answer: { 'cache-control': 'private, max-age=100' } }, {}],
  expires: [{ answer: { expires: far } }, {}],
  'past expires': [{ answer: { expires: past } }, {}],
  'broken expires': [{ answer: { expires: '0' } }, {}],
  'x-accel-expires': [{ answer: { 'x-accel-expires': '100', 'cache-control': 'no-cache' } }, {}],
  'x-accel-expires 0': [{ answer: { 'x-accel-expires': '0', ...maxAge } }, {}],
  ...Object.fromEntries(
    [
      'private; max-age=60',
      'no-store; foo',
      'x-private max-age=60',
      '"private"',
      'public="no-store", max-age=60',
      `${'a,'.repeat(70)}no-store`,
      'max-age="60"',
      'max-age=60;foo',
      'max-age= 60',
      'max-age=60, s-maxage=x',
      'MAX-AGE=60',
      'max-age=60, stale-if-error=x',
    ].map((control) => [
      `cache-control: ${control.slice(0, 40)}`,
      [{ answer: { 'cache-control': control } }, { answer: { 'cache-control': control } }],
    ]),
  ),
  'max-age behind a past expires': [{ answer: { expires: past, ...maxAge } }, {}],
  'max-age before a past expires': [{ answer: { ...maxAge, expires: past } }, {}],
  'max-age behind a far expires': [{ answer: { expires: far, 'cache-control': 'max-age=0' } }, {}],
  'no-cache before x-accel-expires': [{ answer: { 'cache-control': 'no-cache', 'x-accel-expires': '100' } }, {}],
  'x-accel-expires behind a past expires': [{ answer: { expires: past, 'x-accel-expires': '100' } }, {}],
  'x-accel-expires that is no number': [{ answer: { 'x-accel-expires': 'x', 'cache-control': 'no-cache' } }, {}],
  'hidden private': [{ target: '/hidden/', answer: { 'cache-control': 'private' } }, { target: '/hidden/' }],
  'hidden set-cookie': [{ target: '/hidden/', answer: { ...maxAge, 'set-cookie': 'a=b' } }, { target: '/hidden/' }],
  'hidden vary': [
    { target: '/hidden/', answer: { ...maxAge, vary: 'X' }, headers: { x: '1' } },
    { target: '/hidden/', answer: { ...maxAge, vary: 'X' }, headers: { x: '2' } },
    { target: '/hidden/', headers: { x: '1' } },
  ],
  'hidden x-accel-expires': [{ target: '/hidden/', answer: { 'x-accel-expires': '0' } }, { target: '/hidden/' }],
  'a hidden etag': [
    { target: '/hidden/', answer: { etag: '"1"', 'x-accel-expires': '@1' } },
    { target: '/hidden/', answer: { etag: '"1"', ...maxAge }, status: 304 },
    { target: '/hidden/' },
  ],
  'a cookie that is kept and changed': [
    { target: '/cookie/', answer: { ...maxAge, 'set-cookie': 'a=b; path=/one' }, headers: { x: '1' } },
    { target: '/cookie/', headers: { x: '2' } },
  ],
  'x-accel-buffering: no': [{ answer: { ...maxAge, 'x-accel-buffering': 'NO' } }, {}],
  'x-accel-buffering: yes': [{ answer: { ...maxAge, 'x-accel-buffering': 'yes' } }, {}],
  'an ignored x-accel-buffering': [
    { target: '/ignored/', answer: { 'x-accel-buffering': 'no' } },
    { target: '/ignored/' },
  ],
  'a long vary': [{ answer: { ...maxAge, vary: 'a'.repeat(129) } }, {}],
  'a vary as long as may be': [{ answer: { ...maxAge, vary: 'a'.repeat(128) } }, {}],
  nothing: [{ answer: {} }, {}],
  'valid 404': [{ answer: {}, status: 404 }, { status: 404 }],
  'not valid 403': [{ answer: {}, status: 403 }, {}],
  'max-age of a 500': [{ answer: maxAge, status: 500 }, {}],
  cookie: [{ answer: { ...maxAge, 'set-cookie': 'a=b' } }, {}],
  'vary *': [{ answer: { ...maxAge, vary: '*' } }, {}],
  vary: [
    { answer: { ...maxAge, vary: 'X' }, headers: { x: '1' } },
    { answer: { ...maxAge, vary: 'X' }, headers: { x: '2' } },
    { headers: { x: '1' } },
    { headers: { x: '2' } },
    { answer: { ...maxAge, vary: 'X' } },
  ],
  authorization: [{ answer: maxAge, headers: { authorization: 'x' } }, {}],
  'requests that want nothing kept': [
    { answer: maxAge },
    { headers: { 'cache-control': 'no-cache' } },
    { headers: { pragma: 'no-cache' } },
  ],
  HEAD: [{ answer: maxAge, method: 'HEAD' }, {}, { method: 'HEAD' }],
  POST: [{ answer: maxAge, method: 'POST' }, {}, { method: 'POST', answer: maxAge }],
  'POST that does not invalidate': [{ answer: maxAge }, { method: 'POST', answer: {} }, {}],
  'a range of what is not there': [{ answer: maxAge, headers: { range: 'bytes=1-2' } }, {}],
  'a range of what is not there and can be parted': [
    { answer: { ...maxAge, 'accept-ranges': 'bytes' }, headers: { range: 'bytes=1-2' } },
    {},
  ],
  ranges: [
    { answer: { ...maxAge, 'accept-ranges': 'bytes' } },
    ...['bytes=0-1', 'bytes=2-', 'bytes=-1', 'bytes=90-', 'x'].map((range) => ({ headers: { range } })),
  ],
  'if-none-match': [
    { answer: { ...maxAge, etag: '"1"' }, headers: { 'if-none-match': '"1"' } },
    { headers: { 'if-none-match': '"1"' } },
    { headers: { 'if-none-match': '"2"' } },
    { headers: { 'if-match': '"2"' } },
  ],
  'if-modified-since': [
    { answer: { ...maxAge, 'last-modified': past } },
    { headers: { 'if-modified-since': past } },
    { headers: { 'if-modified-since': far } },
  ],
  'if-range': [
    { answer: { ...maxAge, etag: '"1"', 'accept-ranges': 'bytes' } },
    { headers: { range: 'bytes=0-0', 'if-range': '"1"' } },
    { headers: { range: 'bytes=0-0', 'if-range': '"2"' } },
  ],
  'accept-ranges: none': [{ answer: { ...maxAge, 'accept-ranges': 'none' } }, { headers: { range: 'bytes=0-0' } }],
  bypass: [{ answer: maxAge }, { headers: { bypass: '1' }, answer: maxAge }, {}, { headers: { bypass: '0' } }],
  'no cache': [{ answer: maxAge, headers: { none: '1' } }, { answer: maxAge }, {}],
  'a redirect': [{ answer: { location: '/x' }, status: 302 }, {}],
  'stale for a failure': [{ answer: { 'x-accel-expires': '@1' } }, { answer: { ...maxAge }, status: 502 }],
  uses: [{ target: '/uses/', answer: maxAge }, { target: '/uses/', answer: maxAge }, { target: '/uses/' }],
  slices: [
    { target: '/sliced/', body: '0123456789ab' },
    { target: '/sliced/', body: '0123456789ab' },
    { target: '/sliced/', body: '0123456789ab', headers: { range: 'bytes=3-7' } },
    { target: '/sliced/', body: '0123456789ab', headers: { range: 'bytes=10-' } },
  ],
  'slices for a range': [
    { target: '/sliced/', body: '0123456789ab', headers: { range: 'bytes=6-6' } },
    { target: '/sliced/', body: '0123456789ab' },
  ],
};

describe('The cache beside nginx', { skip: requires('nginx') }, () => {
  let origin: Server;
  let servers: readonly NginxServing[] = [];

  before(async () => {
    origin = createServer(answer).listen(0, '127.0.0.1');
    await once(origin, 'listening');
    const { port } = origin.address() as AddressInfo;
    const http = `
      proxy_cache_path OWN/cache keys_zone=one:1m;
      server {
        listen LISTEN0;
        add_header x-cache $upstream_cache_status always;
        proxy_cache one;
        proxy_cache_lock on;
        proxy_cache_valid 200 302 100s;
        proxy_cache_valid 404 100s;
        proxy_cache_bypass $http_bypass;
        proxy_no_cache $http_none;
        proxy_cache_use_stale error http_502;
        location / { proxy_pass http://127.0.0.1:${port}; }
        location /uses/ { proxy_cache_min_uses 2; proxy_pass http://127.0.0.1:${port}; }
        location /revalidated/ { proxy_cache_revalidate on; proxy_pass http://127.0.0.1:${port}; }
        location /posted/ { proxy_cache_methods POST; proxy_pass http://127.0.0.1:${port}; }
        location /ignored/ { proxy_ignore_headers Set-Cookie Cache-Control Vary X-Accel-Buffering; proxy_pass http://127.0.0.1:${port}; }
        location /near/ { proxy_cache_max_range_offset 3; proxy_pass http://127.0.0.1:${port}; }
        location /forced/ { proxy_force_ranges on; proxy_pass http://127.0.0.1:${port}; }
        location /hidden/ {
          proxy_hide_header Cache-Control;
          proxy_hide_header Set-Cookie;
          proxy_hide_header Vary;
          proxy_hide_header ETag;
          proxy_hide_header X-Accel-Expires;
          proxy_cache_revalidate on;
          proxy_pass http://127.0.0.1:${port};
        }
        location /cookie/ {
          proxy_ignore_headers Set-Cookie;
          proxy_cookie_path /one /of-$http_x;
          proxy_pass http://127.0.0.1:${port};
        }
        location /sliced/ {
          slice 5;
          proxy_cache_key $uri$slice_range;
          proxy_set_header range $slice_range;
          proxy_cache_valid 200 206 100s;
          proxy_pass http://127.0.0.1:${port};
        }
      }`;
    servers = await Promise.all([serveWithGalley({ http }), serveWithNginx({ http })]);
  });

  after(async () => {
    for (const server of servers) await server[Symbol.asyncDispose]();
    origin.close();
    origin.closeAllConnections();
  });

  let count = 0;
  for (const [name, asks] of Object.entries(cases)) {
    it(`does the same: ${name}`, async () => {
      const number = ++count;
      const [ours, theirs] = await Promise.all(
        servers.map(async ({ ports: [port = 0] }, index) => {
          const answers: unknown[] = [];
          for (const ask of asks) answers.push(await asked(port, ask, `${number}-${index}`));
          return answers;
        }),
      );
      assert.deepEqual(ours, theirs);
    });
  }
});

/** What was asked so far, by path: the body of an answer is how often. */
const timesAsked = new Map<string, number>();

/** Answers as the request wants it. */
function answer(request: IncomingMessage, response: ServerResponse): void {
  const path = request.url ?? '';
  const times = (timesAsked.get(path) ?? 0) + 1;
  timesAsked.set(path, times);
  const { status, fields, body } = JSON.parse(String(request.headers['x-answer'])) as {
    status: number;
    fields: Fields;
    body?: string;
  };
  response.sendDate = false;
  response.setHeader('content-type', 'text/plain');
  for (const [name, value] of Object.entries(fields)) response.setHeader(name, value);
  const content = body ?? `answer ${times}`;
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(body === undefined ? '' : (request.headers.range ?? '')) ?? [];
  if (first === undefined) {
    response.statusCode = status;
    // Without it nginx gives no ranges and no length of what it has kept; we do.
    response.setHeader('content-length', content.length);
    response.end(content);
    return;
  }
  const part = content.slice(Number(first), Number(last) + 1);
  response.setHeader('content-range', `bytes ${first}-${Number(first) + part.length - 1}/${content.length}`);
  response.setHeader('content-length', part.length);
  response.statusCode = 206;
  response.end(part);
}

async function asked(port: number, ask: Ask, id: string): Promise<unknown> {
  const { target = '/', method = 'GET', headers = {}, answer: fields = {}, status = 200, body } = ask;
  const wanted = JSON.stringify({ status, fields, body });
  const request = send({
    port,
    path: `${target}${id}`,
    method,
    headers: { ...headers, 'x-answer': wanted },
    agent: false,
  });
  request.end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  let text = '';
  for await (const piece of response) text += piece;
  const {
    etag,
    vary,
    'set-cookie': cookie,
    'x-cache': cache,
    'content-range': range,
    'content-length': length,
    'accept-ranges': ranges,
  } = response.headers;
  const isOwnPage = response.statusCode === 416 || response.statusCode === 412;
  return {
    status: response.statusCode,
    etag,
    vary,
    cookie,
    range,
    // Of such a page nginx adds it twice.
    ...(!isOwnPage && { cache, text, length, ranges }),
  };
}
