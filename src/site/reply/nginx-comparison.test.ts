import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { AppFolder } from '../../../test/support/app-folder.ts';
import { type OracleAnswer, OracleNginx } from '../../../test/support/oracle-nginx.ts';
import { contentOf, replyStage, stageContext, textReply } from '../../../test/support/reply-stage.ts';
import { requires } from '../../../test/support/requirements.ts';
import { HeaderList } from '../../core/headers.ts';
import type { Reply } from '../../core/reply.ts';
import type { Compression, ReplySettings, Settings } from '../../plan/settings.ts';
import { createReplyFilters } from './order.ts';

/** An answer of an origin behind nginx, and the request for it. */
interface Exchange {
  readonly status?: number;
  readonly fields?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  readonly method?: string;
  readonly version?: '1.0' | '1.1';
  /** Where Galley differs: what it answers in these fields instead, and why. */
  readonly differs?: { readonly why: string; readonly fields: Readonly<Record<string, string | undefined>> };
}

const page = '<html><head></head><body>Name name NAME, and again: name</body></html>'.repeat(4);

const gzip: Compression = {
  encodings: [{ encoding: 'gzip', level: 1 }],
  minLength: 100,
  types: ['text/html', 'text/css'],
  vary: true,
  proxied: ['off'],
  httpVersion: '1.1',
  disable: [],
};

const bare: Partial<Settings> = {
  headers: [],
  trailers: [],
  expires: undefined,
  compression: undefined,
  gunzip: false,
  charset: undefined,
  substitution: undefined,
  addition: undefined,
  limitRate: undefined,
  limitRateAfter: undefined,
  serverHeader: { kind: 'name' },
  content: { kind: 'stub-status' },
};

const takesGzip = { 'accept-encoding': 'gzip' };
const whys = {
  star: 'RFC 9110 §12.5.3: * stands for any coding',
  noTransform: 'RFC 9110 §7.7: what says no-transform is not changed',
  gunzipVary: 'caches must know that the answer depends on the request also without gzip_vary',
  sameVary: 'RFC 9110 §15.4.5: a 304 has the Vary that a 200 would have',
  ranges: 'no part can be asked for of content that is changed on its way',
  charsetMap: 'charsets are known without a charset_map',
};

/** Every combination that decides on compression. */
function matrix(): Exchange[] {
  const rows: Exchange[] = [];
  for (const type of ['text/html', 'text/css; charset=utf-8', 'TEXT/CSS', 'image/png']) {
    for (const encoding of [undefined, 'gzip', 'br, gzip;q=0.5', 'gzip;q=0', 'deflate', 'identity', '*']) {
      for (const via of [undefined, '1.1 proxy']) {
        for (const version of ['1.0', '1.1'] as const) {
          for (const size of [99, 100, 5_000]) {
            const headers = {
              ...(encoding !== undefined && { 'accept-encoding': encoding }),
              ...(via !== undefined && { via }),
            };
            const isOurs =
              encoding === '*' && via === undefined && version === '1.1' && size > 99 && type !== 'image/png';
            rows.push({
              fields: { 'content-type': type, etag: '"1"' },
              body: 'x'.repeat(size),
              headers,
              version,
              ...(isOurs && { differs: { why: whys.star, fields: { 'content-encoding': 'gzip', etag: 'W/"1"' } } }),
            });
          }
        }
      }
    }
  }
  return rows;
}

const viaProxy = { ...takesGzip, via: '1.1 proxy' };
const past = { expires: 'Thu, 01 Jan 1970 00:00:01 GMT' };
const future = { expires: 'Thu, 31 Dec 2037 23:55:55 GMT' };
const modified = { 'last-modified': 'Sat, 21 Nov 2015 18:00:00 GMT' };

