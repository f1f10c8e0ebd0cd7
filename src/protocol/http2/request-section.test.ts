import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { frame } from '../../../test/support/http2-frames.ts';
import { block, data, type Fields, getFields, Http2Peer, headers, post } from '../../../test/support/http2-peer.ts';
import type { HttpLimits } from '../../core/limits.ts';
import { Flag, FrameKind } from './codes.ts';
import type { Http2RequestHead } from './server-sink.ts';

/** The fields of a GET, of which some are others: undefined leaves one out. */
function request(changes: Record<string, string | undefined>, more: Fields = []): Fields {
  const changed = getFields.flatMap(([name, value]) => {
    const now = name in changes ? changes[name] : value;
    return now === undefined ? [] : [[name, now] as const];
  });
  const added = Object.entries(changes).flatMap(([name, value]) =>
    value === undefined || getFields.some(([known]) => known === name) ? [] : [[name, value] as const],
  );
  return [...changed, ...added, ...more];
}

function headOf(fields: Fields, limits: Partial<HttpLimits> = {}): Http2RequestHead {
  const peer = Http2Peer.open(limits);
  peer.send(headers(1, fields, 0));
  const [head] = peer.heads;
  assert.ok(head, `no head: ${peer.events} ${peer.frames()}`);
  return head;
}

/** What comes of a request that is none: `reset`, or the status that it is answered with. */
function outcomeOf(fields: Fields, limits: Partial<HttpLimits> = {}): string {
  const peer = Http2Peer.open(limits);
  peer.send(headers(1, fields, 0));
  // The connection goes on all the same.
  peer.send(headers(3));
  assert.deepEqual(peer.events.splice(-2), ['head 3 GET /', 'end 3']);
  const frames = peer.frames();
  if (peer.events.length === 0) {
    assert.deepEqual(frames, ['resetStream 1 protocolError']);
    return 'reset';
  }
  return peer.events.join();
}

const malformed: readonly (readonly [what: string, fields: Fields])[] = [
  ['an upper-case name', request({}, [['Accept', '*/*']])],
  ['an empty name', request({}, [['', 'x']])],
  ['a name with a colon', request({}, [['a:b', 'x']])],
  ['a name with a space', request({}, [['a b', 'x']])],
  ['a name with LF', request({}, [['a\nb', 'x']])],
  ['a name that is no ASCII', request({}, [['a\xe9', 'x']])],
  ['CR in a value', request({}, [['a', 'x\ry']])],
  ['LF in a value', request({}, [['a', 'x\ny']])],
  ['NUL in a value', request({}, [['a', 'x\0y']])],
  ['another control character in a value', request({}, [['a', 'x\x7fy']])],
  ['a space before a value', request({}, [['a', ' x']])],
  ['a tab before a value', request({}, [['a', '\tx']])],
  ['a space behind a value', request({}, [['a', 'x ']])],
  ['a tab behind a value', request({}, [['a', 'x\t']])],
  ['no :method', request({ ':method': undefined })],
  ['no :scheme', request({ ':scheme': undefined })],
  ['no :path', request({ ':path': undefined })],
  ['an empty :path', request({ ':path': '' })],
  ['an empty :method', request({ ':method': '' })],
  ['a :method with a request line in it', request({ ':method': 'GET / HTTP/1.1\r\nx: y' })],
  ['a :method with a space', request({ ':method': 'GET /' })],
  ['a :path with CRLF', request({ ':path': '/ HTTP/1.1\r\nx: y' })],
  ['an empty :scheme', request({ ':scheme': '' })],
  ['an odd :scheme twice', [...request({ ':scheme': 'ftp' }), [':scheme', 'http']]],
  [':method twice', [...getFields, [':method', 'GET']]],
  [':scheme twice', [...getFields, [':scheme', 'http']]],
  [':path twice', [...getFields, [':path', '/']]],
  [':authority twice', [...getFields, [':authority', 'a.test']]],
  ['a pseudo-field that nobody knows', request({ ':server': 'x' })],
  ['a pseudo-field of answers', request({ ':status': '200' })],
  ['a pseudo-field behind others', [['a', 'b'], ...getFields]],
  ['connection', request({ connection: 'close' })],
  ['keep-alive', request({ 'keep-alive': '5' })],
  ['proxy-connection', request({ 'proxy-connection': 'close' })],
  ['transfer-encoding', request({ 'transfer-encoding': 'chunked' })],
  ['upgrade', request({ upgrade: 'h2c' })],
  ['te beyond trailers', request({ te: 'trailers, gzip' })],
  ['a content-length that is no number', request({ 'content-length': '1x' })],
  ['an empty content-length', request({ 'content-length': '' })],
  ['content-length twice', request({ 'content-length': '1' }, [['content-length', '1']])],
  ['a content-length that cannot be counted', request({ 'content-length': '9'.repeat(20) })],
  [':protocol without CONNECT', request({ ':protocol': 'websocket' })],
  ['CONNECT with a path', request({ ':method': 'CONNECT' })],
];

