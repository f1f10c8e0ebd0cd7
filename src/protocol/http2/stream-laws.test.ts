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
} from '../../../test/support/http2-peer.ts';
import { Flag, FrameKind, Http2Code } from './codes.ts';
import { Http2Error } from './http2-error.ts';

const streamWindow = 2000;
const connectionWindow = 65_535;
const unlimited = { burst: 1e6, perSecond: 0 };
const http2 = {
  streamWindow,
  connectionWindow,
  maxStreams: 5,
  resets: unlimited,
  controls: unlimited,
  emptyFrames: unlimited,
};

/** Something that the client sends on the `stream`-th of its latest streams, or that we do there; HEADERS open the next one. */
interface Step {
  readonly kind: (typeof kinds)[number];
  readonly stream: number;
  readonly size: number;
  readonly isEnd: boolean;
}

const clientKinds = ['headers', 'data', 'padded', 'trailers', 'rst', 'window', 'windowOfAll', 'priority'] as const;
const serverKinds = ['respond', 'send', 'reset', 'consume', 'consume'] as const;
const kinds = [...clientKinds, ...serverKinds, 'headers', 'data', 'data'] as const;

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    kind: fc.constantFrom(...kinds),
    stream: fc.nat(4),
    size: fc.nat(3000),
    isEnd: fc.boolean(),
  }),
  { maxLength: 200, size: 'max' },
);

/** What a turn was told, and what the sink may not hear. */
class Told {
  readonly turns: Map<number, { isEnded: boolean; isReset: boolean; unread: number }> = new Map();

  at(id: number, what: string): { isEnded: boolean; isReset: boolean; unread: number } {
    const turn = this.turns.get(id) ?? assert.fail(`${what} of ${id}, which has no head`);
    assert.equal(turn.isReset, false, `${what} of ${id} behind its reset`);
    return turn;
  }
}

/** A client that keeps to the windows that it has, a server that does anything, and what both know of each other. */
class Conversation {
  readonly told = new Told();
  readonly peer: Http2Peer;
  readonly #turns: Map<number, PeerTurn> = new Map();
  /** What the client may still send, by stream; 0 is the connection. */
  readonly #windows: Map<number, number> = new Map([[0, connectionWindow]]);
  /** Streams on which the client may send more content. */
  readonly #open: Set<number> = new Set();
  #lastStream = -1;

  constructor() {
    const { told } = this;
    this.peer = Http2Peer.open({}, http2, {
      head: (stream) => {
        assert.equal(told.turns.has(stream.id), false, `a second head of ${stream.id}`);
        told.turns.set(stream.id, { isEnded: false, isReset: false, unread: 0 });
        const turn = { stream, id: stream.id };
        this.#turns.set(stream.id, turn);
        return turn;
      },
      body: ({ id }, bytes) => {
        const turn = told.at(id, 'body');
        assert.equal(turn.isEnded, false, `body of ${id} behind its end`);
        turn.unread += bytes.length;
      },
      end: ({ id, stream }) => {
        const turn = told.at(id, 'end');
        assert.equal(turn.isEnded, false, `a second end of ${id}`);
        assert.equal(stream.isReceiveClosed, true);
        turn.isEnded = true;
      },
      reset: ({ id, stream }) => {
        told.at(id, 'reset').isReset = true;
        assert.ok(stream.isReceiveClosed && stream.isSendClosed);
      },
      windowOpened: ({ id }) => void told.at(id, 'window'),
      prioritized: ({ id }) => void told.at(id, 'priority'),
    });
  }

