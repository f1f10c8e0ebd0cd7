import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { applyMask, maskingKey, rotatedKey } from './mask.ts';

describe('applyMask', () => {
  it('masks every byte of the range with its byte of the key, and no other byte', () => {
    const ranges = fc.tuple(fc.nat(9), fc.oneof(fc.nat(20), fc.integer({ min: 120, max: 300 })), fc.nat(9));
    const key = fc.uint8Array({ minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(ranges, key, ([before, length, after], keyBytes) => {
        const memory = Buffer.from(new Uint8Array(before + length + after + 1).map((_, index) => index * 7));
        // An odd offset into its memory, as chunks of a pool have.
        const bytes = memory.subarray(1);
        const expected = bytes.map((byte, at) =>
          at >= before && at < before + length ? byte ^ keyBytes[(at - before) & 3]! : byte,
        );
        applyMask(bytes, before, before + length, maskingKey(keyBytes, 0));
        assert.deepEqual(new Uint8Array(bytes), new Uint8Array(expected));
      }),
    );
  });

  it('masks in parts with a rotated key as it does at once', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(300), fc.integer(), (bytes, cut, key) => {
        const at = Math.min(cut, bytes.length);
        const whole = bytes.slice();
        applyMask(whole, 0, whole.length, key);
        applyMask(bytes, 0, at, key);
        applyMask(bytes, at, bytes.length, rotatedKey(key, at));
        assert.deepEqual(bytes, whole);
      }),
    );
  });
});
