import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { frame, numbers } from '../../../test/support/http2-frames.ts';
import {
  block,
  data,
  fixed,
  getFields,
  Http2Peer,
  headers,
  noFields,
  padded,
  post,
} from '../../../test/support/http2-peer.ts';
import { Flag, FrameKind, Http2Code, Setting } from './codes.ts';
import { Http2Error } from './http2-error.ts';

const {
  headers: HEADERS,
  continuation: CONTINUATION,
  resetStream: RST_STREAM,
  settings: SETTINGS,
  priority: PRIORITY,
  windowUpdate: WINDOW_UPDATE,
} = FrameKind;
const end = Flag.endStream;
const nothing = Buffer.alloc(0);

function reset(stream: number, code: Http2Code = Http2Code.cancel): Buffer {
  return frame(RST_STREAM, 0, stream, numbers(code));
}

function window(stream: number, increment: number): Buffer {
  return frame(WINDOW_UPDATE, 0, stream, numbers(increment));
}

function setting(name: number, value: number): Buffer {
  const bytes = Buffer.alloc(6);
  bytes.writeUInt16BE(name);
  bytes.writeUInt32BE(value, 2);
  return frame(SETTINGS, 0, 0, bytes);
}

/** What we answer, and how the connection ends. */
function answersTo(...sent: readonly Buffer[]): string[] {
  const peer = Http2Peer.open();
  let failure: unknown;
  try {
    for (const bytes of sent) {
      if (bytes === answered) peer.codec.respond(lastTurn(peer), 200, noFields, fixed, true);
      else if (bytes === weReset) peer.codec.reset(lastTurn(peer), Http2Code.noError);
      else peer.send(bytes);
    }
  } catch (error) {
    if (!(error instanceof Http2Error)) throw error;
    failure = error;
  }
  const frames = peer.frames().filter((text) => !text.startsWith('headers'));
  assert.equal(failure !== undefined, frames.at(-1)?.startsWith('goaway') ?? false);
  return frames;
}

function lastTurn(peer: Http2Peer) {
  const turn = peer.turns.at(-1);
  assert.ok(turn);
  return turn.stream;
}

// In place of what the client sends: the latest stream is answered, or we reset it.
const answered = Buffer.from('answered');
const weReset = Buffer.from('reset');

const connection = (code: string, last = 0): string[] => [`goaway 0 ${last} ${code}`];
const stream = (code: string, id = 1): string[] => [`resetStream ${id} ${code}`];
const ignored: string[] = [];

