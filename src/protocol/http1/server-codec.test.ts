import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  type CodecMessage,
  type CodecOutcome,
  describeCodec,
  outcomeOf,
} from '../../../test/support/codec-contract.ts';
import { type PlainHead, recordedServerCodec } from '../../../test/support/recorded-http1-codec.ts';
import { errorTable } from '../../core/errors.ts';
import { type HttpLimits, httpLimits } from '../../core/limits.ts';
import { type Http1RequestHead, Http1ServerCodec } from './server-codec.ts';

const limits: HttpLimits = {
  maxTargetSize: 400,
  maxHeadSize: 2000,
  maxFieldSize: 16_384,
  dropsUnderscores: false,
  maxFieldCount: 20,
  maxTrailerSize: 500,
  maxChunkExtensionSize: 50,
  maxChunkOverhead: 1000,
  maxBodySize: 3000,
};

function outcome(text: string | Buffer, given: HttpLimits = httpLimits): CodecOutcome {
  const bytes = typeof text === 'string' ? Buffer.from(text, 'latin1') : text;
  return outcomeOf((recorder) => recordedServerCodec(recorder, given), [bytes]);
}

/** Everything the codec says of one request, unlike the recorded events. */
function headOf(text: string, given: HttpLimits = httpLimits): Http1RequestHead {
  let found: Http1RequestHead | undefined;
  const codec = new Http1ServerCodec({ head: (head) => (found = head), body() {}, end() {} }, given);
  codec.receive(Buffer.from(text, 'latin1'));
  assert.ok(found, 'the head is not complete');
  return found;
}

function get(target: string, fields = 'Host: a\r\n'): string {
  return `GET ${target} HTTP/1.1\r\n${fields}\r\n`;
}

function statusOf(text: string): number {
  const { code } = outcome(text);
  assert.ok(code, `nothing was refused: ${JSON.stringify(text)}`);
  return errorTable[code as keyof typeof errorTable].status;
}

const tokenText = fc.stringMatching(/^[a-z0-9_-]{1,12}$/);
const valueText = fc.stringMatching(/^([!-~\xa0-\xff]([ -~\xa0-\xff\t]{0,20}[!-~\xa0-\xff])?)?$/);
const padding = fc.constantFrom('', ' ', '\t ');
const lineEnd = fc.constantFrom('\r\n', '\r\n', '\n');
const dataText = fc.string({ minLength: 1, maxLength: 40, unit: 'binary-ascii' });
const fieldsArbitrary = fc.array(
  fc.tuple(
    tokenText.map((name) => `x-${name}`),
    valueText,
    padding,
    lineEnd,
  ),
  { maxLength: 5 },
);

/** A request as a client may write it, with the events that it stands for. */
const requests: fc.Arbitrary<CodecMessage> = fc
  .record({
    method: fc.constantFrom('GET', 'POST', 'DELETE', 'get', 'PURGE', "M!#'~"),
    target: fc.constantFrom('/', '/a/../b?c', '*', '/%41?%zz', 'http://other/x'),
    version: fc.constantFrom('1.0', '1.1'),
    fields: fieldsArbitrary,
    lineEnd,
    body: fc.oneof(
      fc.constant(undefined),
      dataText,
      fc.array(fc.tuple(dataText, fc.constantFrom('', ';a', ';b="c d"'))),
    ),
    trailers: fieldsArbitrary,
  })
  .map(({ method: anyMethod, target, version: anyVersion, fields, lineEnd, body, trailers }) => {
    const version = Array.isArray(body) ? '1.1' : anyVersion;
    const method = target === '*' ? 'OPTIONS' : anyMethod;
    const framing: [string, string][] =
      body === undefined
        ? []
        : Array.isArray(body)
          ? [['transfer-encoding', 'chunked']]
          : [['content-length', `${body.length}`]];
    let text = `${method} ${target} HTTP/${version}${lineEnd}HOST:a${lineEnd}`;
    for (const [name, value, pad, end] of fields) text += `${name}:${pad}${value}${pad}${end}`;
    for (const [name, value] of framing) text += `${name}: ${value}\r\n`;
    text += lineEnd;
    const absolute = target.startsWith('http:');
    const headers = [['host', absolute ? 'other' : 'a'], ...fields.map(([name, value]) => [name, value]), ...framing];
    const events: unknown[] = [['head', { method, target: absolute ? '/x' : target, version, headers }]];
    if (!Array.isArray(body)) {
      text += body ?? '';
      if (body) events.push(['body', body]);
      return { bytes: Buffer.from(text, 'latin1'), events: [...events, ['end', []]] };
    }
    for (const [data, extension] of body) text += `${data.length.toString(16)}${extension}\r\n${data}\r\n`;
    text += '0\r\n';
    for (const [name, value, pad] of trailers) text += `${name}:${pad}${value}\r\n`;
    text += '\r\n';
    if (body.length > 0) events.push(['body', body.map(([data]) => data).join('')]);
    events.push(['end', trailers.map(([name, value]) => [name, value])]);
    return { bytes: Buffer.from(text, 'latin1'), events };
  });

