import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  type CodecMessage,
  type CodecOutcome,
  describeCodec,
  outcomeOf,
} from '../../../test/support/codec-contract.ts';
import { recordedCodec } from '../../../test/support/recorded-websocket-codec.ts';
import type { WebSocketLimits } from '../../core/limits.ts';
import { WebSocketCodec, type WebSocketSink } from './codec.ts';
import { buildFrame, FINAL, Opcode } from './frame.ts';
import { WebSocketError } from './websocket-error.ts';

const limits: WebSocketLimits = { maxMessageSize: 1000, maxFrameSize: 800, maxFragments: 8 };
const roomy: WebSocketLimits = { maxMessageSize: 2 ** 20, maxFrameSize: 2 ** 20, maxFragments: 2 ** 20 };
const silent: WebSocketSink = { message() {}, ping() {}, pong() {}, close() {} };
const { text, binary, continuation, close, ping, pong } = Opcode;

function framed(first: number, payload: Uint8Array | string = '', key: Uint8Array = Buffer.of(9, 8, 7, 6)): Buffer {
  return Buffer.concat(buildFrame(first, typeof payload === 'string' ? Buffer.from(payload) : payload, key));
}

/** The events of a server codec for these frames, its error as the last. */
function eventsOf(frames: Buffer[], given: WebSocketLimits = roomy): readonly unknown[] {
  return outcomeOf((recorder) => recordedCodec(recorder, 'server', given, undefined), frames).events;
}

function bytesOf(parts: Uint8Array[]): Buffer {
  return Buffer.concat(parts);
}

function hex(digits: string): Buffer {
  return Buffer.from(digits.replaceAll(' ', ''), 'hex');
}

const bytesArbitrary = fc.oneof(fc.uint8Array({ maxLength: 20 }), fc.uint8Array({ minLength: 120, maxLength: 140 }));
const keyArbitrary = fc.uint8Array({ minLength: 4, maxLength: 4 });
const controls = fc.array(
  fc
    .tuple(
      fc.constantFrom<['ping' | 'pong', number][]>(['ping', ping], ['pong', pong]),
      fc.uint8Array({ maxLength: 9 }),
    )
    .map(([[name, opcode], payload]) => ({
      bytes: framed(FINAL | opcode, payload),
      events: [[name, Buffer.from(payload).toString('latin1')]],
    })),
  { maxLength: 2 },
);

/** A message in fragments with control frames between them, as a client may send it. */
const messages: fc.Arbitrary<CodecMessage> = fc
  .tuple(
    fc.oneof(
      bytesArbitrary.map((bytes) => ({ opcode: binary as number, bytes: Buffer.from(bytes) })),
      fc.string({ unit: 'binary', maxLength: 40 }).map((string) => ({ opcode: text, bytes: Buffer.from(string) })),
    ),
    fc.array(fc.tuple(fc.nat(200), controls), { maxLength: 3 }),
    keyArbitrary,
  )
  .map(([{ opcode, bytes }, cuts, key]) => {
    const frames: Buffer[] = [];
    const events: unknown[] = [];
    let from = 0;
    for (const [cut, between] of cuts.toSorted(([a], [b]) => a - b)) {
      const to = Math.max(from, Math.min(cut, bytes.length));
      frames.push(framed(frames.length === 0 ? opcode : continuation, bytes.subarray(from, to), key));
      frames.push(...between.map((control) => control.bytes));
      events.push(...between.flatMap((control) => control.events));
      from = to;
    }
    frames.push(framed(FINAL | (frames.length === 0 ? opcode : continuation), bytes.subarray(from), key));
    return {
      bytes: Buffer.concat(frames),
      events: [...events, [opcode === text ? 'text' : 'binary', bytes.toString('latin1')]],
    };
  });

const inTwo = (size: number): Buffer =>
  Buffer.concat([framed(binary, Buffer.alloc(500)), framed(FINAL | continuation, Buffer.alloc(size - 500))]);
const inFragments = (count: number): Buffer =>
  Buffer.concat([framed(binary), ...new Array(count - 2).fill(framed(continuation)), framed(FINAL | continuation)]);

describeCodec('WebSocketCodec', {
  create: (recorder) => recordedCodec(recorder, 'server', limits, undefined),
  messages,
  limits: [
    { name: 'the size of a message', at: inTwo(1000), beyond: inTwo(1001) },
    {
      name: 'the size of a frame',
      at: framed(FINAL | binary, Buffer.alloc(800)),
      beyond: framed(FINAL | binary, Buffer.alloc(801)),
    },
    { name: 'the fragments of a message', at: inFragments(8), beyond: inFragments(9) },
  ],
  maxBuffered: limits.maxMessageSize + 131,
});

