import assert from 'node:assert/strict';
import { request as nodeRequest } from 'node:http';
import { Duplex } from 'node:stream';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  type CodecMessage,
  type CodecOutcome,
  type CodecRecorder,
  type CodecUnderTest,
  describeCodec,
  outcomeOf,
} from '../../../test/support/codec-contract.ts';
import { httpLimits } from '../../core/limits.ts';
import { type AnsweredRequest, type ClientLimits, Http1ClientCodec, type Http1ResponseHead } from './client-codec.ts';

const limits: ClientLimits = {
  ...httpLimits,
  maxHeadSize: 2000,
  maxFieldCount: 20,
  maxTrailerSize: 500,
  maxChunkExtensionSize: 50,
  maxBodySize: Number.MAX_SAFE_INTEGER,
  maxInterim: 3,
};

const asked: AnsweredRequest = { isHead: false, mayUpgrade: false, maxHeadSize: limits.maxHeadSize };

/** A client codec that asks for the next answer when its first byte comes, and tells a recorder what it reads. */
function recordedClientCodec(recorder: CodecRecorder, request: AnsweredRequest = asked): CodecUnderTest {
  let paused = true;
  const codec = new Http1ClientCodec(
    {
      interim: (head) => recorder.event(['interim', plain(head)]),
      head: (head) => recorder.event(['head', plain(head)]),
      body: (bytes) => recorder.body(bytes),
      end: (trailers) => {
        recorder.event(['end', [...trailers]]);
        paused = true;
      },
    },
    limits,
  );
  return {
    receive(chunk) {
      if (chunk.length > 0 && paused) {
        paused = false;
        codec.begin(request);
      }
      codec.receive(chunk);
      while (paused && codec.hasKept) {
        paused = false;
        codec.begin(request);
      }
    },
    end: () => codec.end(),
    get buffered() {
      return codec.buffered;
    },
  };
}

function plain({ status, reason, version, headers }: Http1ResponseHead): unknown {
  return { status, reason, version, headers: [...headers] };
}

function outcome(text: string, request: AnsweredRequest = asked): CodecOutcome {
  return outcomeOf((recorder) => recordedClientCodec(recorder, request), [Buffer.from(text, 'latin1')]);
}

/** The one head that an answer has, with all that the codec says of it. */
function headOf(text: string, request: AnsweredRequest = asked): Http1ResponseHead {
  let found: Http1ResponseHead | undefined;
  const codec = new Http1ClientCodec({ interim() {}, head: (head) => (found = head), body() {}, end() {} }, limits);
  codec.begin(request);
  codec.receive(Buffer.from(text, 'latin1'));
  assert.ok(found, 'the head is not complete');
  return found;
}

const ok = (fields: string, body = ''): string => `HTTP/1.1 200 OK\r\n${fields}\r\n${body}`;

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

/** An answer as an upstream may write it, with the events that it stands for. */
const answers: fc.Arbitrary<CodecMessage> = fc
  .record({
    interim: fc.array(fc.constantFrom(100, 102, 103), { maxLength: 2 }),
    status: fc.constantFrom(200, 204, 304, 404, 599),
    reason: fc.constantFrom(' OK', ' ', '', ' Not Found', ' so \xfc so'),
    version: fc.constantFrom('1.0', '1.1'),
    fields: fieldsArbitrary,
    connection: fc.constantFrom('', 'connection: close\r\n', 'Keep-Alive: timeout=5\r\nConnection: keep-alive\r\n'),
    lineEnd,
    body: fc.oneof(dataText, fc.array(fc.tuple(dataText, fc.constantFrom('', ';a', ';b="c d"')))),
    trailers: fieldsArbitrary,
  })
  .map(({ interim, status, reason, version: any, fields, connection, lineEnd, body, trailers }) => {
    const isEmpty = status === 204 || status === 304;
    const version = Array.isArray(body) && !isEmpty ? '1.1' : any;
    let text = '';
    const events: unknown[] = [];
    for (const early of interim) {
      text += `HTTP/1.1 ${early} Early\r\nlink: <a>\r\n\r\n`;
      events.push(['interim', { status: early, reason: 'Early', version: '1.1', headers: [['link', '<a>']] }]);
    }
    text += `HTTP/${version} ${status}${reason}${lineEnd}${connection}`;
    // LF alone is taken only where the status line ends in it too.
    const endOf = (end: string): string => (lineEnd === '\n' ? end : lineEnd);
    for (const [name, value, pad, end] of fields) text += `${name}:${pad}${value}${pad}${endOf(end)}`;
    const headers: string[][] = fields.map(([name, value]) => [name, value]);
    if (isEmpty || Array.isArray(body)) {
      if (!isEmpty) text += 'Transfer-Encoding: chunked\r\n';
    } else {
      text += `Content-Length: ${body.length}\r\n`;
      headers.push(['content-length', `${body.length}`]);
    }
    text += lineEnd;
    events.push(['head', { status, reason: reason.slice(1), version, headers }]);
    if (isEmpty) return { bytes: Buffer.from(text, 'latin1'), events: [...events, ['end', []]] };
    if (!Array.isArray(body)) {
      return { bytes: Buffer.from(text + body, 'latin1'), events: [...events, ['body', body], ['end', []]] };
    }
    for (const [data, extension] of body) text += `${data.length.toString(16)}${extension}\r\n${data}\r\n`;
    text += '0\r\n';
    for (const [name, value, pad] of trailers) text += `${name}:${pad}${value}\r\n`;
    text += '\r\n';
    if (body.length > 0) events.push(['body', body.map(([data]) => data).join('')]);
    events.push(['end', trailers.map(([name, value]) => [name, value])]);
    return { bytes: Buffer.from(text, 'latin1'), events };
  });