const refused: readonly (readonly [what: string, fields: Fields, outcome: string])[] = [
  [':authority with userinfo', request({ ':authority': 'u@a.test' }), 'malformed 1 400 host-header GET'],
  ['an empty :authority', request({ ':authority': '' }), 'malformed 1 400 host-header GET'],
  [':authority that is not host', request({ host: 'b.test' }), 'malformed 1 400 host-header GET'],
  ['two hosts', request({ host: 'a.test' }, [['host', 'a.test']]), 'malformed 1 400 host-header GET'],
  ['a host that is none', request({ ':authority': undefined, host: 'a/b' }), 'malformed 1 400 host-header GET'],
  ['no host', request({ ':authority': undefined }), 'malformed 1 400 host-header GET'],
  ['a space in :path', request({ ':path': '/a b' }), 'malformed 1 400 request-target GET'],
  ['a fragment in :path', request({ ':path': '/a#b' }), 'malformed 1 400 request-target GET'],
  ['a URL in :path', request({ ':path': 'http://a.test/' }), 'malformed 1 400 request-target GET'],
  ['* of GET', request({ ':path': '*' }), 'malformed 1 400 request-target GET'],
  ['a :scheme that is odd (http.md 292)', request({ ':scheme': 'gopher' }), 'malformed 1 400 request-target GET'],
  [
    'a :scheme with a request in it',
    request({ ':scheme': 'http://a/ HTTP/1.1' }),
    'malformed 1 400 request-target GET',
  ],
  ['TRACE', request({ ':method': 'TRACE' }), 'malformed 1 405 method-not-allowed TRACE'],
  [
    'CONNECT (http.md 293)',
    request({ ':method': 'CONNECT', ':scheme': undefined, ':path': undefined, ':authority': 'a.test:443' }),
    'malformed 1 405 method-not-allowed CONNECT',
  ],
  ['an expectation', request({ expect: 'miracles' }), 'malformed 1 417 expectation-unknown GET'],
  [
    'an expectation twice',
    request({ expect: '100-continue' }, [['expect', '100-continue']]),
    'malformed 1 417 expectation-unknown GET',
  ],
];

