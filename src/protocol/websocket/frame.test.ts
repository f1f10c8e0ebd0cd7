import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { buildFrame, FINAL, Opcode } from './frame.ts';

const first = FINAL | Opcode.binary;

describe('buildFrame', () => {
  it('writes the length in its shortest form', () => {
    const heads: [length: number, head: string][] = [
      [1, '8201'],
      [125, '827d'],
      [126, '827e007e'],
      [65_535, '827effff'],
      [65_536, '827f0000000000010000'],
    ];
    for (const [length, head] of heads) {
      const [bytes, payload] = buildFrame(first, new Uint8Array(length), undefined);
      assert.equal(Buffer.from(bytes!).toString('hex'), head);
      assert.equal(payload?.length, length);
    }
  });

  it('hands on the payload itself where it is not masked, and only the head where there is none', () => {
    const payload = Buffer.from('abc');
    assert.equal(buildFrame(first, payload, undefined)[1], payload);
    assert.deepEqual(buildFrame(first, Buffer.alloc(0), undefined), [Buffer.from('8200', 'hex')]);
  });

  it('masks a copy of the payload (the example of RFC 6455 §5.7)', () => {
    const payload = Buffer.from('Hello');
    const frame = buildFrame(FINAL | Opcode.text, payload, Buffer.from('37fa213d', 'hex'));
    assert.deepEqual(frame, [Buffer.from('818537fa213d7f9f4d5158', 'hex')]);
    assert.equal(payload.toString(), 'Hello');
  });
});