const rules: readonly (readonly [rule: string, sent: readonly Buffer[], answers: readonly string[]])[] = [
  ['§5.1 idle: DATA', [data(1, 'x')], connection('protocolError')],
  ['§5.1 idle: RST_STREAM', [reset(1)], connection('protocolError')],
  ['§5.1 idle: WINDOW_UPDATE', [window(1, 1)], connection('protocolError')],
  ['§5.1 idle: PRIORITY', [frame(PRIORITY, 0, 1, Buffer.alloc(5))], ignored],
  ['§5.1 idle: CONTINUATION', [frame(CONTINUATION, 4, 1, nothing)], connection('protocolError')],
  ['§5.1 half-closed (remote): DATA', [headers(1), data(1, 'x')], stream('streamClosed')],
  ['§5.1 half-closed (remote): HEADERS', [headers(1), headers(1)], stream('streamClosed')],
  ['§5.1 half-closed (remote): WINDOW_UPDATE', [headers(1), window(1, 1)], ignored],
  ['§5.1 half-closed (remote): PRIORITY', [headers(1), frame(PRIORITY, 0, 1, Buffer.alloc(5))], ignored],
  ['§5.1 half-closed (local): DATA', [post(1), answered, data(1, 'x', end)], ignored],
  ['§5.1 closed by both: DATA', [headers(1), answered, data(1, 'x')], connection('streamClosed', 1)],
  ['§5.1 closed by both: HEADERS', [headers(1), answered, headers(1)], connection('streamClosed', 1)],
  ['§5.1 closed by both: RST_STREAM', [headers(1), answered, reset(1)], ignored],
  ['§5.1 closed by both: WINDOW_UPDATE', [headers(1), answered, window(1, 1)], ignored],
  ['§5.1 closed by its RST_STREAM: DATA', [post(1), reset(1), data(1, 'x')], stream('streamClosed')],
  ['§5.1 closed by its RST_STREAM: HEADERS', [post(1), reset(1), headers(1)], stream('streamClosed')],
  ['§5.1 closed by its RST_STREAM: WINDOW_UPDATE', [post(1), reset(1), window(1, 1)], ignored],
  ['§5.1 closed by ours: DATA', [post(1), weReset, data(1, 'x')], stream('noError')],
  ['§5.1 closed by ours: trailers', [post(1), weReset, headers(1, [['x', 'y']])], stream('noError')],
  ['§5.1.1 an even number', [headers(2)], connection('protocolError')],
  ['§5.1.1 stream 0', [headers(0)], connection('protocolError')],
  ['§5.1.1 a number below an earlier one', [headers(5), headers(3)], connection('protocolError', 5)],
  ['§5.1.1 content of one that was passed over', [headers(5), data(3, 'x')], connection('streamClosed', 5)],
  ['§6.1 DATA of stream 0', [data(0, 'x')], connection('protocolError')],
  [
    '§6.1 DATA with more padding than it has',
    [post(1), frame(0, 8, 1, Buffer.from([2, 0]))],
    connection('protocolError', 1),
  ],
  ['§6.1 DATA without its padding length', [post(1), frame(0, 8, 1, nothing)], connection('frameSizeError', 1)],
  [
    '§6.2 HEADERS with more padding than they have',
    [frame(HEADERS, 0xc, 1, Buffer.from([2, 0]))],
    connection('protocolError'),
  ],
  ['§6.2 HEADERS without their priority', [frame(HEADERS, 0x24, 1, Buffer.alloc(4))], connection('frameSizeError')],
  ['§6.3 PRIORITY of stream 0', [frame(PRIORITY, 0, 0, Buffer.alloc(5))], connection('protocolError')],
  ['§6.3 PRIORITY of another length', [headers(1), frame(PRIORITY, 0, 1, Buffer.alloc(4))], stream('frameSizeError')],
  [
    '§6.3 PRIORITY of another length, closed',
    [headers(1), answered, frame(PRIORITY, 0, 1, nothing)],
    stream('frameSizeError'),
  ],
  ['§6.3 PRIORITY of another length, idle', [frame(PRIORITY, 0, 1, Buffer.alloc(4))], connection('frameSizeError')],
  ['§6.4 RST_STREAM of stream 0', [reset(0)], connection('protocolError')],
  [
    '§6.4 RST_STREAM of another length',
    [headers(1), frame(RST_STREAM, 0, 1, Buffer.alloc(5))],
    connection('frameSizeError', 1),
  ],
  ['§6.4 RST_STREAM with an unknown code', [headers(1), reset(1, 99 as Http2Code)], ignored],
  ['§6.5 SETTINGS of a stream', [frame(SETTINGS, 0, 1, nothing)], connection('protocolError')],
  ['§6.5 SETTINGS of another length', [frame(SETTINGS, 0, 0, Buffer.alloc(5))], connection('frameSizeError')],
  ['§6.5 an acknowledgement with content', [frame(SETTINGS, 1, 0, Buffer.alloc(6))], connection('frameSizeError')],
  ['§6.5.2 ENABLE_PUSH 2', [setting(Setting.enablePush, 2)], connection('protocolError')],
  ['§6.5.2 INITIAL_WINDOW_SIZE 2^31', [setting(Setting.initialWindowSize, 2 ** 31)], connection('flowControlError')],
  ['§6.5.2 MAX_FRAME_SIZE 16383', [setting(Setting.maxFrameSize, 16_383)], connection('protocolError')],
  ['§6.5.2 MAX_FRAME_SIZE 2^24', [setting(Setting.maxFrameSize, 2 ** 24)], connection('protocolError')],
  ['§6.5.2 a setting that nobody knows', [setting(0x99, 7)], ['settings 0  ack']],
  ['RFC 8441 §3 ENABLE_CONNECT_PROTOCOL 2', [setting(Setting.enableConnectProtocol, 2)], connection('protocolError')],
  ['RFC 9218 §2.1 NO_RFC7540_PRIORITIES 2', [setting(Setting.noRfc7540Priorities, 2)], connection('protocolError')],
  ['§6.6 PUSH_PROMISE', [frame(FrameKind.pushPromise, 4, 1, Buffer.alloc(4))], connection('protocolError')],
  ['§6.7 PING', [frame(FrameKind.ping, 0, 0, Buffer.from('galley!!'))], ['ping 0 67616c6c65792121 ack']],
  ['§6.7 PING of a stream', [frame(FrameKind.ping, 0, 1, Buffer.alloc(8))], connection('protocolError')],
  ['§6.7 PING of another length', [frame(FrameKind.ping, 0, 0, Buffer.alloc(7))], connection('frameSizeError')],
  ['§6.7 an answer to no PING', [frame(FrameKind.ping, 1, 0, Buffer.alloc(8))], ignored],
  ['§6.8 GOAWAY of a stream', [frame(FrameKind.goaway, 0, 1, Buffer.alloc(8))], connection('protocolError')],
  ['§6.8 GOAWAY of another length', [frame(FrameKind.goaway, 0, 0, Buffer.alloc(7))], connection('frameSizeError')],
  ['§6.9 WINDOW_UPDATE of another length', [frame(WINDOW_UPDATE, 0, 0, Buffer.alloc(3))], connection('frameSizeError')],
  ['§6.9 WINDOW_UPDATE of 0 for a stream', [headers(1), window(1, 0)], stream('protocolError')],
  ['§6.9 WINDOW_UPDATE of 0 for the connection', [window(0, 0)], connection('protocolError')],
  ['§6.9.1 a stream window above 2^31-1', [headers(1), window(1, 2 ** 31 - 1)], stream('flowControlError')],
  ['§6.9.1 a window above 2^31-1', [window(0, 2 ** 31 - 1)], connection('flowControlError')],
  [
    '§6.9.2 an initial window that makes one larger than 2^31-1',
    [headers(1), window(1, 2 ** 31 - 1 - 65_535), setting(Setting.initialWindowSize, 65_536)],
    ['settings 0  ack', ...connection('flowControlError', 1)],
  ],
  [
    '§6.10 a section that another frame interrupts',
    [frame(HEADERS, 1, 1, block(getFields)), window(0, 1)],
    connection('protocolError'),
  ],
  [
    '§6.10 a section that DATA interrupts',
    [frame(HEADERS, 0, 1, block(getFields)), data(1, 'x')],
    connection('protocolError'),
  ],
  [
    '§6.10 a section that an unknown frame interrupts',
    [frame(HEADERS, 1, 1, nothing), frame(0x99, 0, 0)],
    connection('protocolError'),
  ],
  [
    '§6.10 CONTINUATION of another stream',
    [frame(HEADERS, 1, 1, block(getFields)), frame(CONTINUATION, 4, 3, nothing)],
    connection('protocolError'),
  ],
  [
    '§6.10 CONTINUATION of no section',
    [headers(1), frame(CONTINUATION, 4, 1, nothing)],
    connection('protocolError', 1),
  ],
  ['§5.5 an unknown frame', [frame(0x99, 0xff, 7, Buffer.alloc(20))], ignored],
  ['§4.1 unknown flags and the reserved bit', [frame(HEADERS, 0xc7, 2 ** 31 + 1, block(getFields))], ignored],
  ['§4.2 a frame that is too long', [frame(0x99, 0, 0, Buffer.alloc(16_385))], connection('frameSizeError')],
  [
    '§4.3 a section that HPACK cannot read',
    [frame(HEADERS, 5, 1, Buffer.from([0x80]))],
    connection('compressionError'),
  ],
  ['§8.1 trailers without END_STREAM', [post(1), headers(1, [['x', 'y']], 0)], stream('protocolError')],
  ['§8.1 a pseudo-field in trailers', [post(1), headers(1, [[':path', '/']])], stream('protocolError')],
  ['§8.1 an upper-case name in trailers', [post(1), headers(1, [['X', 'y']])], stream('protocolError')],
  ['§8.1.1 more content than its length', [post(1, [['content-length', '1']]), data(1, 'xx')], stream('protocolError')],
  [
    '§8.1.1 less content than its length',
    [post(1, [['content-length', '3']]), data(1, 'xx', end)],
    stream('protocolError'),
  ],
  [
    '§8.1.1 less before trailers',
    [post(1, [['content-length', '3']]), data(1, 'x'), headers(1, [])],
    stream('protocolError'),
  ],
  ['§8.1.1 no content but a length', [headers(1, [...getFields, ['content-length', '3']])], stream('protocolError')],
  ['RFC 9218 §7.1 PRIORITY_UPDATE of a stream', [frame(0x10, 0, 1, numbers(1))], connection('protocolError')],
  [
    'RFC 9218 §7.1 PRIORITY_UPDATE without a stream',
    [frame(0x10, 0, 0, Buffer.alloc(3))],
    connection('frameSizeError'),
  ],
  ['RFC 9218 §7.1 PRIORITY_UPDATE for stream 0', [frame(0x10, 0, 0, numbers(0))], connection('protocolError')],
];

