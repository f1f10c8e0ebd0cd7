import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { frame, numbers } from '../../../test/support/http2-frames.ts';
import { block, data, fixed, getFields, Http2Peer, headers, noFields, post } from '../../../test/support/http2-peer.ts';
import { Flag, FrameKind, Http2Code } from './codes.ts';
import { Http2Error } from './http2-error.ts';
import type { Http2Stream } from './server-sink.ts';

const {
  headers: HEADERS,
  continuation: CONTINUATION,
  resetStream: RST_STREAM,
  windowUpdate: WINDOW_UPDATE,
  data: DATA,
} = FrameKind;

/** How many times `send` can be called before the connection is told to be calm; at most `most`. */
function callsBeforeCalm(peer: Http2Peer, most: number, send: (count: number) => void): number {
  for (let count = 0; count < most; count++) {
    try {
      send(count);
    } catch (error) {
      if (!(error instanceof Http2Error)) throw error;
      assert.equal(error.http2Code, Http2Code.enhanceYourCalm);
      assert.equal(error.code, 'http2-flood');
      assert.match(peer.frames().at(-1) ?? '', /^goaway 0 \d+ enhanceYourCalm$/);
      return count;
    }
  }
  return most;
}

const reset = (stream: number) => frame(RST_STREAM, 0, stream, numbers(Http2Code.cancel));
const small = {
  resets: { burst: 10, perSecond: 5 },
  controls: { burst: 20, perSecond: 5 },
  emptyFrames: { burst: 7, perSecond: 2 },
};

/** Gives the numbers of streams, one after the other. */
function streamNumbers(): () => number {
  let id = -1;
  return () => {
    id += 2;
    return id;
  };
}

function answerAll(peer: Http2Peer): void {
  for (const { stream } of peer.turns.splice(0)) peer.codec.respond(stream, 200, noFields, fixed, true);
}