const groups: readonly [directives: string, settings: Partial<ReplySettings>, exchanges: readonly Exchange[]][] = [
  ['gzip on; gzip_vary on; gzip_min_length 100; gzip_types text/css;', { compression: gzip }, matrix()],
  [
    'gzip on; gzip_vary on; gzip_min_length 100; gzip_types text/css;',
    { compression: gzip },
    [
      ...[200, 201, 202, 400, 403, 404, 500].map((status) => ({ status, headers: takesGzip, fields: { etag: '"1"' } })),
      { method: 'HEAD', headers: takesGzip },
      {
        status: 304,
        headers: takesGzip,
        body: '',
        differs: { why: whys.sameVary, fields: { vary: 'Accept-Encoding' } },
      },
      { fields: { 'content-encoding': 'br' }, headers: takesGzip },
      { fields: { vary: 'Cookie' }, headers: takesGzip },
      { fields: { etag: 'W/"1"', 'accept-ranges': 'bytes', ...modified }, headers: takesGzip },
      {
        fields: { 'cache-control': 'no-transform' },
        headers: takesGzip,
        differs: { why: whys.noTransform, fields: { 'content-encoding': undefined, vary: undefined } },
      },
    ],
  ],
  [
    'gzip on; gzip_min_length 100; gzip_proxied expired no-cache no-store private auth;',
    { compression: { ...gzip, vary: false, proxied: ['expired', 'no-cache', 'no-store', 'private', 'auth'] } },
    [
      {},
      past,
      future,
      { expires: 'soon' },
      { 'cache-control': 'no-cache' },
      { 'cache-control': 'no-store' },
      { 'cache-control': 'private, max-age=0' },
      { 'cache-control': 'max-age=5' },
      { ...past, 'cache-control': 'max-age=5' },
      { ...future, 'cache-control': 'private' },
      modified,
      { etag: '"1"' },
    ].flatMap((fields) => [
      { fields, headers: viaProxy },
      { fields, headers: { ...viaProxy, authorization: 'Basic eA==' } },
    ]),
  ],
  [
    'gzip on; gzip_min_length 100; gzip_proxied no_last_modified no_etag;',
    { compression: { ...gzip, vary: false, proxied: ['no_last_modified', 'no_etag'] } },
    [{}, past, modified, { etag: '"1"' }, { 'cache-control': 'private' }].map((fields) => ({
      fields,
      headers: viaProxy,
    })),
  ],
  [
    'gzip on; gzip_min_length 0; gzip_http_version 1.0; gzip_disable "Bot[0-9]" msie6; gzip_proxied any; gzip_types *;',
    {
      compression: {
        ...gzip,
        vary: false,
        minLength: 0,
        types: ['*'],
        httpVersion: '1.0',
        proxied: ['any'],
        disable: ['Bot[0-9]'],
      },
    },
    [
      { headers: takesGzip, version: '1.0' },
      { headers: { ...takesGzip, 'user-agent': 'a bot7' } },
      { headers: { ...takesGzip, 'user-agent': 'a bot' } },
      { headers: viaProxy, fields: { 'content-type': 'image/png' } },
    ],
  ],
  [
    'gunzip on;',
    { gunzip: true },
    [
      {
        fields: { 'content-encoding': 'gzip', etag: '"1"', 'accept-ranges': 'bytes' },
        body: gzipSync(page),
        differs: { why: whys.gunzipVary, fields: { vary: 'Accept-Encoding' } },
      },
      {
        fields: { 'content-encoding': 'gzip', etag: '"1"' },
        body: gzipSync(page),
        headers: takesGzip,
        differs: { why: whys.gunzipVary, fields: { vary: 'Accept-Encoding' } },
      },
      { fields: { 'content-encoding': 'br' } },
      { fields: {} },
    ],
  ],
  [
    `add_header X-A a; add_header X-B b always; add_header X-Empty $http_nothing; add_header Cache-Control public;
     add_header ETag '"new"'; add_header Last-Modified "";`,
    {
      headers: [
        ['X-A', 'a'],
        ['X-B', 'b', true],
        ['X-Empty', '$http_nothing'],
        ['Cache-Control', 'public'],
        ['ETag', '"new"'],
        ['Last-Modified', ''],
      ].map(([name, value, always]) => ({ name: `${name}`, value: `${value}`, always: always === true })),
    },
    [200, 201, 202, 204, 206, 301, 302, 303, 304, 307, 308, 400, 404, 500].flatMap((status) => [
      { status },
      { status, fields: { 'x-a': 'own', 'cache-control': 'private', etag: '"old"', ...modified } },
    ]),
  ],
  ...(['-1', '0', '1h', 'epoch', 'max', '@12h', '"1d 2h"', 'modified 1h', 'modified -1', 'modified 100y'].map(
    (text) => [
      `expires ${text};`,
      {
        expires: {
          kind: 'template',
          text: text.replace(/modified |"/g, ''),
          from: text.startsWith('modified') ? 'modified' : 'now',
        },
      },
      [
        { fields: modified },
        {},
        { status: 404 },
        { status: 304, fields: modified },
        { fields: { ...past, 'cache-control': 'private' } },
      ],
    ],
  ) as [string, Partial<ReplySettings>, Exchange[]][]),
  [
    'charset utf-8; charset_types text/plain;',
    { charset: { charset: 'utf-8', source: undefined, override: false, types: ['text/html', 'text/plain'] } },
    [
      {},
      { fields: { 'content-type': 'text/plain' } },
      { fields: { 'content-type': 'image/png' } },
      { fields: { 'content-type': 'text/html; charset=koi8-r' } },
      { status: 301 },
      { status: 404 },
      { status: 302 },
      { status: 303 },
      { method: 'HEAD' },
    ],
  ],
  [
    'charset utf-8; override_charset on;',
    { charset: { charset: 'utf-8', source: undefined, override: true, types: ['text/html'] } },
    [
      {},
      ...['text/html', 'image/png'].map((type) => ({
        fields: { 'content-type': `${type}; charset=koi8-r` },
        differs: { why: whys.charsetMap, fields: { 'content-type': `${type}; charset=utf-8` } },
      })),
    ],
  ],
  [
    "sub_filter name NAME2; sub_filter '</BODY>' '<i></i></body>'; sub_filter na X;",
    {
      substitution: {
        replacements: [
          { from: 'name', to: 'NAME2' },
          { from: '</BODY>', to: '<i></i></body>' },
          { from: 'na', to: 'X' },
        ],
        once: true,
        keepsLastModified: false,
        types: ['text/html'],
      },
    },
    [
      {
        fields: { etag: '"1"', 'accept-ranges': 'bytes', ...modified },
        differs: { why: whys.ranges, fields: { 'accept-ranges': undefined } },
      },
      { fields: { 'content-type': 'text/css' } },
      { status: 404 },
      { method: 'HEAD', fields: modified },
    ],
  ],
  [
    "sub_filter name ''; sub_filter n Y; sub_filter again $http_x; sub_filter_once off; sub_filter_last_modified on; sub_filter_types *;",
    {
      substitution: {
        replacements: [
          { from: 'name', to: '' },
          { from: 'n', to: 'Y' },
          { from: 'again', to: '$http_x' },
        ],
        once: false,
        keepsLastModified: true,
        types: ['*'],
      },
    },
    [
      { fields: { etag: '"1"', ...modified } },
      { fields: { 'content-type': 'x/y' }, body: 'nnaNamename againnnamname' },
    ],
  ],
  [
    'add_before_body /inner-before; add_after_body /inner-after;',
    { addition: { before: '/inner-before', after: '/inner-after', types: ['text/html'] } },
    [
      { fields: { etag: '"1"', 'accept-ranges': 'bytes', ...modified } },
      { status: 404 },
      { fields: { 'content-type': 'text/css' } },
    ],
  ],
];

/** Not what filters make, or not comparable: times of two processes. */
const notCompared = ['date', 'server', 'connection', 'transfer-encoding', 'content-length'];

function comparable(answer: OracleAnswer): object {
  const fields = Object.fromEntries([...answer.fields].filter(([name]) => !notCompared.includes(name)).sort());
  if (fields['expires'] !== undefined && !/19[67]0|2037/.test(fields['expires'])) fields['expires'] = 'some time';
  if (fields['cache-control']) fields['cache-control'] = fields['cache-control'].replace(/(max-age=\d+)\d\d/, '$1..');
  if (fields['vary']) fields['vary'] = fields['vary'].split(', ').sort().join(', ');
  const isGzip = answer.fields.get('content-encoding') === 'gzip' && answer.body.length > 0;
  return { status: answer.status, fields, body: (isGzip ? gunzipSync(answer.body) : answer.body).toString('latin1') };
}

async function ours(settings: Partial<ReplySettings>, exchange: Exchange): Promise<OracleAnswer> {
  const { method = 'GET', version = '1.1', headers = {}, status = 200, fields, body = page } = exchange;
  const filters = createReplyFilters({ ...bare, ...settings } as Settings, stageContext, '1.2.3');
  const { request } = replyStage({
    method,
    version,
    headers,
    now: Date.now(),
    subrequest: async (uri) => textReply(`[${uri}]`),
  });
  let reply: Reply = textReply(body, fields, status);
  for (const filter of filters) reply = await filter(request, reply);
  const hasContent = method !== 'HEAD' && status !== 204 && status !== 304;
  const content = hasContent ? await contentOf(reply) : Buffer.alloc(0);
  const names = [...new Set([...reply.headers].map(([name]) => name))];
  return {
    status: reply.status,
    fields: new Map(names.map((name) => [name, reply.headers.getAll(name).join(', ')])),
    body: content,
  };
}

describe('answers compared with those of nginx', { skip: requires('nginx') }, () => {
  let folder: AppFolder;
  let origin: Server;
  let nginx: OracleNginx;

  before(async () => {
    folder = await AppFolder.with({});
    const socket = folder.file('origin.sock');
    origin = createServer((request, response) => {
      const { pathname } = new URL(request.url ?? '/', 'http://origin');
      if (pathname.startsWith('/inner')) {
        response.setHeader('content-type', 'text/html');
        response.end(`[${pathname}]`);
        return;
      }
      const [group = 0, index = 0] = pathname.slice(1).split('/').map(Number);
      const { status = 200, fields, body = page } = groups[group]?.[2][index] ?? {};
      response.sendDate = false;
      const headers = HeaderList.of(Object.entries({ 'content-type': 'text/html', ...fields }));
      const hasContent = status !== 204 && status !== 304;
      response.writeHead(
        status,
        [...headers, ...(hasContent ? [['content-length', `${body.length}`] as const] : [])].flat(),
      );
      response.end(hasContent && request.method !== 'HEAD' ? body : undefined);
    });
    await new Promise<void>((resolve) => origin.listen(socket, resolve));
    const pass = `proxy_pass http://unix:${socket}:;`;
    const locations = groups.map(([directives], index) => `location /${index}/ { ${directives} ${pass} }`).join('\n');
    nginx = await OracleNginx.start(`server { listen SOCKET; ${locations} location /inner { ${pass} } }`);
  });

  after(async () => {
    await nginx[Symbol.asyncDispose]();
    origin.closeAllConnections();
    await new Promise((resolve) => origin.close(resolve));
    await folder[Symbol.asyncDispose]();
  });

  for (const [group, [directives, settings, exchanges]] of groups.entries()) {
    it(`${directives.replace(/\s+/g, ' ')} (${exchanges.length})`, async () => {
      for (const [index, exchange] of exchanges.entries()) {
        const theirs = await nginx.ask(`/${group}/${index}`, exchange.headers, exchange);
        const what = JSON.stringify({ ...exchange, body: undefined });
        const expected = new Map<string, string>(theirs.fields);
        for (const [name, value] of Object.entries(exchange.differs?.fields ?? {})) {
          assert.notEqual(theirs.fields.get(name), value, `nginx does the same with ${name}: ${what}`);
          if (value === undefined) expected.delete(name);
          else expected.set(name, value);
        }
        const body =
          theirs.fields.get('content-encoding') === 'gzip' && theirs.body.length > 0
            ? gunzipSync(theirs.body)
            : theirs.body;
        const packed = expected.get('content-encoding') === 'gzip' && theirs.body.length > 0 ? gzipSync(body) : body;
        const answer = { ...theirs, fields: expected, body: packed };
        assert.deepEqual(comparable(await ours(settings, exchange)), comparable(answer), what);
      }
    });
  }
});
