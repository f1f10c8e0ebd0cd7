import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { frame, numbers } from '../../../test/support/http2-frames.ts';
import {
  data,
  fixed,
  getFields,
  Http2Peer,
  headers,
  noFields,
  type PeerTurn,
  padded,
  post,
} from '../../../test/support/http2-peer.ts';
import { HeaderList } from '../../core/headers.ts';
import { sendBufferSize } from '../../core/limits.ts';
import { clientPreface, Flag, FrameKind, Http2Code, Setting } from './codes.ts';
import { Http2Error } from './http2-error.ts';

function turnOf(peer: Http2Peer): PeerTurn {
  const turn = peer.turns.at(-1);
  assert.ok(turn);
  return turn;
}

function asked(limits = {}, http2 = {}): { peer: Http2Peer; stream: PeerTurn['stream'] } {
  const peer = Http2Peer.open(limits, http2);
  peer.send(headers(1));
  peer.events.length = 0;
  return { peer, stream: turnOf(peer).stream };
}

function setting(name: number, value: number): Buffer {
  const bytes = Buffer.alloc(6);
  bytes.writeUInt16BE(name);
  bytes.writeUInt32BE(value, 2);
  return frame(FrameKind.settings, 0, 0, bytes);
}

const window = (stream: number, increment: number) => frame(FrameKind.windowUpdate, 0, stream, numbers(increment));