describe('floods end with ENHANCE_YOUR_CALM', () => {
  it('Rapid Reset, and as many again when time has passed (http.md 281)', () => {
    const peer = Http2Peer.open({}, small);
    const next = streamNumbers();
    const again = () => {
      const id = next();
      peer.send(headers(id), reset(id));
    };
    for (let count = 0; count < 10; count++) again();
    peer.codec.tick(1000);
    assert.equal(callsBeforeCalm(peer, 100, again), 5);
    assert.equal(peer.codec.openStreams, 0);
  });

  it('Rapid Reset where answers are complete before it', () => {
    const peer = Http2Peer.open({}, small);
    const calls = callsBeforeCalm(peer, 100, (count) => {
      peer.send(headers(2 * count + 1));
      answerAll(peer);
      peer.send(reset(2 * count + 1));
    });
    assert.equal(calls, 10);
  });

  it('Rapid Reset within the default budget', () => {
    const peer = Http2Peer.open();
    const calls = callsBeforeCalm(peer, 100_000, (count) => peer.send(headers(2 * count + 1), reset(2 * count + 1)));
    assert.equal(calls, 200);
  });

  const madeYouReset: readonly (readonly [string, (id: number) => Buffer[]])[] = [
    ['a window of 0', (id) => [headers(id), frame(WINDOW_UPDATE, 0, id, numbers(0))]],
    ['a window that is too large', (id) => [headers(id), frame(WINDOW_UPDATE, 0, id, numbers(2 ** 31 - 1))]],
    ['DATA behind the end', (id) => [headers(id), data(id, 'x')]],
    ['HEADERS behind the end', (id) => [headers(id), headers(id)]],
    ['PRIORITY of another length', (id) => [headers(id), frame(FrameKind.priority, 0, id, Buffer.alloc(4))]],
    ['malformed requests', (id) => [headers(id, [['x', 'y']])]],
    ['malformed trailers', (id) => [post(id), headers(id, [['X', 'y']])]],
    ['a length that is wrong', (id) => [post(id, [['content-length', '1']]), data(id, 'xx')]],
    ['DATA behind RST_STREAM', (id) => [post(id), reset(id), data(id, 'x')]],
  ];
  for (const [what, frames] of madeYouReset) {
    it(`streams that we have to reset: ${what} (http.md 282)`, () => {
      const peer = Http2Peer.open({}, small);
      const calls = callsBeforeCalm(peer, 100, (count) => peer.send(...frames(2 * count + 1)));
      assert.equal(calls, what.endsWith('RST_STREAM') ? 5 : 10);
    });
  }

  it('streams above the limit', () => {
    const peer = Http2Peer.open({}, { ...small, maxStreams: 1 });
    peer.send(headers(1));
    const calls = callsBeforeCalm(peer, 100, (count) => peer.send(headers(2 * count + 3)));
    assert.equal(calls, 10);
  });

  it('streams behind the last one', () => {
    const peer = Http2Peer.open({}, small);
    peer.codec.goaway(Http2Code.noError, true);
    assert.equal(
      callsBeforeCalm(peer, 100, (count) => peer.send(headers(2 * count + 1))),
      20,
    );
  });

  it('CONTINUATION without an end, kept within the limit (http.md 283)', () => {
    const peer = Http2Peer.open({ maxHeadSize: 250 }, { maxSectionExcess: 500 });
    peer.send(frame(HEADERS, Flag.endStream, 1, block(getFields)));
    assert.equal(peer.codec.isInSection, true);
    const piece = frame(CONTINUATION, 0, 1, block([['a', 'b'.repeat(94)]]));
    const own = block(getFields).length;
    assert.equal(
      callsBeforeCalm(peer, 1000, () => peer.send(piece)),
      Math.floor((1000 - own) / 98),
    );
    assert.ok(peer.codec.buffered <= 1000);
  });

  it('heads that are too large, each with its 431 as long as that is no flood (http.md 251)', () => {
    const peer = Http2Peer.open({}, small);
    const large = (stream: number, size: number): Buffer[] => {
      const section = block([...getFields, ['x', 'y'.repeat(size)]]);
      const frames = [frame(HEADERS, Flag.endStream, stream, section.subarray(0, 16_000))];
      for (let at = 16_000; at < section.length; at += 16_000) {
        const flags = at + 16_000 >= section.length ? Flag.endHeaders : 0;
        frames.push(frame(CONTINUATION, flags, stream, section.subarray(at, at + 16_000)));
      }
      return frames;
    };
    const again = (count: number) => {
      peer.send(...large(2 * count + 1, 32_768));
      assert.deepEqual(peer.events.splice(0), [
        `malformed ${2 * count + 1} 431 header-too-large GET`,
        `end ${2 * count + 1}`,
      ]);
    };
    assert.equal(callsBeforeCalm(peer, 100, again), 10);
    const tooLarge = Http2Peer.open();
    assert.throws(() => tooLarge.send(...large(1, 65_600)), /a field section has more than 65536 bytes/);
  });

  it('a section is under way from its first byte to its last, and no longer', () => {
    const peer = Http2Peer.open();
    const section = block(getFields);
    const bytes = Buffer.concat([
      frame(HEADERS, 1, 1, section.subarray(0, 9)),
      frame(CONTINUATION, 4, 1, section.subarray(9)),
    ]);
    for (const [at, byte] of bytes.entries()) {
      peer.send(Buffer.from([byte]));
      assert.equal(peer.codec.isInSection, at < bytes.length - 1, `after byte ${at}`);
    }
    peer.send(post(3), data(3, 'xyz').subarray(0, 10));
    assert.equal(peer.codec.isInSection, false);
  });

  it('frames without content (http.md 284)', () => {
    const empty = [
      (peer: Http2Peer) => peer.send(frame(DATA, 0, 1)),
      (peer: Http2Peer) => peer.send(frame(DATA, Flag.padded, 1, Buffer.alloc(20, 19))),
    ];
    for (const send of empty) {
      const peer = Http2Peer.open({}, small);
      peer.send(post(1));
      assert.equal(
        callsBeforeCalm(peer, 100, () => send(peer)),
        7,
      );
    }
    const peer = Http2Peer.open({}, small);
    peer.send(frame(HEADERS, Flag.endStream, 1));
    assert.equal(
      callsBeforeCalm(peer, 100, () => peer.send(frame(CONTINUATION, 0, 1))),
      6,
    );
    const ends = Http2Peer.open({}, small);
    const whole = (count: number) => {
      ends.send(post(2 * count + 1), frame(DATA, Flag.endStream, 2 * count + 1));
      answerAll(ends);
    };
    assert.equal(callsBeforeCalm(ends, 100, whole), 100);
  });

  it('empty DATA that ends streams which are over (http.md 284)', () => {
    const peer = Http2Peer.open({}, small);
    const end = frame(DATA, Flag.endStream, 1);
    peer.send(post(1));
    peer.codec.reset(peer.turns[0]?.stream as Http2Stream, Http2Code.noError);
    // 2 were earned by the request.
    assert.equal(
      callsBeforeCalm(peer, 100, () => peer.send(end)),
      22,
    );
    const honest = Http2Peer.open({}, small);
    const whole = (count: number) => {
      honest.send(post(2 * count + 1));
      honest.codec.reset(honest.turns.at(-1)?.stream as Http2Stream, Http2Code.noError);
      honest.send(frame(DATA, Flag.endStream, 2 * count + 1));
    };
    assert.equal(callsBeforeCalm(honest, 100, whole), 100);
  });

  const controls: readonly (readonly [string, Buffer])[] = [
    ['SETTINGS', frame(FrameKind.settings, 0, 0)],
    ['acknowledgements of SETTINGS', frame(FrameKind.settings, Flag.ack, 0)],
    ['PING', frame(FrameKind.ping, 0, 0, Buffer.alloc(8))],
    ['answers to no PING', frame(FrameKind.ping, Flag.ack, 0, Buffer.alloc(8))],
    ['PRIORITY', frame(FrameKind.priority, 0, 5, Buffer.alloc(5))],
    ['PRIORITY_UPDATE', frame(FrameKind.priorityUpdate, 0, 0, Buffer.concat([numbers(1), Buffer.from('u=1')]))],
    ['WINDOW_UPDATE of 1 byte', frame(WINDOW_UPDATE, 0, 0, numbers(1))],
    ['GOAWAY', frame(FrameKind.goaway, 0, 0, Buffer.alloc(8))],
    ['unknown frames', frame(0x99, 0, 0)],
  ];
  for (const [what, control] of controls) {
    it(`${what} (http.md 285)`, () => {
      const peer = Http2Peer.open({}, small);
      assert.equal(
        callsBeforeCalm(peer, 100, () => peer.send(control)),
        20,
      );
    });
  }

  it('SETTINGS that change the windows of many streams', () => {
    const peer = Http2Peer.open({}, small);
    for (let id = 1; id < 64; id += 2) peer.send(headers(id));
    const change = (count: number): Buffer =>
      frame(FrameKind.settings, 0, 0, Buffer.concat([Buffer.from([0, 4]), numbers(count)]));
    // Each costs 1 and 32 / 8 more; 64 were earned by requests.
    assert.equal(
      callsBeforeCalm(peer, 100, (count) => peer.send(change(count))),
      (64 + 20 - 4) / 5,
    );
  });

  it('windows that dribble, but not those that content needs', () => {
    const dribble = Http2Peer.open({}, small);
    const sent = (peer: Http2Peer, bytes: number) => {
      const { stream } = peer.turns[0] ?? assert.fail();
      peer.send(frame(WINDOW_UPDATE, 0, 1, numbers(bytes)));
      peer.send(frame(WINDOW_UPDATE, 0, 0, numbers(bytes)));
      peer.codec.data(stream, Buffer.alloc(Math.min(peer.codec.sendable(stream), 16_384)), false);
    };
    dribble.send(headers(1));
    const { stream } = dribble.turns[0] ?? assert.fail();
    dribble.codec.respond(stream, 200, noFields, fixed, false);
    for (let size = 0; size < 65_535; size += 4369) dribble.codec.data(stream, Buffer.alloc(4369), false);
    assert.ok(callsBeforeCalm(dribble, 1000, () => sent(dribble, 1)) < 100);

    const honest = Http2Peer.open({}, small);
    honest.send(headers(1));
    honest.codec.respond(honest.turns[0]?.stream ?? assert.fail(), 200, noFields, fixed, false);
    assert.equal(
      callsBeforeCalm(honest, 1000, () => sent(honest, 2048)),
      1000,
    );
  });

  it('answers that nobody reads; content that nobody reads is none', () => {
    const ping = frame(FrameKind.ping, 0, 0, Buffer.alloc(8));
    const deaf = Http2Peer.open({}, { maxUnsentControl: 1000 });
    const count = callsBeforeCalm(deaf, 1000, () => {
      deaf.output.unsent += 17;
      deaf.send(ping);
    });
    assert.ok(count > 50 && count <= 2 * (1000 / 17), `${count}`);

    const slow = Http2Peer.open({}, { maxUnsentControl: 1000 });
    slow.send(headers(1));
    slow.codec.respond(slow.turns[0]?.stream ?? assert.fail(), 200, noFields, fixed, false);
    slow.codec.data(slow.turns[0]?.stream ?? assert.fail(), Buffer.alloc(50_000), false);
    slow.output.unsent = 50_000;
    assert.equal(
      callsBeforeCalm(slow, 50, () => slow.send(ping)),
      50,
    );
  });

  it('HPACK bombs cost no memory, and the connection goes on (http.md 286)', () => {
    const peer = Http2Peer.open();
    const value = 'b'.repeat(3000);
    const entry = Buffer.concat([
      Buffer.from([0x40, 1, 0x61, 127]),
      Buffer.from([((3000 - 127) & 127) | 128, (3000 - 127) >> 7]),
      Buffer.from(value),
    ]);
    const bomb = Buffer.concat([block(getFields), entry, Buffer.alloc(13_000, 0x80 | 62)]);
    peer.send(frame(HEADERS, 5, 1, bomb), headers(3));
    assert.deepEqual(peer.events, ['malformed 1 431 header-too-large GET', 'end 1', 'head 3 GET /', 'end 3']);
    assert.equal(peer.codec.buffered, 0);
  });

  it('HPACK bombs, again and again (http.md 286)', () => {
    const peer = Http2Peer.open({}, small);
    const bomb = block([...getFields, ...Array.from({ length: 150 }, () => ['a', 'b'.repeat(90)] as const)]);
    const calls = callsBeforeCalm(peer, 100, (count) => peer.send(frame(HEADERS, 5, 2 * count + 1, bomb)));
    assert.equal(calls, 10);
  });

  it('takes requests without end from a client that reads the answers', () => {
    const peer = Http2Peer.open({}, small);
    const honest = (count: number) => {
      const id = 2 * count + 1;
      peer.send(headers(id), frame(FrameKind.priority, 0, id, Buffer.alloc(5)));
      answerAll(peer);
      peer.send(frame(WINDOW_UPDATE, 0, 0, numbers(20)));
      peer.output.take();
    };
    assert.equal(callsBeforeCalm(peer, 2000, honest), 2000);
  });
});