  /** Throws Http2Error where the client has done what ends connections. */
  take({ kind, stream, size, isEnd }: Step): void {
    const id = kind === 'headers' ? this.#lastStream + 2 : Math.max(this.#lastStream - 2 * stream, 1);
    const turn = this.#turns.get(id);
    const end = isEnd ? Flag.endStream : 0;
    const { peer } = this;
    if (kind === 'headers') {
      this.#lastStream = id;
      this.#windows.set(id, streamWindow);
      if (!isEnd) this.#open.add(id);
      peer.send(headers(id, getFields, end));
    } else if (kind === 'data' || kind === 'padded') {
      const padding = kind === 'padded' ? size % 256 : 0;
      const length = size + (kind === 'padded' ? padding + 1 : 0);
      const own = this.#windows.get(id) ?? 0;
      const all = this.#windows.get(0) ?? 0;
      if (!this.#open.has(id) || length > own || length > all) return;
      this.#windows.set(id, own - length);
      this.#windows.set(0, all - length);
      if (isEnd) this.#open.delete(id);
      const content = Buffer.alloc(size);
      peer.send(kind === 'data' ? data(id, content, end) : padded(FrameKind.data, end, id, content, padding));
    } else if (kind === 'trailers') {
      if (this.#open.delete(id)) peer.send(headers(id, [['a', 'b']]));
    } else if (kind === 'rst') {
      this.#open.delete(id);
      if (this.#lastStream > 0) peer.send(frame(FrameKind.resetStream, 0, id, numbers(Http2Code.cancel)));
    } else if (kind === 'window') {
      if (this.#lastStream > 0) peer.send(frame(FrameKind.windowUpdate, 0, id, numbers(size)));
    } else if (kind === 'windowOfAll') {
      peer.send(frame(FrameKind.windowUpdate, 0, 0, numbers(size + 1)));
    } else if (kind === 'priority') {
      peer.send(frame(FrameKind.priority, 0, id, Buffer.alloc(5)));
    } else if (turn) this.#serve(kind, turn, size, isEnd);
  }

  #serve(kind: string, { id, stream }: PeerTurn, size: number, isEnd: boolean): void {
    const { codec } = this.peer;
    const told = this.told.turns.get(id) ?? assert.fail();
    if (kind === 'respond') codec.respond(stream, 200, noFields, fixed, isEnd);
    else if (kind === 'send') codec.data(stream, Buffer.alloc(Math.min(size, codec.sendable(stream))), isEnd);
    else if (kind === 'consume') {
      codec.consumed(stream, Math.min(size, told.unread));
      told.unread -= Math.min(size, told.unread);
    } else if (!(stream.isSendClosed && stream.isReceiveClosed)) {
      codec.reset(stream, Http2Code.noError);
      told.isReset = true;
    }
  }

  /** What the client learns from our frames, and whether both agree on what is open. */
  check(): void {
    for (const text of this.peer.frames()) {
      const [kind, stream, value] = text.split(' ');
      if (kind === 'windowUpdate') {
        this.#windows.set(Number(stream), (this.#windows.get(Number(stream)) ?? 0) + Number(value));
      } else if (kind === 'resetStream') this.#open.delete(Number(stream));
      assert.doesNotMatch(text, /flowControlError/);
    }
    const open = [...this.#turns.values()].filter(({ stream }) => !(stream.isSendClosed && stream.isReceiveClosed));
    assert.equal(this.peer.codec.openStreams, open.length);
    assert.ok(open.length <= http2.maxStreams);
  }

  /** All is read: the client can have back all of its window. */
  finish(): void {
    const { codec } = this.peer;
    for (const { id, stream } of this.#turns.values()) codec.consumed(stream, this.told.turns.get(id)?.unread ?? 0);
    this.check();
    for (const { id, stream } of this.#turns.values()) {
      if (!stream.isReceiveClosed)
        assert.ok((this.#windows.get(id) ?? 0) > streamWindow / 2, `window of ${id} was lost`);
      codec.reset(stream, Http2Code.noError);
    }
    this.check();
    for (let id = 1001, isFull = false; !isFull; id += 2) {
      const left = (this.#windows.get(0) ?? 0) - 1000;
      this.#windows.set(0, left);
      this.peer.send(headers(id, getFields, 0), data(id, Buffer.alloc(1000), Flag.endStream));
      const { stream } = this.#turns.get(id) ?? assert.fail();
      codec.consumed(stream, 1000);
      codec.respond(stream, 200, noFields, fixed, true);
      this.check();
      isFull = (this.#windows.get(0) ?? 0) > left;
    }
    assert.equal(this.#windows.get(0), connectionWindow);
  }
}

describe('streams of a server codec, whatever both sides do', () => {
  it('tell their story in order, count themselves, and lose no window', () => {
    fc.assert(
      fc.property(steps, (taken) => {
        const conversation = new Conversation();
        try {
          for (const step of taken) {
            conversation.take(step);
            // What we say is on its way for a while.
            if (step.size % 3 === 0) conversation.check();
          }
        } catch (error) {
          if (!(error instanceof Http2Error)) throw error;
          assert.equal(conversation.peer.codec.openStreams, 0);
          assert.notEqual(error.http2Code, Http2Code.flowControlError);
          return;
        }
        conversation.finish();
      }),
      { numRuns: 300 },
    );
  });
});