const limit = (name: string, at: string, beyond: string): { name: string; at: Buffer; beyond: Buffer } => ({
  name,
  at: Buffer.from(at, 'latin1'),
  beyond: Buffer.from(beyond, 'latin1'),
});
const none = 'Content-Length: 0\r\n';
const padded = (size: number): string => ok(`${none}x: ${'x'.repeat(size - ok(`${none}x: \r\n`).length)}\r\n`);
const chunked = (body: string): string => ok('Transfer-Encoding: chunked\r\n', body);
const early = 'HTTP/1.1 103 Early Hints\r\n\r\n';

describeCodec('the HTTP/1.1 client', {
  create: (recorder) => recordedClientCodec(recorder),
  messages: answers,
  limits: [
    limit('a head', padded(2000), padded(2001)),
    limit('fields', ok(none + 'x:\r\n'.repeat(19)), ok(none + 'x:\r\n'.repeat(20))),
    limit('trailers', chunked(`0\r\na:${'x'.repeat(494)}\r\n\r\n`), chunked(`0\r\na:${'x'.repeat(495)}\r\n\r\n`)),
    limit('an extension', chunked(`0;${'x'.repeat(49)}\r\n\r\n`), chunked(`0;${'x'.repeat(50)}\r\n\r\n`)),
    limit('interim answers', early.repeat(3) + ok(none), early.repeat(4) + ok(none)),
  ],
  maxBuffered: limits.maxHeadSize,
});