describe('what a server codec sends', () => {
  it('a head with what we add, without what tells of a connection (RFC 9113 §8.2.2)', () => {
    const { peer, stream } = asked();
    const list = HeaderList.of([
      ['content-type', 'a/b'],
      ['connection', 'close'],
      ['keep-alive', '1'],
      ['proxy-connection', 'x'],
      ['transfer-encoding', 'chunked'],
      ['upgrade', 'x'],
      ['content-length', '9'],
      ['set-cookie', 'a=b'],
    ]);
    const written = peer.codec.respond(stream, 404, list, { ...fixed, contentLength: 5 }, false);
    const bytes = peer.output.take();
    assert.equal(bytes.length, written);
    peer.output.write(bytes);
    assert.deepEqual(peer.frames(), [
      'headers 1 :status=404 content-type=a/b set-cookie=a=b date=now server=galley content-length=5',
    ]);
  });

  it('date and server of the app, and its length where there is no content', () => {
    const list = HeaderList.of([
      ['date', 'then'],
      ['server', 'app'],
      ['content-length', '9'],
    ]);
    const cases = [
      [200, true, ' content-length=9'],
      [304, true, ' content-length=9'],
      [204, true, ''],
      [200, false, ''],
    ] as const;
    for (const [status, isEnd, length] of cases) {
      const { peer, stream } = asked();
      peer.codec.respond(stream, status, list, fixed, isEnd);
      assert.deepEqual(peer.frames(), [
        `headers 1 :status=${status} date=then server=app${length}${isEnd ? ' end' : ''}`,
      ]);
    }
  });

  it('interim answers, without what has no meaning there', () => {
    const { peer, stream } = asked();
    const list = HeaderList.of([
      ['link', '</a>'],
      ['content-length', '9'],
      ['connection', 'x'],
    ]);
    peer.codec.inform(stream, 103, list);
    assert.deepEqual(peer.frames(), ['headers 1 :status=103 link=</a>']);
  });

  it('trailers, without those that may not stand there', () => {
    const { peer, stream } = asked();
    peer.codec.respond(stream, 200, noFields, fixed, false);
    peer.frames();
    peer.codec.trailers(
      stream,
      HeaderList.of([
        ['a', 'b'],
        ['content-length', '9'],
      ]),
    );
    assert.deepEqual(peer.frames(), ['headers 1 a=b end']);
    assert.equal(peer.codec.openStreams, 0);
  });

  it('a head that is longer than a frame, in CONTINUATION', () => {
    const { peer, stream } = asked();
    const list = HeaderList.of([['x-long', 'y'.repeat(40_000)]]);
    const written = peer.codec.respond(stream, 200, list, fixed, true);
    const bytes = peer.output.take();
    assert.equal(bytes.length, written);
    const frames: number[][] = [];
    for (let at = 0; at < bytes.length; at += 9 + bytes.readUIntBE(at, 3)) {
      frames.push([bytes.readUIntBE(at, 3), bytes[at + 3] as number, bytes[at + 4] as number]);
    }
    const rest = written - 27 - 32_768;
    assert.deepEqual(frames, [
      [16_384, FrameKind.headers, Flag.endStream],
      [16_384, FrameKind.continuation, 0],
      [rest, FrameKind.continuation, Flag.endHeaders],
    ]);
  });

  it('content in frames that the client takes, and no more than its windows allow', () => {
    const { peer, stream } = asked();
    peer.codec.respond(stream, 200, noFields, fixed, false);
    peer.frames();
    assert.equal(peer.codec.sendable(stream), 65_535);
    assert.equal(peer.codec.data(stream, Buffer.alloc(40_000), false), 40_027);
    assert.deepEqual(peer.frames(), ['data 1 16384', 'data 1 16384', 'data 1 7232']);
    assert.equal(peer.codec.sendable(stream), 25_535);
    assert.throws(() => peer.codec.data(stream, Buffer.alloc(25_536), true), RangeError);
    peer.codec.data(stream, Buffer.alloc(25_535), true);
    assert.deepEqual(peer.frames(), ['data 1 16384', 'data 1 9151 end']);
    assert.equal(peer.codec.openStreams, 0);
    // Nothing is sent on what is over.
    assert.equal(peer.codec.data(stream, Buffer.alloc(1), true), 0);
    assert.equal(peer.codec.respond(stream, 200, noFields, fixed, true), 0);
    assert.equal(peer.codec.trailers(stream, noFields), 0);
    peer.codec.reset(stream, Http2Code.cancel);
    assert.deepEqual(peer.frames(), []);
  });

  it('larger frames where the client takes them, and small and large pieces as they are', () => {
    const { peer, stream } = asked();
    peer.send(setting(Setting.maxFrameSize, 20_000));
    peer.codec.respond(stream, 200, noFields, fixed, false);
    peer.output.take();
    const content = Buffer.from(Array.from({ length: 30_000 }, (_, index) => index % 251));
    peer.codec.data(stream, content, false);
    peer.codec.data(stream, content.subarray(5, 10), true);
    const bytes = peer.output.take();
    assert.equal(bytes.readUIntBE(0, 3), 20_000);
    const sent = [bytes.subarray(9, 20_009), bytes.subarray(20_018, 30_018), bytes.subarray(30_027)];
    assert.ok(Buffer.concat(sent).equals(Buffer.concat([content, content.subarray(5, 10)])));
  });

  it('an end of its own where there is nothing more, without a window', () => {
    const { peer, stream } = asked();
    peer.codec.respond(stream, 200, noFields, fixed, false);
    peer.send(setting(Setting.initialWindowSize, 0));
    peer.frames();
    assert.equal(peer.codec.sendable(stream), 0);
    peer.codec.data(stream, Buffer.alloc(0), true);
    assert.deepEqual(peer.frames(), ['data 1 0 end']);
  });

  it('opens and shuts windows as SETTINGS and WINDOW_UPDATE say (RFC 9113 §6.9.2)', () => {
    const { peer, stream } = asked();
    peer.codec.respond(stream, 200, noFields, fixed, false);
    peer.codec.data(stream, Buffer.alloc(1000), false);
    peer.send(setting(Setting.initialWindowSize, 500));
    assert.deepEqual([stream.sendWindow, peer.codec.sendable(stream)], [-500, 0]);
    peer.send(window(1, 600), window(0, 5), setting(Setting.initialWindowSize, 600));
    assert.deepEqual(peer.events, ['window 1 100', 'window', 'window 1 200']);
    peer.send(headers(3));
    assert.equal(turnOf(peer).stream.sendWindow, 600);
  });

  it('writes no more content than windows allow, whatever comes', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('window'), size: fc.integer({ min: 1, max: 5000 }) }),
      fc.record({ kind: fc.constant('all'), size: fc.integer({ min: 1, max: 5000 }) }),
      fc.record({ kind: fc.constant('first'), size: fc.nat(70_000) }),
      fc.record({ kind: fc.constant('send'), size: fc.nat(70_000) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const { peer, stream } = asked();
        peer.codec.respond(stream, 200, noFields, fixed, false);
        let [all, own, first] = [65_535, 65_535, 65_535];
        for (const { kind, size } of steps) {
          if (kind === 'window') {
            peer.send(window(1, size));
            own += size;
          } else if (kind === 'all') {
            peer.send(window(0, size));
            all += size;
          } else if (kind === 'first') {
            peer.send(setting(Setting.initialWindowSize, size));
            own += size - first;
            first = size;
          } else {
            const piece = Math.min(size, peer.codec.sendable(stream));
            peer.codec.data(stream, Buffer.alloc(piece), false);
            all -= piece;
            own -= piece;
          }
          assert.equal(peer.codec.sendable(stream), Math.max(0, Math.min(all, own)));
        }
      }),
    );
  });

  it('gathers windows that it gives back, of the stream and of the connection', () => {
    const peer = Http2Peer.open({}, { streamWindow: 1000, connectionWindow: 65_535 });
    peer.send(post(1), data(1, 'x'.repeat(600)));
    const { stream } = turnOf(peer);
    peer.codec.consumed(stream, 499);
    assert.deepEqual(peer.frames(), []);
    peer.codec.consumed(stream, 1);
    assert.deepEqual(peer.frames(), ['windowUpdate 1 500']);
    // More than came is not given back.
    peer.codec.consumed(stream, 5000);
    peer.send(data(1, 'x'.repeat(900)));
    peer.events.length = 0;
    peer.send(data(1, 'x'));
    assert.deepEqual(peer.events, ['reset 1 flowControlError']);
  });

  it('holds the client to its windows', () => {
    const peer = Http2Peer.open({}, { streamWindow: 1000, connectionWindow: 65_535 });
    peer.send(post(1), data(1, 'x'.repeat(1000)), post(3));
    peer.events.length = 0;
    peer.send(data(1, 'x'));
    assert.deepEqual(peer.events, ['reset 1 flowControlError']);
    const wide = Http2Peer.open({}, { streamWindow: 100_000, connectionWindow: 65_535 });
    wide.send(post(1));
    for (let size = 0; size < 60_000; size += 10_000) wide.send(data(1, 'x'.repeat(10_000)));
    wide.send(data(1, 'x'.repeat(5535)));
    assert.throws(() => wide.send(data(1, 'x')), Http2Error);
    assert.match(wide.frames().at(-1) ?? '', /flowControlError/);
  });

  it('lets a client that does not know our SETTINGS yet send what is allowed by default', () => {
    const peer = new Http2Peer({}, { streamWindow: 1000, connectionWindow: 65_535 });
    peer.codec.start();
    peer.send(clientPreface, frame(FrameKind.settings, 0, 0), post(1), data(1, 'x'.repeat(5000)));
    peer.send(frame(FrameKind.settings, Flag.ack, 0), post(3));
    assert.deepEqual(
      peer.events.filter((event) => event.startsWith('reset')),
      [],
    );
    peer.send(data(3, 'x'.repeat(1001)));
    assert.equal(peer.events.at(-1), 'reset 3 flowControlError');
  });

  it('gives the connection back what came for a stream that nobody reads any more', () => {
    const peer = Http2Peer.open({}, { streamWindow: 65_535, connectionWindow: 65_535 });
    peer.send(post(1), data(1, 'x'.repeat(16_384)), data(1, 'x'.repeat(16_384)));
    peer.codec.reset(turnOf(peer).stream, Http2Code.noError);
    assert.deepEqual(peer.frames(), ['resetStream 1 noError', 'windowUpdate 0 32768']);
    peer.send(data(1, 'x'.repeat(16_384)), data(1, 'x'.repeat(16_384)));
    assert.deepEqual(peer.frames(), ['windowUpdate 0 32768']);
    peer.codec.consumed(turnOf(peer).stream, 32_768);
    assert.deepEqual(peer.frames(), []);
  });

  it('goes in two steps (http.md 296)', () => {
    const peer = Http2Peer.open();
    peer.send(headers(1));
    peer.codec.goaway(Http2Code.noError, false);
    peer.codec.ping();
    peer.send(headers(3));
    peer.send(frame(FrameKind.ping, Flag.ack, 0, Buffer.alloc(8)));
    peer.codec.goaway(Http2Code.noError, true);
    assert.deepEqual(peer.frames(), [
      `goaway 0 ${2 ** 31 - 1} noError`,
      `ping 0 ${'00'.repeat(8)}`,
      'goaway 0 3 noError',
    ]);
    assert.equal(peer.events.at(-1), 'acknowledged ping');
    peer.events.length = 0;
    // What comes now is ignored, but its section is read: HPACK goes on.
    const indexed = Buffer.from('\x82\x86\x84\x41\x06a.test\x40\x01x\x01y', 'latin1');
    peer.send(frame(FrameKind.headers, Flag.endHeaders, 5, indexed), data(5, 'x', Flag.endStream));
    assert.deepEqual([peer.events, peer.frames(), peer.codec.lastStream], [[], [], 3]);
    peer.codec.respond(turnOf(peer).stream, 200, noFields, fixed, true);
    assert.equal(peer.frames().length, 1);
  });

  it('refuses a request that the sink does not take', () => {
    const peer = Http2Peer.open({}, {}, { head: () => undefined });
    peer.send(headers(1), post(3), data(3, 'x'));
    assert.deepEqual(peer.frames(), ['resetStream 1 refusedStream', 'resetStream 3 refusedStream']);
    assert.deepEqual(peer.events, []);
  });

  it('opens no window of a stream that has ended', () => {
    const peer = Http2Peer.open({}, { streamWindow: 1000, connectionWindow: 65_535 });
    peer.send(post(1), data(1, 'x'.repeat(1000), Flag.endStream));
    peer.codec.consumed(turnOf(peer).stream, 1000);
    assert.deepEqual(peer.frames(), []);
  });

  it('tells nothing of content that comes in the middle of a reset, and gives its room back', () => {
    const peer = Http2Peer.open({}, { streamWindow: 65_535, connectionWindow: 65_535 });
    peer.send(post(1));
    const frames = Buffer.concat(
      Array.from({ length: 2 }, () => padded(FrameKind.data, 0, 1, Buffer.alloc(16_000), 99)),
    );
    peer.send(frames.subarray(0, 5000));
    peer.codec.reset(turnOf(peer).stream, Http2Code.noError);
    peer.events.length = 0;
    peer.send(frames.subarray(5000), data(1, 'x'.repeat(600)));
    assert.deepEqual(peer.events, []);
    // All of it with its padding: 16,100 bytes twice, and 600.
    assert.deepEqual(peer.frames(), ['resetStream 1 noError', 'windowUpdate 0 32800']);
  });

  it('tells no end that comes behind a reset', () => {
    const peer = Http2Peer.open();
    const last = data(1, 'xyz', Flag.endStream);
    peer.send(post(1), last.subarray(0, 10));
    peer.codec.reset(turnOf(peer).stream, Http2Code.noError);
    peer.send(last.subarray(10));
    assert.deepEqual(peer.events, ['head 1 POST /', 'body 1 x']);
  });

  it('takes an answer while the head is given, and a reset', () => {
    const peer: Http2Peer = Http2Peer.open(
      {},
      {},
      {
        head: (stream, head) => {
          if (head.method === 'POST') peer.codec.reset(stream, Http2Code.cancel);
          else peer.codec.respond(stream, 200, noFields, fixed, true);
          return { stream, id: stream.id };
        },
      },
    );
    peer.send(headers(1), post(3), data(3, 'x', Flag.endStream));
    peer.send(headers(5, [[':method', 'POST'], ...getFields.slice(1)]));
    assert.deepEqual(peer.events, ['end 1']);
    assert.deepEqual(peer.frames(), [
      'headers 1 :status=200 date=now server=galley end',
      'resetStream 3 cancel',
      'resetStream 5 cancel',
    ]);
    assert.equal(peer.codec.openStreams, 0);
  });

  it('tells that the client has reset, ends and goes', () => {
    const { peer } = asked();
    peer.send(
      frame(FrameKind.resetStream, 0, 1, numbers(Http2Code.cancel)),
      frame(FrameKind.goaway, 0, 0, numbers(0, 2)),
    );
    assert.deepEqual(peer.events, ['reset 1 cancel by the client', 'goaway 2']);
    peer.codec.end();
    const inside = Http2Peer.open();
    inside.send(post(1));
    assert.throws(() => inside.codec.end(), { code: 'body-incomplete' });
  });

  it('ends all streams with the connection', () => {
    const { peer, stream } = asked();
    assert.throws(() => peer.send(window(0, 0)), Http2Error);
    peer.frames();
    assert.equal(peer.codec.openStreams, 0);
    assert.equal(peer.codec.respond(stream, 200, noFields, fixed, true), 0);
    peer.codec.goaway(Http2Code.noError, true);
    peer.codec.reset(stream, Http2Code.cancel);
    peer.codec.consumed(stream, 5);
    assert.deepEqual(peer.frames(), []);
  });

  it('writes smaller tables where the client has them smaller (RFC 7541 §4.2)', () => {
    const { peer, stream } = asked();
    peer.send(setting(Setting.headerTableSize, 0));
    peer.frames();
    peer.codec.respond(stream, 200, noFields, fixed, true);
    const bytes = peer.output.take();
    assert.equal(bytes[9], 0x20);
  });
});

describe('answers that are not read', () => {
  it('stop the reading of requests where their heads are too many, until they are taken', () => {
    const peer = Http2Peer.open(
      {},
      {},
      {
        head: (stream) => {
          const written = peer.codec.respond(stream, 301, long, fixed, true);
          peer.output.unsent += written;
          return { stream, id: stream.id };
        },
      },
    );
    const long = HeaderList.of([['location', 'x'.repeat(4_000)]]);
    const requests = Buffer.concat(Array.from({ length: 100 }, (_, index) => headers(2 * index + 1)));
    const size = requests.length / 100;
    const read = peer.codec.receive(requests);
    assert.ok(peer.output.unsent > sendBufferSize && peer.output.unsent < sendBufferSize + 8_000);
    assert.equal(read % size, 0);
    assert.equal(peer.codec.receive(requests.subarray(read)), 0);
    peer.output.unsent = 0;
    assert.equal(peer.codec.isFull, false);
    assert.ok(peer.codec.receive(requests.subarray(read)) > 0);
  });
});