describe('WebSocketCodec as a receiver', () => {
  it('Autobahn 1: takes text and binary messages of every length form', () => {
    for (const size of [0, 125, 126, 127, 128, 65_535, 65_536]) {
      const payload = '*'.repeat(size);
      assert.deepEqual(eventsOf([framed(FINAL | text, payload)]), [['text', payload]]);
      assert.deepEqual(eventsOf([framed(FINAL | binary, payload)]), [['binary', payload]]);
    }
  });

  it('Autobahn 2: gives pings and pongs, also unsolicited ones, with up to 125 bytes', () => {
    const payload = '\xfe'.repeat(62);
    const bytes = Buffer.from(payload).toString('latin1');
    assert.deepEqual(eventsOf([framed(FINAL | ping, payload), framed(FINAL | pong), framed(FINAL | ping)]), [
      ['ping', bytes],
      ['pong', ''],
      ['ping', ''],
    ]);
  });

  it('Autobahn 3: refuses a reserved bit after it gave what came before', () => {
    const events = eventsOf([framed(FINAL | text, 'a'), framed(FINAL | 0x40 | text, 'b'), framed(FINAL | ping)]);
    assert.deepEqual(events, [
      ['text', 'a'],
      ['fails', 1002],
    ]);
  });

  it('Autobahn 5: gives control frames between fragments at once', () => {
    const frames = [framed(text, 'a'), framed(FINAL | ping, 'p'), framed(continuation, 'b'), framed(FINAL | pong)];
    assert.deepEqual(eventsOf([...frames, framed(FINAL | continuation, 'c')]), [
      ['ping', 'p'],
      ['pong', ''],
      ['text', 'abc'],
    ]);
  });

  it('Autobahn 5: refuses a continuation without a start and a start inside a message', () => {
    const wrong = [
      [framed(FINAL | continuation, 'a')],
      [framed(continuation, 'a')],
      [framed(text, 'a'), framed(FINAL | text, 'b')],
      [framed(text, 'a'), framed(FINAL | binary, 'b')],
    ];
    for (const frames of wrong) assert.deepEqual(eventsOf(frames), [['fails', 1002]]);
    assert.deepEqual(eventsOf([framed(text), framed(FINAL | continuation), framed(FINAL | continuation)]), [
      ['text', ''],
      ['fails', 1002],
    ]);
  });

  it('Autobahn 6: joins characters that fragments cut, and refuses text that is not UTF-8', () => {
    const word = Buffer.from('κόσμε');
    const [first, ...others] = [...word].map((byte) => Buffer.of(byte));
    const frames = [
      framed(text, first),
      ...others.map((byte) => framed(continuation, byte)),
      framed(FINAL | continuation),
    ];
    assert.deepEqual(eventsOf(frames), [['text', word.toString('latin1')]]);
    for (const wrong of ['ff', 'c080', 'eda080', 'f4908080', 'ceba e1bd b9cf 83ce bcce', 'e2 82']) {
      assert.deepEqual(eventsOf([framed(FINAL | text, hex(wrong))]), [['fails', 1007]], wrong);
      assert.deepEqual(eventsOf([framed(text, hex(wrong)), framed(FINAL | continuation)]), [['fails', 1007]], wrong);
      assert.equal(eventsOf([framed(FINAL | binary, hex(wrong))]).length, 1);
    }
  });

  it('Autobahn 6.4: refuses text at the first byte that cannot be right, inside a frame too', () => {
    const codec = new WebSocketCodec('server', silent, roomy, undefined);
    const frame = framed(FINAL | text, hex('cebae1bdb9cf83cebccebe f4908080 656469746564'));
    const isWrong = frame.length - 10 + 1;
    codec.receive(Buffer.from(frame.subarray(0, isWrong)));
    assert.throws(() => codec.receive(Buffer.from(frame.subarray(isWrong, isWrong + 1))), { closeCode: 1007 });
  });

  it('Autobahn 7: takes a close frame without payload, with a code, and with the longest reason', () => {
    assert.deepEqual(eventsOf([framed(FINAL | close)]), [['close', undefined, '']]);
    assert.deepEqual(eventsOf([framed(FINAL | close, hex('03e8'))]), [['close', 1000, '']]);
    const reason = '*'.repeat(119);
    const payload = Buffer.concat([hex('0fa0'), Buffer.from(`é${reason}é`)]);
    assert.deepEqual(eventsOf([framed(FINAL | close, payload)]), [['close', 4000, `é${reason}é`]]);
  });

  it('Autobahn 7: refuses a close frame with one byte, a code that must not be sent, or a reason that is not UTF-8', () => {
    assert.deepEqual(eventsOf([framed(FINAL | close, hex('03'))]), [['fails', 1002]]);
    for (const code of [0, 999, 1004, 1005, 1006, 1015, 1016, 2000, 2999, 5000, 65_535]) {
      const payload = Buffer.alloc(2);
      payload.writeUInt16BE(code);
      assert.deepEqual(eventsOf([framed(FINAL | close, payload)]), [['fails', 1002]], String(code));
    }
    assert.deepEqual(eventsOf([framed(FINAL | close, hex('03e8 ceba e1bd'))]), [['fails', 1007]]);
  });

  it('Autobahn 7.1: ignores whatever follows a close frame', () => {
    const after = [framed(FINAL | close), framed(FINAL | text, 'a'), hex('ffffffff'), framed(FINAL | close)];
    assert.deepEqual(eventsOf(after), [['close', undefined, '']]);
    assert.deepEqual(eventsOf([Buffer.concat(after)]), [['close', undefined, '']]);
    assert.deepEqual(eventsOf([framed(text, 'a'), framed(FINAL | close)]), [['close', undefined, '']]);
  });

  it('refuses a message as soon as a head shows that it is too big', () => {
    assert.deepEqual(eventsOf([framed(FINAL | binary, Buffer.alloc(801)).subarray(0, 8)], limits), [['fails', 1009]]);
    assert.deepEqual(
      eventsOf([framed(binary, Buffer.alloc(600)), framed(0, Buffer.alloc(401)).subarray(0, 8)], limits),
      [['fails', 1009]],
    );
    assert.deepEqual(eventsOf([hex('82ff7fffffffffffffff00000000')]), [['fails', 1009]]);
  });

  it('keeps memory for what has come, not for what a head announces', () => {
    const codec = new WebSocketCodec('server', silent, roomy, undefined);
    const frame = framed(FINAL | binary, Buffer.alloc(2 ** 20));
    codec.receive(frame.subarray(0, 114));
    assert.equal(codec.buffered, 100);
    assert.equal(codec.midMessage, true);
    codec.receive(frame.subarray(114));
    assert.equal(codec.buffered, 0);
    assert.equal(codec.midMessage, false);
    codec.receive(framed(FINAL | ping, 'abc').subarray(0, 8));
    assert.equal(codec.buffered, 8);
  });

  it('counts the limits of every message anew', () => {
    const frames = [0, 1, 2].flatMap(() => [inTwo(1000), inFragments(8)]);
    assert.equal(eventsOf(frames, limits).length, 6);
  });

  it('gives large messages that came in many pieces, each in memory of its own', () => {
    const given: Uint8Array[] = [];
    const codec = new WebSocketCodec('server', { ...silent, message: (data) => given.push(data) }, roomy, undefined);
    const sent = [1, 2].map((seed) => Buffer.from(Uint8Array.from({ length: 100_000 }, (_, index) => index * seed)));
    const fragments = (data: Buffer) => [
      framed(binary, data.subarray(0, 40_000)),
      framed(FINAL, data.subarray(40_000)),
    ];
    const wire = Buffer.concat(sent.flatMap((data) => [...fragments(data), framed(FINAL | binary, data)]));
    for (let at = 0; at < wire.length; at += 1_000) codec.receive(wire.subarray(at, at + 1_000));
    assert.equal(given.length, 4);
    for (const [index, data] of given.entries()) assert.ok(sent[index >> 1]!.equals(data), `message ${index} differs`);
  });

  it('gives a message that came in one chunk as a view of it', () => {
    let data: Uint8Array | undefined;
    const codec = new WebSocketCodec('server', { ...silent, message: (given) => (data = given) }, roomy, undefined);
    const chunk = Buffer.from(framed(FINAL | text, 'hello'));
    codec.receive(chunk);
    assert.equal(data?.buffer, chunk.buffer);
    assert.equal(Buffer.from(data!).toString(), 'hello');
  });

  it('throws at the end of a connection that no close frame came before', () => {
    const codec = new WebSocketCodec('server', silent, roomy, undefined);
    codec.receive(framed(FINAL | text, 'a'));
    assert.throws(() => codec.end(), { closeCode: 1006 });
    assert.throws(() => codec.receive(Buffer.alloc(0)), { closeCode: 1006 });
    const closed = new WebSocketCodec('server', silent, roomy, undefined);
    closed.receive(framed(FINAL | close));
    closed.end();
  });
});