describe('Http1ClientCodec', () => {
  it('tells all there is to know of a head', () => {
    const text = 'HTTP/1.0 426 \r\nUpgrade: h2c\r\nConnection: upgrade, keep-alive\r\nKeep-Alive: timeout=7, max=2\r\n';
    const { headers, ...rest } = headOf(`${text}Content-Length: 3\r\n\r\n`);
    assert.deepEqual(
      [...headers],
      [
        ['upgrade', 'h2c'],
        ['content-length', '3'],
      ],
    );
    assert.deepEqual(rest, {
      status: 426,
      reason: '',
      version: '1.0',
      framing: 3,
      persists: true,
      keepAliveMs: 7000,
      upgrade: 'h2c',
    });
  });

  const framings: [text: string, framing: unknown, persists: boolean][] = [
    [ok(none), 0, true],
    [ok('content-length: 5\r\n'), 5, true],
    [ok('transfer-encoding: Chunked\r\n'), 'chunked', true],
    [ok(''), 'close', false],
    [ok(`${none}connection: close\r\n`), 0, false],
    [ok(`${none}connection: keep-alive, CLOSE\r\n`), 0, false],
    ['HTTP/1.0 200 OK\r\ncontent-length: 1\r\n\r\n', 1, false],
    ['HTTP/1.0 200 OK\r\ncontent-length: 1\r\nconnection: keep-alive\r\n\r\n', 1, true],
    ['HTTP/1.1 204 No Content\r\n\r\n', 0, true],
    ['HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n', 0, true],
    ['HTTP/1.1 204 No Content\r\ncontent-length: 5\r\n\r\n', 0, false],
    ['HTTP/1.1 204 No Content\r\ntransfer-encoding: chunked\r\n\r\n', 0, false],
    ['HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\n', 0, true],
  ];
  for (const [text, framing, persists] of framings) {
    it(`frames ${JSON.stringify(text)}`, () => {
      const head = headOf(text);
      assert.deepEqual([head.framing, head.persists], [framing, persists]);
    });
  }

  it('expects no content of an answer to HEAD', () => {
    const head = headOf(ok('content-length: 5\r\n'), { ...asked, isHead: true });
    assert.deepEqual([head.framing, head.persists, head.headers.get('content-length')], [0, true, '5']);
    assert.equal(headOf(ok(''), { ...asked, isHead: true }).persists, true);
  });

  const refused: [what: string, text: string][] = [
    ['no status line', 'hello\r\n\r\n'],
    ['HTTP/2', 'HTTP/2 200 OK\r\n\r\n'],
    ['HTTP/1.2', 'HTTP/1.2 200 OK\r\n\r\n'],
    ['HTTP/0.9', 'HTTP/0.9 200 OK\r\n\r\n'],
    ['a status of four digits', 'HTTP/1.1 2000 OK\r\n\r\n'],
    ['a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n'],
    ['a status below 100', 'HTTP/1.1 099 OK\r\n\r\n'],
    ['a status above 599', 'HTTP/1.1 600 OK\r\n\r\n'],
    ['two spaces before the status', 'HTTP/1.1  200 OK\r\n\r\n'],
    ['an empty line before', `\r\n${ok(none)}`],
    ['a carriage return in the reason', 'HTTP/1.1 200 O\rK\r\n\r\n'],
    ['NUL in the reason', 'HTTP/1.1 200 O\0K\r\n\r\n'],
    ['a carriage return in a value', ok('x: a\rb\r\n')],
    ['NUL in a value', ok('x: a\0b\r\n')],
    ['a continued line', ok('x: a\r\n b\r\n')],
    ['a space before the colon', ok('content-length : 5\r\n')],
    ['content-length and transfer-encoding', ok('content-length: 5\r\ntransfer-encoding: chunked\r\n')],
    ['two lengths', ok('content-length: 5\r\ncontent-length: 6\r\n')],
    ['the same length twice', ok('content-length: 5\r\ncontent-length: 5\r\n')],
    ['a list of lengths', ok('content-length: 5, 5\r\n')],
    ['a negative length', ok('content-length: -5\r\n')],
    ['a length with a sign', ok('content-length: +5\r\n')],
    ['an empty length', ok('content-length:\r\n')],
    ['a length beyond counting', ok('content-length: 99999999999999999999\r\n')],
    ['an unknown coding', ok('transfer-encoding: gzip, chunked\r\n')],
    ['identity', ok('transfer-encoding: identity\r\n')],
    ['two codings', ok('transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n')],
    ['a coding in HTTP/1.0', 'HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n'],
    ['a chunk size that is none', chunked('x\r\n')],
    ['data beyond a chunk', chunked('1\r\nab\r\n0\r\n\r\n')],
    ['101 that nobody asked for', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n'],
  ];
  for (const [what, text] of refused) {
    it(`refuses ${what}`, () => assert.equal(outcome(text).code, 'upstream-response-invalid'));
  }

  it('refuses what is too large by another code', () => {
    assert.equal(outcome(padded(2001)).code, 'upstream-response-too-large');
    assert.equal(outcome(ok('x:\r\n'.repeat(21))).code, 'upstream-response-too-large');
  });

  it('tells an end in the head from one in the body', () => {
    assert.equal(outcome('HTTP/1.1 200').code, 'upstream-closed');
    assert.equal(outcome(ok('content-length: 5\r\n', 'abcd')).code, 'upstream-incomplete');
    assert.equal(outcome(chunked('5\r\nab')).code, 'upstream-incomplete');
    assert.equal(outcome(chunked('2\r\nab\r\n')).code, 'upstream-incomplete');
  });

  it('ends a body without a length with the connection', () => {
    const { events, code } = outcome(ok('', 'abc'));
    assert.deepEqual(
      [events.slice(1), code],
      [
        [
          ['body', 'abc'],
          ['end', []],
        ],
        undefined,
      ],
    );
  });

  it('leaves out the fields of the connection and those that it names', () => {
    const fields =
      'connection: x-one, close\r\nkeep-alive: timeout=5\r\nproxy-connection: a\r\nte: b\r\nupgrade: c\r\nx-one: 1\r\nx-two: 2\r\n';
    assert.deepEqual(
      [...headOf(ok(fields + none)).headers],
      [
        ['x-two', '2'],
        ['content-length', '0'],
      ],
    );
  });

  it('keeps what frames or secures an answer although connection names it', () => {
    const kept = 'content-length: 0\r\nset-cookie: a=b\r\ncache-control: private\r\nvary: x\r\n';
    const { headers } = headOf(ok(`connection: content-length, Set-Cookie, cache-control, vary\r\n${kept}`));
    assert.deepEqual(
      [...headers].map(([name]) => name),
      ['content-length', 'set-cookie', 'cache-control', 'vary'],
    );
  });

  it('takes lines that end in LF alone, but not among others (http.md 220)', () => {
    assert.equal(headOf('HTTP/1.1 200 OK\nx: a\ny: b\n\n').headers.get('y'), 'b');
    assert.equal(headOf('HTTP/1.1 200 OK\nx: a\r\ny: b\n\n').headers.get('y'), 'b');
    for (const fields of ['x: a\ny: b\r\n', 'x: a\r\ny: b\n', 'x: a\r\n\n']) {
      assert.throws(() => headOf(ok(fields)), { code: 'upstream-response-invalid' });
    }
  });

  it('keeps what comes behind an answer', () => {
    const codec = new Http1ClientCodec({ interim() {}, head() {}, body() {}, end() {} }, limits);
    codec.begin(asked);
    codec.receive(Buffer.from(ok('content-length: 2\r\n', 'ab')));
    assert.equal(codec.hasKept, false);
    codec.receive(Buffer.from('more'));
    codec.receive(Buffer.from('!'));
    assert.equal(codec.hasKept, true);
    assert.equal(String(codec.takeKept()), 'more!');
  });

  it('reads nothing behind 101 as HTTP', () => {
    const heads: Http1ResponseHead[] = [];
    const codec = new Http1ClientCodec(
      { interim() {}, head: (head) => heads.push(head), body: () => assert.fail(), end: () => assert.fail() },
      limits,
    );
    codec.begin({ ...asked, mayUpgrade: true });
    codec.receive(Buffer.from('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x00'));
    assert.equal(heads[0]?.headers.get('upgrade'), 'websocket');
    assert.deepEqual(codec.takeKept(), Buffer.from('\x81\x00'));
  });

  it('reads what it takes as Node does', async () => {
    // No tab: Node does not take one behind a value for white space (RFC 9110 §5.5).
    const edits = fc.array(fc.tuple(fc.nat(), fc.constantFrom(...':, 015;acCfx'), fc.boolean()), { maxLength: 2 });
    await fc.assert(
      fc.asyncProperty(answers, edits, async ({ bytes }, changes) => {
        let text = bytes.toString('latin1');
        for (const [where, byte, replaces] of changes) {
          const at = where % text.length;
          text = text.slice(0, at) + byte + text.slice(at + (replaces ? 1 : 0));
        }
        // Node takes no line that ends with LF alone, and nothing behind an interim answer of HTTP/1.0.
        if (/[^\r]\n|HTTP\/1\.0 1/.test(text)) return;
        const { events, code } = outcome(text);
        const finals = events.filter((event) => (event as unknown[])[0] === 'head');
        // What follows one answer belongs to nobody for Node.
        if (code !== undefined || finals.length !== 1) return;
        const body = events
          .filter((event) => (event as unknown[])[0] === 'body')
          .map((event) => (event as unknown[])[1]);
        const { status, headers } = (finals[0] as [string, { status: number; headers: string[][] }])[1];
        const theirs = await nodeAnswer(text);
        if (theirs === 'refused extension') return;
        assert.deepEqual(
          { status, body: body.join('') },
          { status: theirs.status, body: theirs.body },
          JSON.stringify(text),
        );
        for (const [name = '', value] of headers)
          assert.ok(theirs.fields.includes(`${name}: ${value}`), `${name}: ${value}`);
      }),
      { numRuns: 400 },
    );
  });
});

/** What Node's client makes of the same bytes. */
function nodeAnswer(text: string): Promise<{ status: number; body: string; fields: string[] } | 'refused extension'> {
  return new Promise((resolve, reject) => {
    const told = (error: Error): void => {
      // Node reads the extensions of chunks, which mean nothing here.
      if (error.message.includes('chunk extensions')) resolve('refused extension');
      else reject(new Error(`${error.message} for ${JSON.stringify(text)}`));
    };
    const stream = new Duplex({
      read() {},
      write(_chunk, _encoding, done) {
        done();
        stream.push(Buffer.from(text, 'latin1'));
        stream.push(null);
      },
    });
    const request = nodeRequest({ createConnection: () => stream, path: '/' }, (answer) => {
      let body = '';
      answer.setEncoding('latin1');
      answer.on('data', (piece: string) => {
        body += piece;
      });
      answer.on('error', told);
      answer.on('end', () => {
        const fields: string[] = [];
        for (let at = 0; at < answer.rawHeaders.length; at += 2) {
          fields.push(`${answer.rawHeaders[at]?.toLowerCase()}: ${answer.rawHeaders[at + 1]}`);
        }
        resolve({ status: answer.statusCode ?? 0, body, fields });
      });
    });
    request.on('error', told);
    request.end();
  });
}
