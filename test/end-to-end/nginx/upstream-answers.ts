import { gzipSync } from 'node:zlib';
import type { UpstreamSeen } from './recording-upstream.ts';

interface UpstreamAnswer {
  /** The bytes, as latin-1; `reset` resets the connection. */
  readonly text: string;
  /** The connection stays open. */
  readonly keeps: boolean;
}

/**
 * The answer that a request asks for, by a field `x-answer: NAME` or by `answer=NAME` in its target: a number is a status, a name one of those below;
 * with `@1` behind it the server of that number gives it alone. `ranged` cuts a range out, `echo` tells what was asked, `echo-target` only its first line. Without a name it is a plain one that tells which server gave it.
 */
export function upstreamAnswer(request: UpstreamSeen, server: number): UpstreamAnswer {
  const { method, target, version, fields } = request;
  const map = new Map(fields);
  const named = map.get('x-answer') ?? /[?&/]answer=([\w@.-]+)/.exec(target)?.[1] ?? '';
  const [, name = '', only] = /^(.*?)(?:@(\d))?$/.exec(named) ?? [];
  if (name.startsWith('echo')) return { text: answer(200, plain, echoOf(request, name)), keeps: false };
  if (name === 'ranged') return { text: rangedAnswer(map.get('range')), keeps: false };
  const text = only === undefined || Number(only) === server ? rawAnswer(name, server) : rawAnswer('', server);
  const isFramed = /\r\n(?:content-length|transfer-encoding):/i.test(text) || /^HTTP\/1\.1 (?:204|304)/.test(text);
  const keeps = isFramed && version === '1.1' && map.get('connection') !== 'close' && !breaks.has(name);
  const headEnd = /^(?:HTTP\/1\.1 1.*?\r\n\r\n)*.*?\r\n\r\n/s.exec(text)?.[0].length ?? text.length;
  return { text: method === 'HEAD' ? text.slice(0, headEnd) : text, keeps };
}

function echoOf({ method, target, version, fields }: UpstreamSeen, name: string): string {
  if (name === 'echo-target') return `${method} ${target}`;
  const told = fields.filter(([field]) => field !== 'x-answer').map(([field, value]) => `${field}: ${value}`);
  return [`${method} ${target} HTTP/${version}`, ...told.sort()].join(' | ');
}

function rangedAnswer(range: string | undefined): string {
  const [, first = '0', last = '99'] = /^bytes=(\d+)-(\d+)$/.exec(range ?? '') ?? [];
  if (Number(first) >= digits.length) return answer(416, { 'Content-Range': `bytes */${digits.length}` });
  const part = digits.slice(Number(first), Number(last) + 1);
  const told = `bytes ${first}-${Number(first) + part.length - 1}/${digits.length}`;
  return answer(206, { ...plain, 'Content-Range': told, ETag: '"d"' }, part);
}

function rawAnswer(name: string, server: number): string {
  const given = answers[name];
  if (given !== undefined) return given;
  const status = name === '' ? 200 : Number(name);
  if (Number.isNaN(status)) throw new Error(`There is no answer ${name}`);
  return answer(status, { 'Content-Type': 'text/plain', 'X-From': `server ${server}` }, `status ${status}\n`);
}

/** An answer with a Content-Length; `fields` may have lists. */
function answer(status: number, fields: Readonly<Record<string, string | readonly string[]>>, body = 'ok\n'): string {
  const lines = Object.entries(fields).flatMap(([name, value]) => [value].flat().map((each) => `${name}: ${each}\r\n`));
  const length = status === 204 || status === 304 ? '' : `Content-Length: ${body.length}\r\n`;
  return `HTTP/1.1 ${status} Status\r\n${lines.join('')}${length}\r\n${length === '' ? '' : body}`;
}

const plain = { 'Content-Type': 'text/plain' };
const html = { 'Content-Type': 'text/html' };
const digits = '0123456789'.repeat(10);
const words = 'one two one TWO and the same again. '.repeat(30);

/** After these the connection is closed although it could be kept. */
const breaks: ReadonlySet<string> = new Set(['cut', 'cut-chunk']);

