import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Body, emptyBody } from '../../core/body.ts';
import { HeaderList } from '../../core/headers.ts';
import {
  chunkEnd,
  chunkHead,
  continueHead,
  frameResponse,
  interimHead,
  lastChunk,
  type ResponseFraming,
  type ResponseHead,
  responseHeadSize,
  writeResponseHead,
} from './response.ts';

async function* stream(): AsyncIterable<Uint8Array> {}

const plain: ResponseHead = {
  version: '1.1',
  status: 200,
  reason: undefined,
  headers: HeaderList.empty,
  framing: { kind: 'length', length: 0 },
  keepAlive: true,
  date: 'Sun, 06 Nov 1994 08:49:37 GMT',
  server: 'galley',
};

/** The lines of a head, the empty ones at its end left out. */
function linesOf(changes: Partial<ResponseHead>): string[] {
  const head = { ...plain, ...changes };
  const into = Buffer.alloc(responseHeadSize(head) + 3);
  const end = writeResponseHead(into, 3, head);
  assert.ok(end <= into.length);
  const text = into.toString('latin1', 3, end);
  assert.ok(text.endsWith('\r\n\r\n'));
  return text.slice(0, -4).split('\r\n');
}

function withLength(value: string): HeaderList {
  return HeaderList.of([['content-length', value]]);
}

describe('frameResponse', () => {
  it('gives no content to HEAD, 1xx, 204 and 304', () => {
    for (const [method, status] of [
      ['HEAD', 200],
      ['GET', 103],
      ['GET', 204],
      ['GET', 304],
    ] as const) {
      for (const body of [emptyBody, Buffer.from('x'), stream()]) {
        const { kind } = frameResponse(method, '1.1', status, HeaderList.empty, body);
        assert.equal(kind, 'none');
      }
    }
  });

  it('tells HEAD the length that a GET would get, where that is known (RFC 9110 §8.6)', () => {
    const length = HeaderList.of([['content-length', '9']]);
    const frame = (body: Body, headers = HeaderList.empty, status = 200): ResponseFraming =>
      frameResponse('HEAD', '1.1', status, headers, body);
    assert.deepEqual(frame(Buffer.from('hello')), { kind: 'none', length: 5 });
    assert.deepEqual(frame(Buffer.from('hello'), length), { kind: 'none' }, 'it is among the fields');
    assert.deepEqual(frame(emptyBody), { kind: 'none' }, 'nobody knows what a GET would get');
    assert.deepEqual(frame(stream()), { kind: 'none' });
    assert.deepEqual(frame(Buffer.from('hello'), HeaderList.empty, 304), { kind: 'none' });
  });

  it('counts the bytes that are at hand', () => {
    const body = Buffer.from('hello');
    for (const headers of [HeaderList.empty, withLength('5'), withLength('05')]) {
      assert.deepEqual(frameResponse('GET', '1.0', 200, headers, body), { kind: 'length', length: 5 });
    }
    assert.deepEqual(frameResponse('GET', '1.1', 200, HeaderList.empty, emptyBody), { kind: 'length', length: 0 });
  });

  it('refuses a content-length that is not that of the bytes at hand', () => {
    const headers = withLength('4');
    assert.throws(() => frameResponse('GET', '1.1', 200, headers, Buffer.from('hello')), {
      code: 'app-response-invalid',
    });
    assert.deepEqual(frameResponse('HEAD', '1.1', 200, headers, emptyBody), { kind: 'none' });
  });

  it('believes the content-length of a stream, else cuts it into chunks, or ends it by closing on HTTP/1.0', () => {
    assert.deepEqual(frameResponse('GET', '1.1', 200, withLength('7'), stream()), { kind: 'length', length: 7 });
    assert.deepEqual(frameResponse('GET', '1.1', 200, HeaderList.empty, stream()), { kind: 'chunked' });
    assert.deepEqual(frameResponse('GET', '1.0', 200, HeaderList.empty, stream()), { kind: 'close' });
  });

  it('refuses a content-length that is no number, or comes twice', () => {
    for (const value of ['', '-1', '+1', '1,1', '0x1', '1 1', '9007199254740992']) {
      for (const method of ['GET', 'HEAD']) {
        const frame = (): unknown => frameResponse(method, '1.1', 200, withLength(value), stream());
        assert.throws(frame, { code: 'app-response-invalid' }, value);
      }
    }
    const twice = HeaderList.of([
      ['content-length', '1'],
      ['x', 'y'],
      ['content-length', '1'],
    ]);
    assert.throws(() => frameResponse('GET', '1.1', 200, twice, stream()), { code: 'app-response-invalid' });
  });
});