describe('what a frame is answered with, by RFC 9113 (http.md 294)', () => {
  for (const [rule, sent, answers] of rules) it(rule, () => assert.deepEqual(answersTo(...sent), answers));

  it('§3.4 wants SETTINGS behind the preface', () => {
    for (const first of [window(0, 1), data(1, 'x'), headers(1), frame(SETTINGS, Flag.ack, 0)]) {
      const peer = new Http2Peer();
      peer.codec.start();
      peer.frames();
      assert.throws(() => peer.send(Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), first), Http2Error);
      assert.deepEqual(peer.frames(), connection('protocolError'));
    }
  });

  it('§3.4 says what it takes', () => {
    const peer = new Http2Peer();
    assert.equal(peer.codec.isPrefaceMissing, true);
    peer.codec.start();
    const expected = [
      [Setting.headerTableSize, 4096],
      [Setting.maxConcurrentStreams, 128],
      [Setting.initialWindowSize, 65_536],
      [Setting.maxFrameSize, 16_384],
      [Setting.maxHeaderListSize, 16_384],
      [Setting.enableConnectProtocol, 1],
      [Setting.noRfc7540Priorities, 1],
    ].map(([name, value]) =>
      setting(name as number, value as number)
        .subarray(9)
        .toString('hex'),
    );
    assert.deepEqual(peer.frames(), [`settings 0 ${expected.join('')}`, `windowUpdate 0 ${2 ** 20 - 65_535}`]);
  });

  it('§5.1.2 refuses streams above the limit, and takes others when one is over', () => {
    const peer = Http2Peer.open({}, { maxStreams: 2 });
    peer.send(headers(1), headers(3), headers(5));
    assert.deepEqual(peer.frames(), stream('refusedStream', 5));
    peer.codec.respond(lastTurn(peer), 200, noFields, fixed, true);
    peer.send(headers(7));
    assert.deepEqual(
      peer.turns.map(({ id }) => id),
      [1, 3, 7],
    );
    assert.equal(peer.codec.openStreams, 2);
  });

  it('§5.1 remembers how streams ended when many came after them', () => {
    const peer = Http2Peer.open();
    peer.send(post(1));
    peer.codec.reset(lastTurn(peer), Http2Code.noError);
    for (let id = 3; id < 2000; id += 2) {
      peer.send(headers(id));
      peer.codec.respond(lastTurn(peer), 200, noFields, fixed, true);
    }
    peer.frames();
    // What is long ago is nobody's fault.
    peer.send(data(1, 'x'));
    assert.deepEqual(peer.frames(), ignored);
    assert.throws(() => peer.send(data(1999, 'x')), Http2Error);
  });

  it('counts padding for windows, and gives it back', () => {
    const peer = Http2Peer.open({}, { streamWindow: 1000 });
    peer.send(post(1), padded(0, 0, 1, Buffer.from('x'), 255), padded(0, 0, 1, Buffer.from('x'), 255));
    assert.deepEqual(peer.frames(), ['windowUpdate 1 512']);
    assert.deepEqual(
      peer.events.filter((event) => event.startsWith('body')),
      ['body 1 x', 'body 1 x'],
    );
  });

  it('takes padding and a priority before a section', () => {
    const peer = Http2Peer.open();
    const section = Buffer.concat([Buffer.from([3, 0, 0, 0, 9, 16]), block(getFields), Buffer.alloc(3)]);
    peer.send(frame(HEADERS, 0x2d, 1, section));
    assert.deepEqual(peer.events, ['head 1 GET /', 'end 1']);
  });
});
