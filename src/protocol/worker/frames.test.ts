import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { fakeExchange } from '../../../test/support/fake-exchange.ts';
import { emptyBody } from '../../core/body.ts';
import { ProtocolError } from '../../core/errors.ts';
import { FrameReader } from './frame-reader.ts';
import { FrameWriter } from './frame-writer.ts';
import { CancelReason, Flag, frameHeaderSize, Kind, maxPayloadSize } from './kinds.ts';
import { readFields, readResponseFrame } from './response-frame.ts';

interface Frame {
  kind: number;
  flags: number;
  stream: number;
  payload: string;
}

function reader(): { frames: Frame[]; codec: FrameReader } {
  const frames: Frame[] = [];
  const codec = new FrameReader({
    frame: (kind, flags, stream, bytes, start, end) =>
      frames.push({ kind, flags, stream, payload: bytes.toString('latin1', start, end) }),
  });
  return { frames, codec };
}

function received(bytes: Buffer, cuts: readonly number[] = []): Frame[] {
  const { frames, codec } = reader();
  let from = 0;
  for (const cut of [...cuts].sort((a, b) => a - b)) {
    codec.receive(bytes.subarray(from, cut));
    from = cut;
  }
  codec.receive(bytes.subarray(from));
  return frames;
}

function taken(writer: FrameWriter): Buffer {
  return Buffer.concat(writer.take());
}

const anyFrame = fc.record({
  kind: fc.constantFrom(...Object.values(Kind)),
  flags: fc.nat(63),
  stream: fc.nat(0xffffffff),
  payload: fc.uint8Array({ maxLength: 200 }),
});

describe('worker frames', () => {
  it('arrive as they were sent, however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(anyFrame, { maxLength: 8 }), fc.array(fc.nat(2000), { maxLength: 12 }), (sent, cuts) => {
        const writer = new FrameWriter();
        for (const { kind, flags, stream, payload } of sent) writer.frame(kind, flags, stream, payload);
        const bytes = taken(writer);
        const inside = cuts.map((cut) => Math.min(cut, bytes.length));
        assert.deepEqual(
          received(bytes, inside),
          sent.map((frame) => ({ ...frame, payload: Buffer.from(frame.payload).toString('latin1') })),
        );
      }),
    );
  });

  it('of any bytes parse or throw ProtocolError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        try {
          reader().codec.receive(Buffer.from(bytes));
        } catch (error) {
          assert.ok(error instanceof ProtocolError);
        }
      }),
    );
  });

  it('with a payload at the limit pass, one byte more is refused by both sides', () => {
    const writer = new FrameWriter();
    writer.frame(Kind.body, 0, 1, new Uint8Array(maxPayloadSize));
    assert.equal(received(taken(writer))[0]?.payload.length, maxPayloadSize);
    assert.throws(() => writer.frame(Kind.body, 0, 1, new Uint8Array(maxPayloadSize + 1)), RangeError);
    const header = Buffer.alloc(frameHeaderSize);
    header.writeUInt32LE(maxPayloadSize + 1);
    header[4] = Kind.body;
    assert.throws(() => received(header), ProtocolError);
  });

  it('of an unknown kind, flag or reserved bit end the connection for good', () => {
    for (const [offset, value] of [
      [4, 10],
      [4, 0],
      [5, 64],
      [6, 1],
      [7, 1],
    ] as const) {
      const writer = new FrameWriter();
      writer.frame(Kind.body, 0, 1, emptyBody);
      const bytes = taken(writer);
      bytes[offset] = value;
      const { codec } = reader();
      assert.throws(() => codec.receive(bytes), ProtocolError);
      assert.throws(() => codec.receive(Buffer.alloc(0)), ProtocolError);
    }
  });

  it('cut off by the end of the connection are an error', () => {
    const writer = new FrameWriter();
    writer.window(3, 5);
    const { codec } = reader();
    codec.receive(taken(writer).subarray(0, 14));
    assert.equal(codec.buffered, 14);
    assert.throws(() => codec.end(), ProtocolError);
  });

  it('stay whole when many are gathered over several slabs and large bodies', () => {
    const writer = new FrameWriter();
    const bodies = Array.from({ length: 60 }, (_, index) => Buffer.alloc(index * 900, 97 + (index % 26)));
    for (const [index, body] of bodies.entries()) writer.body(index + 1, body, false);
    const frames = received(taken(writer));
    assert.deepEqual(
      frames.map((frame) => frame.payload),
      bodies.map((body) => body.toString('latin1')),
    );
    assert.ok(writer.isEmpty);
  });

  it('carry a request head as Python marshals it, and the body behind it', () => {
    const request = fakeExchange('/x?y').request;
    const writer = new FrameWriter();
    writer.request(7, Flag.end, item('s', 'peers'), request, Buffer.from('body'));
    writer.cancel(7, CancelReason.deadline);
    const frames = received(taken(writer));
    const { payload } = frames[0]!;
    const length = Buffer.from(payload, 'latin1').readUInt32LE(0);
    const expected = [
      sized('(', 7),
      item('s', 'peers'),
      item('a', 'GET'),
      item('a', '1.1'),
      item('a', '/x'),
      item('s', '/x'),
      item('s', 'y'),
      list(['host', 'test']),
    ];
    assert.equal(payload.slice(4, 4 + length), Buffer.concat(expected).toString('latin1'));
    assert.equal(payload.slice(4 + length), 'body');
    assert.deepEqual(frames[1], { kind: Kind.cancel, flags: 0, stream: 7, payload: '\x02' });
  });
});