describe('WebSocketCodec as a sender', () => {
  const fixedMask = () => hex('37fa213d');

  it('writes the examples of RFC 6455 §5.7', () => {
    const server = new WebSocketCodec('server', silent, roomy, undefined);
    const client = new WebSocketCodec('client', silent, roomy, undefined, fixedMask);
    assert.deepEqual(bytesOf(server.message(Buffer.from('Hello'), true)), hex('8105 48656c6c6f'));
    assert.deepEqual(bytesOf(client.message(Buffer.from('Hello'), true)), hex('8185 37fa213d 7f9f4d5158'));
    assert.deepEqual(bytesOf(server.ping(Buffer.from('Hello'))), hex('8905 48656c6c6f'));
    assert.deepEqual(bytesOf(client.pong(Buffer.from('Hello'))), hex('8a85 37fa213d 7f9f4d5158'));
    assert.deepEqual(bytesOf(server.message(Buffer.alloc(256), false)).subarray(0, 4), hex('827e0100'));
    assert.deepEqual(bytesOf(server.message(Buffer.alloc(65_536), false)).subarray(0, 10), hex('827f0000000000010000'));
  });

  it('closes with a code and a reason that it cuts at a character, or without', () => {
    const closed = (code: number | undefined, reason = '') =>
      bytesOf(new WebSocketCodec('server', silent, roomy, undefined).close(code, reason));
    assert.deepEqual(closed(undefined), hex('8800'));
    assert.deepEqual(closed(1012, 'é'), hex('8804 03f4 c3a9'));
    assert.equal(closed(1000, 'x'.repeat(124)).length, 127);
    const cut = closed(1000, `${'é'.repeat(61)}😀`);
    assert.equal(cut.subarray(4).toString(), 'é'.repeat(61));
  });

  it('refuses to send a code that must not be sent, and control frames of more than 125 bytes', () => {
    const codec = new WebSocketCodec('server', silent, roomy, undefined);
    for (const code of [1005, 1006, 1015, 99, 5000]) assert.throws(() => codec.close(code, ''), RangeError);
    assert.throws(() => codec.ping(Buffer.alloc(126)), RangeError);
    assert.throws(() => codec.pong(Buffer.alloc(126)), RangeError);
    assert.equal(codec.ping(Buffer.alloc(125)).length, 2);
  });

  it('sends nothing after its close frame', () => {
    const codec = new WebSocketCodec('server', silent, roomy, undefined);
    codec.close(1000, '');
    const nothing = [codec.message(Buffer.from('a'), true), codec.ping(Buffer.alloc(0)), codec.close(1001, '')];
    assert.deepEqual(nothing, [[], [], []]);
  });

  it('still builds the close frame after an error of the peer', () => {
    const codec = new WebSocketCodec('server', silent, roomy, undefined);
    assert.throws(() => codec.receive(hex('8100')), WebSocketError);
    assert.deepEqual(bytesOf(codec.close(1002, '')), hex('8802 03ea'));
  });

  it('wants a mask for a client and none for a server', () => {
    assert.throws(() => new WebSocketCodec('client', silent, roomy, undefined), TypeError);
    assert.throws(() => new WebSocketCodec('server', silent, roomy, undefined, fixedMask), TypeError);
  });

  it('reads what the other role sends', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(bytesArbitrary, keyArbitrary), { maxLength: 5 }), (sent) => {
        for (const [role, other] of [
          ['server', 'client'],
          ['client', 'server'],
        ] as const) {
          let key: Uint8Array = Buffer.alloc(4);
          const mask = role === 'client' ? () => key : undefined;
          const sender = new WebSocketCodec(role, silent, roomy, undefined, mask);
          const wire = sent.map(([bytes, nextKey]) => {
            key = nextKey;
            return bytesOf([...sender.message(bytes, false), ...sender.ping(bytes.subarray(0, 125))]);
          });
          wire.push(bytesOf(sender.close(3000, 'bye ‽')));
          const { events }: CodecOutcome = outcomeOf(
            (recorder) => recordedCodec(recorder, other, roomy, undefined),
            [Buffer.concat(wire)],
          );
          const expected = sent.flatMap(([bytes]) => {
            const latin1 = Buffer.from(bytes).toString('latin1');
            return [
              ['binary', latin1],
              ['ping', latin1.slice(0, 125)],
            ];
          });
          assert.deepEqual(events, [...expected, ['close', 3000, 'bye ‽']]);
        }
      }),
    );
  });
});