const padded = (size: number): string =>
  get('/', `Host: a\r\nx: ${'x'.repeat(size - get('/', 'Host: a\r\nx: \r\n').length)}\r\n`);
const posted = (size: number): string =>
  `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${size}\r\n\r\n${'x'.repeat(size)}`;
const chunked = (body: string): string => `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${body}`;
const limit = (name: string, at: string, beyond: string): { name: string; at: Buffer; beyond: Buffer } => ({
  name,
  at: Buffer.from(at, 'latin1'),
  beyond: Buffer.from(beyond, 'latin1'),
});

describeCodec('the HTTP/1.1 server', {
  create: (recorder) => recordedServerCodec(recorder, limits),
  messages: requests,
  limits: [
    limit('a target', get(`/${'x'.repeat(399)}`), get(`/${'x'.repeat(400)}`)),
    limit('a head', padded(2000), padded(2001)),
    limit('fields', get('/', `Host: a\r\n${'x:\r\n'.repeat(19)}`), get('/', `Host: a\r\n${'x:\r\n'.repeat(20)}`)),
    limit('a body', posted(3000), posted(3001)),
    limit('a chunked body', chunked(`bb8\r\n${'x'.repeat(3000)}\r\n0\r\n\r\n`), chunked('bb8\r\n'.replace('8', '9'))),
    limit('trailers', chunked(`0\r\na:${'x'.repeat(494)}\r\n\r\n`), chunked(`0\r\na:${'x'.repeat(495)}\r\n\r\n`)),
    limit('an extension', chunked(`0;${'x'.repeat(49)}\r\n\r\n`), chunked(`0;${'x'.repeat(50)}\r\n\r\n`)),
  ],
  maxBuffered: limits.maxHeadSize,
});