describe('RequestSection', () => {
  for (const [what, fields] of malformed) {
    it(`resets for ${what} (http.md 287 to 292)`, () => assert.equal(outcomeOf(fields), 'reset'));
  }

  for (const [what, fields, outcome] of refused) {
    it(`answers ${what} by a status (http.md 290)`, () => assert.equal(outcomeOf(fields), outcome));
  }

  it('makes a head as HTTP/1 has it', () => {
    const head = headOf(
      request({ ':path': '/a/../b?c=d', ':scheme': 'https', accept: '*/*', te: 'trailers', 'x-forwarded-for': '1' }),
    );
    assert.deepEqual(
      [...head.headers],
      [
        ['host', 'a.test'],
        ['accept', '*/*'],
        ['te', 'trailers'],
        ['x-forwarded-for', '1'],
      ],
    );
    const { headers: _, ...rest } = head;
    assert.deepEqual(rest, {
      method: 'GET',
      target: '/a/../b?c=d',
      path: '/a/../b',
      query: 'c=d',
      normalizedPath: '/b',
      version: '2',
      hasForwarded: true,
      bodyLength: undefined,
      expectsContinue: false,
      protocol: undefined,
      headSize: block(
        request({ ':path': '/a/../b?c=d', ':scheme': 'https', accept: '*/*', te: 'trailers', 'x-forwarded-for': '1' }),
      ).length,
    });
  });

  it('takes * of OPTIONS, and any method', () => {
    assert.equal(headOf(request({ ':method': 'OPTIONS', ':path': '*' })).target, '*');
    assert.equal(headOf(request({ ':method': 'BREW' })).method, 'BREW');
  });

  it('takes one host that is said twice, and a host alone', () => {
    assert.deepEqual([...headOf(request({ host: 'A.test' })).headers], [['host', 'a.test']]);
    const alone = headOf(request({ ':authority': undefined, a: 'b', host: 'c.test' }));
    assert.equal(alone.headers.get('host'), 'c.test');
  });

  it('knows the length of content, and whether the client waits for 100', () => {
    const asking = headOf(request({ ':method': 'POST', 'content-length': '12', expect: '100-Continue' }));
    assert.deepEqual([asking.bodyLength, asking.expectsContinue], [12, true]);
    const peer = Http2Peer.open();
    peer.send(headers(1, request({ expect: '100-continue' })));
    assert.deepEqual([peer.heads[0]?.bodyLength, peer.heads[0]?.expectsContinue], [0, false]);
  });

  it('knows schemes in any case', () => {
    for (const scheme of ['HTTPS', 'Http']) assert.equal(headOf(request({ ':scheme': scheme })).path, '/');
  });

  it('knows an extended CONNECT (RFC 8441 §4)', () => {
    const head = headOf(request({ ':method': 'CONNECT', ':protocol': 'WebSocket', ':path': '/chat' }));
    assert.deepEqual([head.method, head.protocol, head.target], ['CONNECT', 'websocket', '/chat']);
  });

  it('joins crumbs of cookies to one field, which stays where it is if it can (http.md 295)', () => {
    const list = (fields: Fields) => [...headOf([...getFields, ...fields]).headers].slice(1);
    assert.deepEqual(
      list([
        ['cookie', 'a=b'],
        ['cookie', 'c=d'],
        ['cookie', ''],
        ['x', 'y'],
      ]),
      [
        ['cookie', 'a=b; c=d; '],
        ['x', 'y'],
      ],
    );
    assert.deepEqual(
      list([
        ['cookie', 'a=b'],
        ['x', 'y'],
        ['cookie', 'c=d'],
        ['z', ''],
        ['cookie', 'e=f'],
      ]),
      [
        ['x', 'y'],
        ['z', ''],
        ['cookie', 'a=b; c=d; e=f'],
      ],
    );
  });

  it('joins any crumbs among any fields, and a host behind them', () => {
    const name = fc.constantFrom('cookie', 'x-a', 'x-bb', 'cookie');
    const value = fc.stringMatching(/^[a-z=]{0,8}$/);
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value), { maxLength: 12 }), fc.nat(12), (fields, place) => {
        const sent: [string, string][] = [...fields];
        sent.splice(place, 0, ['host', 'a.test']);
        const got = headOf([...request({ ':authority': undefined }), ...sent]).headers;
        const crumbs = fields.filter(([of]) => of === 'cookie').map(([, crumb]) => crumb);
        assert.equal(got.get('cookie'), crumbs.length > 0 ? crumbs.join('; ') : undefined);
        const others = sent.filter(([of]) => of !== 'cookie');
        assert.deepEqual(
          [...got].filter(([of]) => of !== 'cookie'),
          others,
        );
      }),
    );
  });

  it('leaves fields with underscores out where they are not wanted', () => {
    const fields = request({ a_b: 'x', c: 'y' });
    assert.equal(headOf(fields).headers.get('a_b'), 'x');
    assert.deepEqual(
      [...headOf(fields, { dropsUnderscores: true }).headers].map(([name]) => name),
      ['host', 'c'],
    );
  });

  it('refuses what is too large, exactly beyond the limit, and reads the section all the same', () => {
    const at = (limits: Partial<HttpLimits>, fields: Fields, outcome: string, beyond: Fields) => {
      headOf(fields, limits);
      assert.equal(outcomeOf(beyond, limits), outcome);
    };
    at(
      { maxTargetSize: 10 },
      request({ ':path': '/123456789' }),
      'malformed 1 414 target-too-long GET',
      request({ ':path': '/1234567890' }),
    );
    const fields = (count: number): Fields => [...getFields, ...Array(count).fill(['x', 'y'])];
    at({ maxFieldCount: 5 }, fields(5), 'malformed 1 431 header-too-large GET', fields(6));
    const sized = (length: number): Fields => [...getFields, ['x', 'y'.repeat(length)]];
    at({ maxFieldSize: 50 }, sized(49), 'malformed 1 431 header-too-large GET', sized(50));
    const own = getFields.reduce((sum, [name, value]) => sum + name.length + value.length + 32, 0);
    at({ maxHeadSize: own + 43 }, sized(10), 'malformed 1 431 header-too-large GET', sized(11));
    const length = (size: number): Fields => request({ 'content-length': String(size) });
    at({ maxBodySize: 9 }, length(9), 'malformed 1 413 body-too-large GET', length(10));
  });

  it('throws away the content of what it refuses, and gives the room back', () => {
    const peer = Http2Peer.open({ maxTargetSize: 2 }, { connectionWindow: 65_535, streamWindow: 65_535 });
    peer.send(headers(1, request({ ':path': '/long' }), 0));
    peer.send(data(1, 'x'.repeat(16_384)), data(1, 'x'.repeat(16_384)), headers(1, [['a', 'b']]));
    assert.deepEqual(peer.events, ['malformed 1 414 target-too-long GET', 'end 1 a=b']);
    assert.deepEqual(peer.frames(), ['windowUpdate 0 32768']);
    assert.equal(peer.turns[0]?.stream.isReceiveClosed, true);
  });

  it('refuses content beyond the limit with 413, once', () => {
    const peer = Http2Peer.open({ maxBodySize: 3 });
    peer.send(post(1), data(1, 'abc'));
    assert.deepEqual(peer.events.splice(0), ['head 1 POST /', 'body 1 abc']);
    peer.send(data(1, 'd'), data(1, 'e', Flag.endStream));
    assert.deepEqual(peer.events, ['refused 1 413', 'end 1']);
  });

  it('limits nothing of what is spoken behind an extended CONNECT', () => {
    const peer = Http2Peer.open({ maxBodySize: 3 });
    peer.send(headers(1, request({ ':method': 'CONNECT', ':protocol': 'websocket' }), 0), data(1, 'abcdef'));
    assert.deepEqual(peer.events, ['head 1 CONNECT /', 'body 1 abcdef']);
  });

  it('does not hold what is spoken behind an extended CONNECT to a content-length', () => {
    const peer = Http2Peer.open();
    const fields = request({ ':method': 'CONNECT', ':protocol': 'websocket', 'content-length': '1' });
    peer.send(headers(1, fields, 0), data(1, 'abcdef'), data(1, '', Flag.endStream));
    assert.deepEqual(peer.events, ['head 1 CONNECT /', 'body 1 abcdef', 'end 1']);
  });

  it('gives trailers without those that have no place there', () => {
    const peer = Http2Peer.open();
    peer.send(
      post(1),
      headers(1, [
        ['a', 'b'],
        ['content-length', '5'],
        ['host', 'c'],
        ['d', 'e'],
      ]),
    );
    assert.deepEqual(peer.events, ['head 1 POST /', 'end 1 a=b d=e']);
  });

  it('refuses trailers that are too large', () => {
    const peer = Http2Peer.open({ maxTrailerSize: 69 });
    peer.send(
      post(1),
      headers(1, [
        ['a', 'bcd'],
        ['e', ''],
      ]),
      post(3),
      headers(3, [
        ['a', 'bcd'],
        ['e', '1'],
      ]),
    );
    assert.deepEqual(peer.events, ['head 1 POST /', 'end 1 a=bcd e=', 'head 3 POST /', 'refused 3 431', 'end 3']);
  });

  it('knows what the client finds urgent (RFC 9218)', () => {
    const urgencies = [
      ['u=1, i', 1, true],
      ['i, u=7', 7, true],
      ['u=0;a=b,x="i,u=3"', 0, false],
      ['i=?0, u=2', 2, false],
      ['u=8', 3, false],
      ['u="1"', 3, false],
      ['u=-1', 3, false],
      ['', 3, false],
      ['nonsense=(', 3, false],
      ['u=1, U=2', 3, false],
    ] as const;
    for (const [priority, urgency, isIncremental] of urgencies) {
      const peer = Http2Peer.open();
      peer.send(headers(1, request({ priority })));
      const { stream } = peer.turns[0] ?? assert.fail();
      assert.deepEqual([priority, stream.urgency, stream.isIncremental], [priority, urgency, isIncremental]);
    }
  });

  it('takes PRIORITY_UPDATE for streams that are open, and before they are', () => {
    const peer = Http2Peer.open();
    const update = (id: number, text: string) => {
      const payload = Buffer.alloc(4 + text.length);
      payload.writeUInt32BE(id);
      payload.write(text, 4, 'latin1');
      return frame(FrameKind.priorityUpdate, 0, 0, payload);
    };
    peer.send(
      update(3, 'u=5'),
      headers(1, request({ priority: 'u=2' })),
      update(1, 'u=0, i'),
      headers(3, request({ priority: 'u=2' })),
    );
    assert.deepEqual(peer.events, ['head 1 GET /', 'end 1', 'priority 1 0 true', 'head 3 GET /', 'end 3']);
    assert.equal(peer.turns[1]?.stream.urgency, 5);
    // Many of streams that never come are forgotten, not kept.
    for (let id = 1001; id < 2001; id += 2) peer.send(update(id, 'u=1'));
    peer.send(headers(1999));
    assert.equal(peer.turns[2]?.stream.urgency, 3);
  });

  it('reads the same fields from the tables of HPACK as from literals', () => {
    const peer = Http2Peer.open();
    const indexed = (name: string, value: string) =>
      Buffer.concat([
        Buffer.from([0x40, name.length]),
        Buffer.from(name),
        Buffer.from([value.length]),
        Buffer.from(value),
      ]);
    const first = Buffer.concat([
      block(getFields),
      indexed('x-a', 'b'),
      indexed('priority', 'u=6'),
      indexed('te', 'gzip'),
    ]);
    peer.send(frame(FrameKind.headers, 5, 1, first));
    peer.send(frame(FrameKind.headers, 5, 3, Buffer.concat([block(getFields), Buffer.from([0x80 | 64, 0x80 | 63])])));
    peer.send(frame(FrameKind.headers, 5, 5, Buffer.concat([block(getFields), Buffer.from([0x80 | 62])])));
    assert.deepEqual(peer.frames(), ['resetStream 1 protocolError', 'resetStream 5 protocolError']);
    assert.deepEqual([...(peer.heads[0]?.headers ?? [])].slice(1), [
      ['x-a', 'b'],
      ['priority', 'u=6'],
    ]);
    assert.equal(peer.turns[0]?.stream.urgency, 6);
  });
});