function sized(code: string, size: number): Buffer {
  const bytes = Buffer.from(`${code}\0\0\0\0`);
  bytes.writeUInt32LE(size, 1);
  return bytes;
}

function item(code: string, text: string): Buffer {
  return Buffer.concat([sized(code, text.length), Buffer.from(text, 'latin1')]);
}

/** A marshalled list of pairs of byte strings. */
function list(...pairs: [name: string, value: string][]): Buffer {
  const fields = pairs.map(([name, value]) => [sized('(', 2), item('s', name), item('s', value)]);
  return Buffer.concat([sized('[', pairs.length), ...fields.flat()]);
}

function responsePayload(status: number, reason: string, fields: Buffer, body = ''): Buffer {
  const head = Buffer.concat([Buffer.from([reason.length]), Buffer.from(reason, 'latin1'), fields]);
  const bytes = Buffer.alloc(6);
  bytes.writeUInt32LE(head.length);
  bytes.writeUInt16LE(status, 4);
  return Buffer.concat([bytes, head, Buffer.from(body)]);
}

describe('readResponseFrame', () => {
  it('reads status, reason, headers and where the body begins', () => {
    const bytes = responsePayload(404, 'Not Here', list(['Content-Type', 'text']), 'gone');
    const frame = readResponseFrame(bytes, 0, bytes.length);
    assert.equal(frame.status, 404);
    assert.equal(frame.reason, 'Not Here');
    assert.deepEqual([...frame.headers], [['content-type', 'text']]);
    assert.equal(bytes.toString('latin1', frame.bodyStart), 'gone');
  });

  it('reads a head without reason or headers', () => {
    const bytes = responsePayload(200, '', list());
    const frame = readResponseFrame(bytes, 0, bytes.length);
    assert.equal(frame.reason, '');
    assert.deepEqual([...frame.headers], []);
  });

  it('refuses what could split an answer in two', () => {
    const refused: [reason: string, fields: Buffer][] = [
      ['rea\rson', list()],
      ['', list(['name', 'va\rlue'])],
      ['', list(['name', 'va\nlue'])],
      ['', list(['name', '\0'])],
      ['', list(['na me', 'value'])],
      ['', list(['name:', 'value'])],
      ['', list(['', 'value'])],
    ];
    for (const [reason, fields] of refused) {
      const bytes = responsePayload(200, reason, fields);
      const message = bytes.toString('latin1');
      assert.throws(() => readResponseFrame(bytes, 0, bytes.length), { code: 'app-response-invalid' }, message);
    }
    const bytes = responsePayload(99, '', list());
    assert.throws(() => readResponseFrame(bytes, 0, bytes.length), { code: 'app-response-invalid' });
  });

  it('refuses headers that are no pairs of byte strings', () => {
    const pair = Buffer.concat([sized('(', 2), item('s', 'a'), item('s', 'b')]);
    for (const fields of [
      Buffer.alloc(0),
      sized('[', 1),
      Buffer.concat([sized('[', 2), pair]),
      Buffer.concat([sized('[', 0), pair]),
      Buffer.concat([sized('[', 1), sized('(', 3), item('s', 'a'), item('s', 'b'), item('s', 'c')]),
      Buffer.concat([sized('[', 1), sized('(', 2), item('u', 'a'), item('s', 'b')]),
      Buffer.concat([sized('[', 1), sized('(', 2), item('s', 'a'), sized('s', 1000)]),
      Buffer.concat([sized('[', 1), item('s', 'ab')]),
      Buffer.concat([sized('{', 1), pair]),
    ]) {
      const bytes = responsePayload(200, '', fields, 'body');
      assert.throws(() => readResponseFrame(bytes, 0, bytes.length), { code: 'app-response-invalid' });
    }
  });

  it('of any bytes reads an answer or throws ProtocolError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(40), (fields, cut) => {
        const whole = responsePayload(200, 'OK', Buffer.concat([list(['a', 'b']).subarray(0, cut), fields]));
        try {
          readResponseFrame(whole, 0, whole.length);
        } catch (error) {
          assert.ok(error instanceof ProtocolError, String(error));
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('refuses a head that is longer than the frame', () => {
    for (const [offset, value] of [
      [0, 60],
      [6, 200],
    ] as const) {
      const bytes = responsePayload(200, 'OK', list());
      bytes[offset] = value;
      assert.throws(() => readResponseFrame(bytes, 0, bytes.length), { code: 'worker-protocol' });
    }
  });

  it('takes lists for tuples, and keeps an empty value and the order of duplicates', () => {
    const bytes = list(['a', ''], ['b', '1'], ['A', '2']);
    bytes[5] = 0x5b;
    assert.deepEqual(
      [...readFields(bytes, 0, bytes.length)],
      [
        ['a', ''],
        ['b', '1'],
        ['a', '2'],
      ],
    );
  });
});