describe('Http1ServerCodec', () => {
  it('tells all there is to know of a head', () => {
    const text =
      'POST /a/%2e./b%20c?d=/../e HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\nX_Y: 1\r\n\r\n';
    const { headers, ...rest } = headOf(text);
    assert.deepEqual(rest, {
      method: 'POST',
      target: '/a/%2e./b%20c?d=/../e',
      path: '/a/%2e./b%20c',
      query: 'd=/../e',
      normalizedPath: '/b%20c',
      version: '1.1',
      bodyLength: 5,
      keepAlive: true,
      expectsContinue: true,
      hasUpgrade: false,
      hasForwarded: false,
      headSize: text.length,
    });
    assert.deepEqual(
      [...headers],
      [
        ['host', 'a'],
        ['content-length', '5'],
        ['expect', '100-continue'],
        ['x_y', '1'],
      ],
    );
  });

  it('pauses after a request and keeps what follows until it is resumed', () => {
    const events: string[] = [];
    const codec = new Http1ServerCodec(
      {
        head: ({ target }) => events.push(target),
        body: (bytes) => events.push(Buffer.from(bytes).toString()),
        end: () => events.push('end'),
      },
      httpLimits,
    );
    codec.receive(Buffer.from(`${get('/1')}${posted(2)}GET /3`));
    assert.deepEqual(events.splice(0), ['/1', 'end']);
    assert.equal(codec.midMessage, false);
    assert.equal(codec.buffered, posted(2).length + 6);
    codec.receive(Buffer.from(' HTTP/1.0\r'));
    codec.receive(Buffer.from('\n'));
    assert.equal(codec.buffered, posted(2).length + 17);
    assert.deepEqual(events, []);
    codec.resume();
    assert.deepEqual(events.splice(0), ['/', 'xx', 'end']);
    codec.resume();
    assert.deepEqual(events, []);
    assert.equal(codec.buffered, 17);
    assert.equal(codec.midMessage, true);
    codec.receive(Buffer.from('\r\n'));
    assert.deepEqual(events, ['/3', 'end']);
    assert.equal(codec.buffered, 0);
  });

  it('knows when it is inside a message', () => {
    const seen: boolean[] = [];
    const codec = new Http1ServerCodec({ head() {}, body() {}, end() {} }, httpLimits);
    for (const piece of ['\r\n', '\r', '\nG', 'ET / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n', 'x', 'x']) {
      codec.receive(Buffer.from(piece));
      seen.push(codec.midMessage);
    }
    assert.deepEqual(seen, [false, false, true, true, true, false]);
    codec.end();
  });

  it('skips a few empty lines before a request line', () => {
    assert.equal(outcome(`\r\n\n\r\n${get('/')}\r\n${get('/')}`).events.length, 4);
    assert.equal(outcome(`\r\n${get('/')}`.repeat(9)).events.length, 18);
    assert.equal(outcome(`${'\r\n'.repeat(5)}${get('/')}`).code, 'request-line');
    assert.equal(outcome(`\r${get('/')}`).code, 'request-line');
    assert.equal(outcome(`\r\r\n${get('/')}`).code, 'request-line');
  });

  it('is of no use after its sink threw', () => {
    const failing = new Http1ServerCodec(
      {
        head() {
          throw new TypeError('a bug');
        },
        body() {},
        end() {},
      },
      httpLimits,
    );
    assert.throws(() => failing.receive(Buffer.from(get('/'))), TypeError);
    assert.throws(() => failing.resume(), TypeError);
  });

  it('takes HTTP/1.x for 1.1 and leaves other versions', () => {
    assert.equal(headOf('GET / HTTP/1.2\r\nHost: a\r\n\r\n').version, '1.1');
    assert.equal(headOf('GET / HTTP/1.0\r\n\r\n').version, '1.0');
    assert.equal(statusOf('GET / HTTP/2.0\r\n\r\n'), 505);
    assert.equal(statusOf('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), 505);
    for (const line of [
      'GET /',
      'GET / ',
      'GET / HTTP/1',
      'GET / HTTP/1.10',
      'GET / http/1.1',
      'GET / HTTP/1.1 ',
      'GET / HTTP/1,1',
    ]) {
      assert.equal(statusOf(`${line}\r\nHost: a\r\n\r\n`), 400, line);
    }
  });

  it('wants one space between the parts of a request line', () => {
    for (const line of [
      'GET  / HTTP/1.1',
      'GET /  HTTP/1.1',
      'GET\t/ HTTP/1.1',
      ' GET / HTTP/1.1',
      'GET/ HTTP/1.1',
      'G(T / HTTP/1.1',
    ]) {
      assert.equal(statusOf(`${line}\r\nHost: a\r\n\r\n`), 400, line);
    }
  });

  it('201: refuses a body that the end cuts off', () => {
    const { events, code } = outcome(posted(5).slice(0, -1));
    assert.equal(code, 'body-incomplete');
    assert.deepEqual(events.slice(1), [['body', 'xxxx']]);
    assert.equal(outcome(chunked('1\r\nx\r\n0\r\n')).code, 'body-incomplete');
    assert.equal(outcome('GET / HTTP/1.1\r\nHost').code, 'request-line');
  });

  it('202: answers a thousand pipelined requests in order', () => {
    const text = Array.from({ length: 1000 }, (_, index) => get(`/${index}`)).join('');
    const { events, code } = outcome(text);
    assert.equal(code, undefined);
    const targets = events.flatMap((event) => {
      const [kind, head] = event as [string, PlainHead];
      return kind === 'head' ? [head.target] : [];
    });
    assert.deepEqual(
      targets,
      Array.from({ length: 1000 }, (_, index) => `/${index}`),
    );
  });

  it('203: reads a valid request and refuses the garbage behind it', () => {
    const { events, code } = outcome(`${get('/')}\x16\x03\x01`);
    assert.equal(events.length, 2);
    assert.equal(code, 'request-line');
  });

  it('204: takes bytes after the last chunk for the next request', () => {
    const { events, code } = outcome(chunked('0\r\n\r\n\0'));
    assert.equal(events.length, 2);
    assert.equal(code, 'request-line');
  });

  it('207: refuses ten thousand trailer lines', () => {
    assert.equal(statusOf(chunked(`0\r\n${'a: b\r\n'.repeat(10_000)}\r\n`)), 431);
  });

  it('208: never merges trailers into the head', () => {
    const { events } = outcome(chunked('0\r\nHost: evil\r\nAuthorization: x\r\nContent-Length: 7\r\nfine: 1\r\n\r\n'));
    assert.deepEqual(events[1], ['end', [['fine', '1']]]);
    assert.equal((events[0] as [string, PlainHead])[1].headers.length, 2);
  });

  it('214, 215: keeps to HTTP/1.1 where an upgrade is asked for', () => {
    const upgrade = get(
      '/',
      'Host: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n',
    );
    assert.equal(outcome(upgrade + get('/2')).events.length, 4);
  });

  it('226 to 231, 239: normalises paths without decoding what is not a path', () => {
    for (const path of ['/%2e%2e/%2e%2e/etc/passwd', '/..%2f..%2fetc/passwd', '/x.php%00.jpg']) {
      assert.equal(statusOf(get(path)), 400, path);
    }
    for (const path of ['/..%5c..%5c', '/..%252f', '/%c0%ae%c0%ae/', '/..;/admin']) {
      assert.equal(headOf(get(path)).normalizedPath, path);
    }
  });

  it('241: refuses a target of 8,193 bytes', () => {
    assert.equal(headOf(get(`/${'x'.repeat(8191)}`)).target.length, 8192);
    assert.equal(statusOf(get(`/${'x'.repeat(8192)}`)), 414);
  });

  it('243: believes the target of an absolute URL, not Host', () => {
    const head = headOf(get('http://a:81/x?y', 'X: 1\r\nHost: b\r\nY: 2\r\n'));
    assert.equal(head.target, '/x?y');
    assert.deepEqual(
      [...head.headers],
      [
        ['x', '1'],
        ['host', 'a:81'],
        ['y', '2'],
      ],
    );
    assert.equal(statusOf(get('http://a/', '')), 400);
    assert.equal(statusOf(get('http://a/', 'Host: a\r\nHost: b\r\n')), 400);
    assert.equal(statusOf(get('http://a/', 'Host: b/c\r\n')), 400);
    assert.equal(headOf('GET http://a/ HTTP/1.0\r\n\r\n').headers.get('host'), 'a');
  });

  it('242, 244 to 248: refuses the targets and methods that it must not serve', () => {
    for (const target of ['http://user:pw@h/', '/a#b', '#', '/caf\xe9', '/a\x7f', '/a\x01', '/a\tb', 'a', '*']) {
      assert.equal(statusOf(get(target)), 400, JSON.stringify(target));
    }
    assert.equal(statusOf('CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n'), 405);
    assert.equal(statusOf('CONNECT / HTTP/1.1\r\nHost: h\r\n\r\n'), 400);
    assert.equal(statusOf('TRACE / HTTP/1.1\r\nHost: h\r\n\r\n'), 405);
    assert.equal(headOf('OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n').path, '*');
  });

  it('249 to 251: refuses heads that are too large in any way', () => {
    assert.equal(statusOf(get('/', `Host: a\r\nCookie: ${'x'.repeat(65 * 1024)}\r\n`)), 431);
    assert.equal(statusOf(get('/', `Host: a\r\n${'x: y\r\n'.repeat(100)}`)), 431);
    assert.equal(headOf(get('/', `Host: a\r\n${'x: y\r\n'.repeat(99)}`)).keepAlive, true);
    assert.equal(statusOf(get('/', `Host: a\r\nx: ${'x'.repeat(32 * 1024)}\r\n`)), 431);
  });

  it('252: needs Host on HTTP/1.1 and not on 1.0', () => {
    assert.equal(statusOf('GET / HTTP/1.1\r\n\r\n'), 400);
    assert.equal(headOf('GET / HTTP/1.0\r\n\r\n').headers.get('host'), undefined);
  });

  it('keeps apart the heads of connections that trickle at the same time', () => {
    const targets = Array.from({ length: 20 }, (_, index) => `/${index}`.padEnd(30 + index, 'x'));
    const heads: Http1RequestHead[] = [];
    const codecs = targets.map(
      () => new Http1ServerCodec({ head: (head) => heads.push(head), body() {}, end() {} }, httpLimits),
    );
    const texts = targets.map((target) => Buffer.from(get(target, `Host: a\r\nx: ${target}\r\n`)));
    for (let at = 0; at < 200; at += 3) {
      for (const [index, codec] of codecs.entries()) codec.receive(texts[index]!.subarray(at, at + 3));
    }
    assert.equal(heads.length, 20);
    for (const { target, headers } of heads) assert.equal(headers.get('x'), target);
  });
});
