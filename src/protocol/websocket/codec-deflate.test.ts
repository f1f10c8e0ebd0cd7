import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { type CodecMessage, describeCodec, outcomeOf } from '../../../test/support/codec-contract.ts';
import { recordedCodec } from '../../../test/support/recorded-websocket-codec.ts';
import type { WebSocketLimits } from '../../core/limits.ts';
import { type Deflate, WebSocketCodec, type WebSocketSink } from './codec.ts';
import { buildFrame, COMPRESSED, FINAL, Opcode } from './frame.ts';

const limits: WebSocketLimits = { maxMessageSize: 5000, maxFrameSize: 5000, maxFragments: 8 };
const silent: WebSocketSink = { message() {}, ping() {}, pong() {}, close() {} };
const { text, binary, continuation } = Opcode;

const finishFlush = constants.Z_SYNC_FLUSH;

function zlibDeflate(windowBits = 15): Deflate {
  return {
    deflate: (bytes) => deflateRawSync(bytes, { finishFlush, windowBits }),
    inflate: (bytes, maxOutputLength) => inflateRawSync(bytes, { finishFlush, maxOutputLength }),
  };
}

function compressed(data: Uint8Array): Buffer {
  return deflateRawSync(data, { finishFlush }).subarray(0, -4);
}

function framed(first: number, payload: Uint8Array): Buffer {
  return Buffer.concat(buildFrame(first, payload, Buffer.of(9, 8, 7, 6)));
}

function eventsOf(...frames: Buffer[]): readonly unknown[] {
  return outcomeOf((recorder) => recordedCodec(recorder, 'server', limits, zlibDeflate()), frames).events;
}

/** A compressed message in one or two fragments, as a client may send it. */
const messages: fc.Arbitrary<CodecMessage> = fc
  .tuple(fc.string({ unit: 'binary', maxLength: 200 }), fc.option(fc.nat(300)), fc.boolean())
  .map(([string, cut, isText]) => {
    const bytes = Buffer.from(string);
    const payload = compressed(bytes);
    const first = COMPRESSED | (isText ? text : binary);
    const at = cut === null ? 0 : Math.min(cut, payload.length);
    const frames =
      cut === null
        ? [framed(FINAL | first, payload)]
        : [framed(first, payload.subarray(0, at)), framed(FINAL | continuation, payload.subarray(at))];
    return { bytes: Buffer.concat(frames), events: [[isText ? 'text' : 'binary', bytes.toString('latin1')]] };
  });

describeCodec('WebSocketCodec with permessage-deflate', {
  create: (recorder) => recordedCodec(recorder, 'server', limits, zlibDeflate()),
  messages,
  limits: [
    {
      name: 'the size of a message after decompression',
      at: framed(FINAL | COMPRESSED | binary, compressed(Buffer.alloc(5000))),
      beyond: framed(FINAL | COMPRESSED | binary, compressed(Buffer.alloc(5001))),
    },
  ],
  maxBuffered: limits.maxMessageSize + 131,
});

describe('WebSocketCodec with permessage-deflate', () => {
  it('reads the examples of RFC 7692 §7.2.3', () => {
    const examples = ['f248cdc9c90700', '000500faff48656c6c6f00', 'f348cdc9c9070000', 'f248050000 00ffffcac9c90700'];
    for (const example of examples) {
      const payload = Buffer.from(example.replaceAll(' ', ''), 'hex');
      assert.deepEqual(eventsOf(framed(FINAL | COMPRESSED | text, payload)), [['text', 'Hello']], example);
    }
    assert.deepEqual(eventsOf(framed(FINAL | COMPRESSED | text, Buffer.of(0))), [['text', '']]);
  });

  it('takes messages that are not compressed as well', () => {
    assert.deepEqual(eventsOf(framed(FINAL | text, Buffer.from('a'))), [['text', 'a']]);
  });

  it('refuses the mark of compression on a continuation', () => {
    const payload = compressed(Buffer.from('abc'));
    const events = eventsOf(
      framed(COMPRESSED | text, payload.subarray(0, 1)),
      framed(FINAL | COMPRESSED | continuation, payload.subarray(1)),
    );
    assert.deepEqual(events, [['fails', 1002]]);
  });

  it('gives the inflater the tail that senders leave out (RFC 7692 §7.2.2)', () => {
    let given: Uint8Array | undefined;
    const deflate: Deflate = { deflate: (bytes) => bytes, inflate: (bytes) => (given = bytes) };
    const codec = new WebSocketCodec('server', silent, limits, deflate);
    codec.receive(framed(FINAL | COMPRESSED | binary, Buffer.of(1, 2)));
    assert.deepEqual(given && [...given], [1, 2, 0, 0, 0xff, 0xff]);
  });

  it('refuses broken data and text that is not UTF-8 with 1007', () => {
    assert.deepEqual(eventsOf(framed(FINAL | COMPRESSED | binary, Buffer.from('ffff', 'hex'))), [['fails', 1007]]);
    assert.deepEqual(eventsOf(framed(FINAL | COMPRESSED | text, compressed(Buffer.of(0xff)))), [['fails', 1007]]);
    assert.equal(eventsOf(framed(FINAL | COMPRESSED | binary, compressed(Buffer.of(0xff)))).length, 1);
  });

  it('refuses a bomb with 1009', () => {
    assert.deepEqual(eventsOf(framed(FINAL | COMPRESSED | binary, compressed(Buffer.alloc(4_000_000)))), [
      ['fails', 1009],
    ]);
  });

  it('compresses what is long and gets shorter, and nothing else', () => {
    const codec = new WebSocketCodec('server', silent, limits, zlibDeflate());
    const firstByte = (data: Uint8Array) => codec.message(data, false)[0]![0]!;
    assert.equal(firstByte(Buffer.alloc(1024)), FINAL | binary);
    assert.equal(firstByte(Buffer.alloc(1025)), FINAL | COMPRESSED | binary);
    // What is compressed already does not get shorter.
    const noise = compressed(Buffer.from(Array.from({ length: 4000 }, (_, index) => index ** 2).join()));
    assert.ok(noise.length > 1024);
    assert.equal(firstByte(noise), FINAL | binary);
  });

  it('reads what the other role sends, with any window', () => {
    const contents = fc.tuple(fc.string({ unit: 'binary', maxLength: 50 }), fc.integer({ min: 1, max: 40 }));
    fc.assert(
      fc.property(contents, fc.integer({ min: 8, max: 15 }), ([part, times], windowBits) => {
        const data = Buffer.from(part.repeat(times)).subarray(0, limits.maxMessageSize);
        for (const isServer of [true, false]) {
          const mask = isServer ? undefined : () => Buffer.of(1, 2, 3, 4);
          const deflate = zlibDeflate(windowBits);
          const sender = new WebSocketCodec(isServer ? 'server' : 'client', silent, limits, deflate, mask);
          const { events } = outcomeOf(
            (recorder) => recordedCodec(recorder, isServer ? 'client' : 'server', limits, zlibDeflate()),
            [Buffer.concat(sender.message(data, false))],
          );
          assert.deepEqual(events, [['binary', data.toString('latin1')]]);
        }
      }),
    );
  });
});
