import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { buildFrame, COMPRESSED, FINAL, Opcode } from './frame.ts';
import { FrameParser } from './frame-parser.ts';
import { WebSocketError } from './websocket-error.ts';

const mask = Buffer.from('a1b2c3d4', 'hex');

function framed(first: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  return Buffer.concat(buildFrame(first, payload, mask));
}

/** What a parser of masked frames tells of these chunks, and what it throws. */
function parsed(chunks: Buffer[], { isMasked = true, allowsCompression = false } = {}): unknown[] {
  const events: unknown[] = [];
  const parser = new FrameParser(
    {
      begin: (...head) => events.push(head),
      data: (bytes, start, end, isLast) => events.push([bytes.toString('latin1', start, end), isLast]),
    },
    (opcode, payload) => events.push([opcode, payload.toString('latin1')]),
    isMasked,
    allowsCompression,
  );
  try {
    for (const chunk of chunks) parser.receive(Buffer.from(chunk));
    events.push(parser.midFrame ? 'inside' : 'between');
  } catch (error) {
    if (!(error instanceof WebSocketError)) throw error;
    events.push(error.closeCode);
  }
  return events;
}

function hex(...texts: string[]): Buffer[] {
  return texts.map((text) => Buffer.from(text, 'hex'));
}

describe('FrameParser', () => {
  it('gives the payload of a data frame as it comes, unmasked', () => {
    const frame = framed(FINAL | Opcode.text, Buffer.from('abcdefg'));
    const chunks = [frame.subarray(0, 3), frame.subarray(3, 9), frame.subarray(9)];
    assert.deepEqual(parsed(chunks), [[1, true, false, 7], ['abc', false], ['defg', true], 'between']);
  });

  it('reads many frames of one chunk, empty ones too', () => {
    const frames = [
      framed(Opcode.binary),
      framed(FINAL | Opcode.ping, Buffer.from('x')),
      framed(FINAL, Buffer.from('y')),
    ];
    const events = [[2, false, false, 0], ['', true], [9, 'x'], [0, true, false, 1], ['y', true], 'between'];
    assert.deepEqual(parsed([Buffer.concat(frames)]), events);
  });

  it('gives a control frame whole, however it comes', () => {
    const frame = framed(FINAL | Opcode.pong, Buffer.alloc(125, 'p'));
    assert.deepEqual(parsed([...frame].map((byte) => Buffer.of(byte))), [[10, 'p'.repeat(125)], 'between']);
    assert.deepEqual(parsed([frame.subarray(0, -1)]), ['inside']);
  });

  it('reads lengths of 7, 16 and 64 bits', () => {
    for (const length of [0, 125, 126, 65_535, 65_536, 70_000]) {
      const text = 'x'.repeat(length);
      assert.deepEqual(parsed([framed(FINAL | Opcode.binary, Buffer.from(text))]), [
        [2, true, false, length],
        [text, true],
        'between',
      ]);
    }
    assert.deepEqual(parsed(hex('82ff7fffffffffffffff00000000')), [[2, true, false, 2 ** 63], 'inside']);
  });

  it('refuses lengths that are not in the shortest form, and the highest bit of 64', () => {
    for (const frame of ['82fe007d00000000', '82ff000000000000ffff00000000', '82ff800000000000000000000000']) {
      assert.deepEqual(parsed(hex(frame)), [1002], frame);
    }
  });

  it('wants every frame of a client masked and none of a server', () => {
    assert.deepEqual(parsed(hex('8100')), [1002]);
    assert.deepEqual(parsed(hex('8900')), [1002]);
    assert.deepEqual(parsed(hex('818000000000'), { isMasked: false }), [1002]);
    assert.deepEqual(parsed(hex('820161'), { isMasked: false }), [[2, true, false, 1], ['a', true], 'between']);
  });

  it('refuses reserved bits and opcodes at the second byte', () => {
    for (const bit of [0x10, 0x20, 0x40]) assert.deepEqual(parsed([Buffer.of(FINAL | 1 | bit, 0x85)]), [1002]);
    for (const opcode of [3, 4, 5, 6, 7, 11, 12, 13, 14, 15]) {
      assert.deepEqual(parsed([Buffer.of(FINAL | opcode, 0x80)]), [1002], String(opcode));
    }
  });

  it('allows RSV1 where compression was agreed on, for data frames alone', () => {
    const compression = { allowsCompression: true };
    assert.deepEqual(parsed([framed(FINAL | COMPRESSED | 1)], compression), [
      [1, true, true, 0],
      ['', true],
      'between',
    ]);
    assert.deepEqual(parsed([framed(FINAL | COMPRESSED | Opcode.ping)], compression), [1002]);
    assert.deepEqual(parsed([framed(FINAL | 0x20 | 1)], compression), [1002]);
  });

  it('refuses control frames that are fragmented or too long', () => {
    assert.deepEqual(parsed([framed(Opcode.ping)]), [1002]);
    assert.deepEqual(parsed([Buffer.of(FINAL | Opcode.ping, 0x80 | 126)]), [1002]);
    assert.deepEqual(parsed([framed(FINAL | Opcode.close, Buffer.alloc(126))]), [1002]);
  });
});