const answers: Readonly<Record<string, string>> = {
  reset: 'reset',
  // Without waiting for a body.
  'at-once': answer(200, plain),
  close: '',
  cut: 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345',
  'cut-chunk': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\n12345',
  garbage: 'this is no HTTP\r\n\r\n',
  'half-head': 'HTTP/1.1 200 OK\r\nContent-Le',
  'two-lengths': 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc',
  'both-framings': 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
  'more-than-length': 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabcde',
  'long-field': answer(200, { 'X-Long': 'x'.repeat(20_000) }),
  'no-length': 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nuntil the end',
  'old-version': 'HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nold',
  'old-with-length': 'HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nold',
  chunked:
    'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n',
  empty: 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
  'no-reason': 'HTTP/1.1 200\r\nContent-Length: 3\r\n\r\nok\n',
  reason: 'HTTP/1.1 200 Quite Fine\r\nContent-Length: 3\r\n\r\nok\n',
  early: `HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n${answer(200, plain)}`,
  continue: `HTTP/1.1 100 Continue\r\n\r\n${answer(200, plain)}`,
  own: answer(200, {
    Date: 'Mon, 01 Jan 2024 00:00:00 GMT',
    Server: 'its own',
    'X-Pad': 'pad',
    'X-Powered-By': 'PHP',
    'X-Accel-Note': 'note',
    ...plain,
  }),
  hop: answer(200, {
    'Keep-Alive': 'timeout=5',
    Connection: 'X-Hop',
    'X-Hop': 'h',
    'Proxy-Connection': 'close',
    Upgrade: 'h2c',
    Trailer: 'X-T',
    TE: 'trailers',
  }),
  cookies: answer(200, {
    'Set-Cookie': [
      'a=1; Path=/app/x; Domain=one.example; HttpOnly',
      'b=2; path=/; domain=.Two.example',
      'c=3',
      'd=4; Secure; SameSite=Lax; Path=/other',
    ],
  }),
  'cookie-empty': answer(200, { 'Set-Cookie': ['e=; Path=', 'g="x; y"; Path=/app/'] }),
  'many-fields': answer(200, { 'X-Many': ['1', '2', '3'], Vary: ['A', 'B'], 'Cache-Control': ['no-cache', 'private'] }),
  accepts: answer(200, { ...plain, 'Accept-Ranges': 'bytes', ETag: '"tag"' }, digits),
  digits: answer(200, plain, digits),
  partial: answer(206, { 'Content-Range': 'bytes 0-2/100' }, '012'),
  tagged: answer(200, { ...plain, ETag: '"tag"', 'Last-Modified': 'Tue, 05 Mar 2024 06:07:08 GMT' }, digits),
  'weak-tagged': answer(200, { ...html, ETag: 'W/"weak"' }, words),
  304: answer(304, { ETag: '"tag"' }),
  204: answer(204, {}),
  html: answer(200, { ...html, 'Last-Modified': 'Tue, 05 Mar 2024 06:07:08 GMT', ETag: '"page"' }, words),
  text: answer(200, plain, words),
  'html-utf8': answer(200, { 'Content-Type': 'text/html; charset=utf-8' }, words),
  gzip: answer(
    200,
    { ...html, 'Content-Encoding': 'gzip', Vary: 'Accept-Encoding' },
    gzipSync(words).toString('latin1'),
  ),
  'no-type': answer(200, {}),
  'accel-redirect': answer(
    200,
    { 'X-Accel-Redirect': '/internal/two.txt', 'Content-Type': 'x/y', 'Set-Cookie': 'a=b', 'X-Other': 'o' },
    'not seen',
  ),
  'accel-redirect-args': answer(404, { 'X-Accel-Redirect': '/shown/a%20b?x=1' }, 'not seen'),
  'accel-redirect-named': answer(200, { 'X-Accel-Redirect': '@named' }, 'not seen'),
  'accel-redirect-gone': answer(200, { 'X-Accel-Redirect': '/internal/nothing' }, 'not seen'),
  'accel-redirect-fields': answer(
    200,
    {
      'X-Accel-Redirect': '/internal/two.txt',
      'Content-Disposition': 'attachment',
      'Cache-Control': 'private',
      Expires: 'Thu, 01 Jan 2015 00:00:00 GMT',
      ETag: '"no"',
    },
    'x',
  ),
  'accel-expires': answer(200, { ...plain, 'X-Accel-Expires': '100' }),
  'accel-charset': answer(200, { ...plain, 'X-Accel-Charset': 'utf-8' }),
  'accel-rate': answer(200, { ...plain, 'X-Accel-Limit-Rate': '10000' }),
  'accel-no-buffering': answer(200, { ...plain, 'X-Accel-Buffering': 'no' }),
  challenge: answer(401, { 'WWW-Authenticate': 'Basic realm="up"', ...plain }, 'who?'),
  'cookie-404': answer(404, { 'Set-Cookie': 'a=b', 'X-Why': 'w', ...plain }, 'its page'),
  'max-age': answer(200, { ...plain, 'Cache-Control': 'max-age=100' }),
  'no-store': answer(200, { ...plain, 'Cache-Control': 'no-store' }),
  'cookie-max-age': answer(200, { ...plain, 'Cache-Control': 'max-age=100', 'Set-Cookie': 'a=b' }),
  'vary-max-age': answer(200, { ...plain, 'Cache-Control': 'max-age=100', Vary: 'X-V' }),
  'kept-stale': answer(200, { ...plain, 'X-Accel-Expires': '@1', ETag: '"tag"' }, 'stale'),
  'kept-swr': answer(200, { ...plain, 'Cache-Control': 'max-age=0, stale-while-revalidate=100, stale-if-error=100' }),
  'kept-digits': answer(
    200,
    { ...plain, 'Cache-Control': 'max-age=100', 'Accept-Ranges': 'bytes', ETag: '"d"' },
    digits,
  ),
  ...Object.fromEntries(
    Object.entries({
      root: '/moved',
      base: 'http://backend/base/a?b=c',
      upper: 'HTTP://BACKEND/base/a',
      other: 'http://other.example/x',
      relative: 'next',
      'with-port': 'http://backend:8080/a',
      secure: 'https://backend/base/s',
      scheme: '//backend/base/x',
      space: 'http://backend/base/a b',
      exact: 'http://backend/base/',
      short: 'http://backend/base',
    }).flatMap(([name, url]) => [
      [`to-${name}`, answer(302, { Location: url }, 'go')],
      [`refresh-${name}`, answer(200, { Refresh: `5; url=${url}` })],
    ]),
  ),
};
