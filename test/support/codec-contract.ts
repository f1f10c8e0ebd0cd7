import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ProtocolError } from '../../src/core/errors.ts';

/** The receiving half of a codec, as the laws see it. */
export interface CodecUnderTest {
  receive(chunk: Buffer): void;
  end(): void;
  readonly buffered: number;
}

/** What a codec under test tells its events to; consecutive body pieces are joined, for where they are cut is no event. */
export class CodecRecorder {
  readonly events: unknown[] = [];
  readonly #views: { view: Uint8Array; copy: Buffer }[] = [];
  #chunk: Buffer = Buffer.alloc(0);
  #body: string | undefined;

  event(event: unknown): void {
    if (this.#body !== undefined) this.events.push(['body', this.#body]);
    this.#body = undefined;
    this.events.push(event);
  }

  body(view: Uint8Array): void {
    const { buffer, byteOffset, length } = this.#chunk;
    assert.ok(view.length > 0, 'a body event is empty');
    assert.ok(
      view.buffer === buffer && view.byteOffset >= byteOffset && view.byteOffset + view.length <= byteOffset + length,
      'a body event is not a view of the received chunk',
    );
    const copy = Buffer.from(view);
    this.#views.push({ view, copy });
    this.#body = (this.#body ?? '') + copy.toString('latin1');
  }

  /** Says which chunk is being received. */
  receiving(chunk: Buffer): void {
    this.#chunk = chunk;
  }

  /** Ends the recording: the last body event is complete, and no view has changed since it was given. */
  finish(): void {
    if (this.#body !== undefined) this.events.push(['body', this.#body]);
    this.#body = undefined;
    for (const { view, copy } of this.#views) assert.ok(copy.equals(view), 'a body view changed');
  }
}

/** One message as its sender encodes it, and the events that the receiver gives for it. */
export interface CodecMessage {
  readonly bytes: Buffer;
  readonly events: readonly unknown[];
}

/** What the laws need to know of one codec. */
export interface CodecContract {
  /** A fresh codec that tells the recorder what it reads, and goes on by itself where it would pause. */
  create(recorder: CodecRecorder): CodecUnderTest;
  readonly messages: fc.Arbitrary<CodecMessage>;
  /** For each limit, bytes that are exactly at it and bytes with one more. */
  readonly limits: readonly { readonly name: string; readonly at: Buffer; readonly beyond: Buffer }[];
  /** The most bytes that the codec may keep. */
  readonly maxBuffered: number;
}

/** What reading some pieces led to: the events, and the code of the error that ended it. */
export interface CodecOutcome {
  readonly events: readonly unknown[];
  readonly code: string | undefined;
}

/** Lets a fresh codec receive the pieces and the end. Anything but ProtocolError is thrown on. */
export function outcomeOf(
  create: CodecContract['create'],
  pieces: Iterable<Buffer>,
  maxBuffered: number = Number.POSITIVE_INFINITY,
): CodecOutcome {
  const recorder = new CodecRecorder();
  const codec = create(recorder);
  let code: string | undefined;
  try {
    for (const piece of pieces) {
      recorder.receiving(piece);
      codec.receive(piece);
      assert.ok(codec.buffered <= maxBuffered, `${codec.buffered} bytes are buffered, ${maxBuffered} may be`);
    }
    codec.end();
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    code = error.code;
    assert.throws(() => codec.receive(Buffer.from('x')), ProtocolError, 'a codec went on after an error');
    assert.throws(() => codec.end(), ProtocolError, 'a codec ended well after an error');
  }
  recorder.finish();
  return { events: recorder.events, code };
}

/** The laws that hold for every codec, as tests. */
export function describeCodec(name: string, { create, messages, limits, maxBuffered }: CodecContract): void {
  const conversations = fc.array(messages, { minLength: 1, maxLength: 3 });
  const outcome = (pieces: Iterable<Buffer>): CodecOutcome => outcomeOf(create, pieces, maxBuffered);

  describe(`${name} as a codec`, () => {
    it('receives what the other side sends, as views of the chunks', () => {
      fc.assert(
        fc.property(conversations, (sent) => {
          const received = outcome([Buffer.concat(sent.map(({ bytes }) => bytes))]);
          assert.deepEqual(received, { events: sent.flatMap(({ events }) => events), code: undefined });
        }),
      );
    });

    it('gives the same events for any cut of the same bytes', () => {
      const edits = fc.array(fc.tuple(fc.nat(), fc.constantFrom('insert', 'replace', 'remove'), anyByte), {
        maxLength: 3,
      });
      fc.assert(
        fc.property(conversations, edits, fc.array(fc.nat(), { maxLength: 8 }), (sent, changes, cuts) => {
          const bytes = changes.reduce(edited, Buffer.concat(sent.map((message) => message.bytes)));
          const whole = outcome([bytes]);
          assert.deepEqual(outcome(piecesOf(bytes, cuts)), whole);
          assert.deepEqual(outcome(piecesOf(bytes, bytes.keys())), whole);
        }),
      );
    });

    it('parses any bytes or throws ProtocolError, and is of no use afterwards', () => {
      fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void outcome([Buffer.from(bytes)])));
    });

    it('throws at an end inside a message', () => {
      fc.assert(
        fc.property(messages, fc.nat(), ({ bytes }, at) => {
          const part = bytes.subarray(0, 1 + (at % (bytes.length - 1)));
          assert.notEqual(outcome([part]).code, undefined);
        }),
      );
    });

    for (const { name: limit, at, beyond } of limits) {
      it(`takes ${limit} exactly at the limit and refuses one more`, () => {
        for (const cut of [false, true]) {
          assert.equal(outcome(cut ? piecesOf(at, at.keys()) : [at]).code, undefined);
          assert.notEqual(outcome(cut ? piecesOf(beyond, beyond.keys()) : [beyond]).code, undefined);
        }
      });
    }
  });
}

// What tends to mean something in a protocol comes more often than chance would have it.
const anyByte = fc.oneof(fc.constantFrom(...Buffer.from('\0\t\n\r ,:;0fF\x7f\xff', 'latin1')), fc.nat(255));

function edited(bytes: Buffer, [where, kind, byte]: [number, string, number]): Buffer {
  const at = where % (bytes.length + 1);
  const kept = bytes.subarray(kind === 'insert' ? at : at + 1);
  return Buffer.concat([bytes.subarray(0, at), Buffer.from(kind === 'remove' ? [] : [byte]), kept]);
}

function* piecesOf(bytes: Buffer, cuts: Iterable<number>): Iterable<Buffer> {
  let from = 0;
  for (const cut of [...cuts].map((at) => at % (bytes.length + 1)).sort((a, b) => a - b)) {
    yield bytes.subarray(from, cut);
    from = cut;
  }
  yield bytes.subarray(from);
}
