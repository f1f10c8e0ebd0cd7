import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { emptyBody } from '../../core/body.ts';
import { ProtocolError } from '../../core/errors.ts';
import { HeaderList } from '../../core/headers.ts';
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
  flags: fc.constantFrom(0, Flag.end, Flag.hold, Flag.end | Flag.hold),
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
      [4, 6],
      [4, 0],
      [5, 4],
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

  it('carry a request head with its fields separated by LF and the body behind it', () => {
    const writer = new FrameWriter();
    const connection = Buffer.from('http\x00127.0.0.1\x005\x00127.0.0.1\x0080\n');
    writer.request(7, Flag.end, connection, 'GET\n1.1\n/x?y\n\n', HeaderList.of([['host', 'a']]), Buffer.from('body'));
    writer.request(8, Flag.end, connection, 'GET\n1.1\n/\n\n', HeaderList.empty, emptyBody);
    writer.cancel(7, CancelReason.deadline);
    const frames = received(taken(writer));
    const first = frames[0]!;
    const length = Buffer.from(first.payload, 'latin1').readUInt32LE(0);
    assert.equal(
      first.payload.slice(4, 4 + length),
      'http\x00127.0.0.1\x005\x00127.0.0.1\x0080\nGET\n1.1\n/x?y\n\nhost\na',
    );
    assert.equal(first.payload.slice(4 + length), 'body');
    assert.equal(frames[1]!.payload.slice(4), 'http\x00127.0.0.1\x005\x00127.0.0.1\x0080\nGET\n1.1\n/\n');
    assert.deepEqual(frames[2], { kind: Kind.cancel, flags: 0, stream: 7, payload: '\x02' });
  });
});

function responsePayload(status: number, fields: string, body = ''): Buffer {
  const head = `${fields}\n`;
  const bytes = Buffer.alloc(6);
  bytes.writeUInt32LE(head.length);
  bytes.writeUInt16LE(status, 4);
  return Buffer.concat([bytes, Buffer.from(head, 'latin1'), Buffer.from(body)]);
}

describe('readResponseFrame', () => {
  it('reads status, reason, headers and where the body begins', () => {
    const bytes = responsePayload(404, 'Not Here\nContent-Type\ttext'.replace('\t', '\n'), 'gone');
    const frame = readResponseFrame(bytes, 0, bytes.length);
    assert.equal(frame.status, 404);
    assert.equal(frame.reason, 'Not Here');
    assert.deepEqual([...frame.headers], [['content-type', 'text']]);
    assert.equal(bytes.toString('latin1', frame.bodyStart), 'gone');
  });

  it('reads a head without reason or headers', () => {
    const bytes = responsePayload(200, '');
    const frame = readResponseFrame(bytes, 0, bytes.length);
    assert.equal(frame.reason, '');
    assert.deepEqual([...frame.headers], []);
  });

  it('refuses what could split an answer in two', () => {
    for (const head of [
      '\nname\nva\rlue',
      '\nname\n\0',
      '\nna me\nvalue',
      '\n\nvalue',
      '\nname',
      'rea\rson',
      '\nname:\nvalue',
    ]) {
      const bytes = responsePayload(200, head);
      assert.throws(
        () => readResponseFrame(bytes, 0, bytes.length),
        { code: 'app-response-invalid' },
        JSON.stringify(head),
      );
    }
    const bytes = responsePayload(99, '');
    assert.throws(() => readResponseFrame(bytes, 0, bytes.length), { code: 'app-response-invalid' });
  });

  it('refuses a head that is longer than the frame or does not end with LF', () => {
    for (const length of [4, 2]) {
      const bytes = responsePayload(200, 'OK');
      bytes.writeUInt32LE(length);
      assert.throws(() => readResponseFrame(bytes, 0, bytes.length), { code: 'worker-protocol' });
    }
  });

  it('keeps an empty value and the order of duplicates', () => {
    const bytes = Buffer.from('a\n\nb\n1\nA\n2\n');
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