describe('writeResponseHead', () => {
  it('writes the status line, the fields and what is missing', () => {
    const headers = HeaderList.of([
      ['content-type', 'text/plain'],
      ['x-empty', ''],
      ['set-cookie', 'a=\xe9'],
      ['set-cookie', 'b'],
    ]);
    assert.deepEqual(linesOf({ headers, framing: { kind: 'length', length: 1234567890123 } }), [
      'HTTP/1.1 200 OK',
      'content-type: text/plain',
      'x-empty: ',
      'set-cookie: a=\xe9',
      'set-cookie: b',
      'date: Sun, 06 Nov 1994 08:49:37 GMT',
      'server: galley',
      'content-length: 1234567890123',
    ]);
  });

  it('leaves the date and server that the app gave', () => {
    const headers = HeaderList.of([
      ['server', 'mine'],
      ['date', 'now'],
    ]);
    assert.deepEqual(linesOf({ headers }), ['HTTP/1.1 200 OK', 'server: mine', 'date: now', 'content-length: 0']);
  });

  it('replaces what the app says about connection and framing', () => {
    const headers = HeaderList.of([
      ['connection', 'x'],
      ['keep-alive', 'timeout=5'],
      ['proxy-connection', 'x'],
      ['transfer-encoding', 'gzip'],
      ['upgrade', 'h2c'],
      ['trailer', 'x'],
      ['content-length', '99'],
      ['connections', 'kept'],
    ]);
    assert.deepEqual(linesOf({ headers }).slice(1, 3), ['connections: kept', `date: ${plain.date}`]);
    assert.deepEqual(linesOf({ headers, framing: { kind: 'chunked' } }).slice(1), [
      'trailer: x',
      'connections: kept',
      `date: ${plain.date}`,
      'server: galley',
      'transfer-encoding: chunked',
    ]);
  });

  it('tells of the content-length where HEAD and 304 have no content, and nowhere else', () => {
    const headers = withLength('42');
    const framing = { kind: 'none' } as const;
    assert.ok(linesOf({ headers, framing }).includes('content-length: 42'));
    assert.ok(linesOf({ headers, framing, status: 304 }).includes('content-length: 42'));
    for (const line of linesOf({ headers, framing, status: 204 })) assert.ok(!line.startsWith('content-length'));
    for (const line of linesOf({ headers, framing: { kind: 'close' }, keepAlive: false })) {
      assert.ok(!line.startsWith('content-length'));
    }
  });

  it('says what becomes of the connection where the version does not', () => {
    assert.ok(linesOf({ keepAlive: false }).includes('connection: close'));
    assert.ok(linesOf({ keepAlive: false, version: '1.0' }).includes('connection: close'));
    assert.ok(linesOf({ version: '1.0' }).includes('connection: keep-alive'));
    assert.ok(!linesOf({}).some((line) => line.startsWith('connection')));
  });

  it('uses the reason of the app where there is one', () => {
    assert.equal(linesOf({ reason: 'Fine, \xe9' })[0], 'HTTP/1.1 200 Fine, \xe9');
    assert.equal(linesOf({ reason: '' })[0], 'HTTP/1.1 200 OK');
    assert.equal(linesOf({ status: 299 })[0], 'HTTP/1.1 299 ');
    for (const reason of ['a\r\nb: c', 'a\nb', '\0', '\u0100', '\u010d']) {
      assert.throws(() => linesOf({ reason }), { code: 'app-response-invalid' }, JSON.stringify(reason));
    }
  });

  it('never needs more room than responseHeadSize says', () => {
    const known = fc.constantFrom('upgrade', 'connection', 'content-length', 'trailer', 'date', 'server');
    const name = fc.oneof(known, fc.stringMatching(/^[a-z-]{1,20}$/));
    const field = fc.tuple(name, fc.stringMatching(/^[ -~]{0,30}$/));
    const framing = fc.constantFrom(
      { kind: 'chunked' } as const,
      { kind: 'length', length: Number.MAX_SAFE_INTEGER } as const,
      { kind: 'none', length: Number.MAX_SAFE_INTEGER } as const,
    );
    const shape = fc.record({
      fields: fc.array(field),
      framing,
      keepAlive: fc.boolean(),
      version: fc.constantFrom('1.0' as const, '1.1' as const),
      status: fc.constantFrom(200, 203, 426, 431, 511, 599),
      server: fc.stringMatching(/^[a-z]{0,50}$/),
      reason: fc.stringMatching(/^[a-z]{0,50}$/),
    });
    fc.assert(fc.property(shape, ({ fields, ...head }) => void linesOf({ ...head, headers: HeaderList.of(fields) })));
    const upgrades = HeaderList.of(Array.from({ length: 100 }, () => ['upgrade', 'x'] as const));
    const lines = linesOf({ status: 426, headers: upgrades, framing: { kind: 'chunked' }, keepAlive: false });
    assert.deepEqual(lines.slice(1, 4), ['upgrade: x', 'connection: upgrade', 'upgrade: x']);
    assert.deepEqual(lines.slice(102), [
      `date: ${plain.date}`,
      'server: galley',
      'transfer-encoding: chunked',
      'connection: close',
    ]);
    const least = HeaderList.of(Array.from({ length: 100 }, () => ['a', ''] as const));
    linesOf({ headers: least, framing: { kind: 'length', length: Number.MAX_SAFE_INTEGER }, keepAlive: false });
  });
});

describe('interim answers', () => {
  it('carry fields but none of connection or content', () => {
    const headers = HeaderList.of([
      ['link', '</a>'],
      ['content-length', '5'],
      ['connection', 'x'],
      ['transfer-encoding', 'chunked'],
    ]);
    assert.equal(interimHead(103, headers).toString('latin1'), 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n');
    assert.equal(continueHead.toString('latin1'), 'HTTP/1.1 100 Continue\r\n\r\n');
  });
});

describe('chunks', () => {
  it('have their size in hexadecimal', () => {
    for (const size of [1, 10, 255, 1023, 1024, 65_536]) {
      assert.equal(chunkHead(size).toString('latin1'), `${size.toString(16)}\r\n`);
    }
    assert.equal(chunkEnd.toString('latin1'), '\r\n');
  });

  it('are never empty, for that would end the body', () => {
    assert.throws(() => chunkHead(0), RangeError);
  });

  it('end with the trailers that may stand there', () => {
    const trailers = HeaderList.of([
      ['x-sum', '1'],
      ['content-length', '5'],
      ['set-cookie', 'a'],
    ]);
    assert.equal(lastChunk(trailers).toString('latin1'), '0\r\nx-sum: 1\r\n\r\n');
    assert.equal(lastChunk(HeaderList.empty).toString('latin1'), '0\r\n\r\n');
  });
});
