import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isUtf8, Utf8Validator } from './utf8.ts';

const decoder = new TextDecoder('utf-8', { fatal: true });

function decodes(bytes: Uint8Array): boolean {
  try {
    decoder.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

// Bytes at the edges of what RFC 3629 allows, among characters of all lengths.
const edges = [0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xec, 0xed, 0xee];
const edge = fc.constantFrom(...edges, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff);
const character = fc.constantFrom('a', 'é', '‽', '퟿', '😀', '\u{10ffff}').map((text) => [...Buffer.from(text)]);
const bytesArbitrary = fc
  .array(fc.oneof({ weight: 6, arbitrary: character }, { weight: 1, arbitrary: edge.map((byte) => [byte]) }), {
    maxLength: 120,
  })
  .map((parts) => Uint8Array.from(parts.flat()));

describe('Utf8Validator', () => {
  it('agrees with the decoder, whatever the cuts', () => {
    fc.assert(
      fc.property(bytesArbitrary, fc.array(fc.nat(300), { maxLength: 4 }), (bytes, cuts) => {
        const validator = new Utf8Validator();
        const ends = [...cuts.map((cut) => Math.min(cut, bytes.length)), bytes.length].sort((a, b) => a - b);
        const isValid = ends.every((end, index) => validator.write(bytes, ends[index - 1] ?? 0, end));
        assert.equal(isValid && validator.isComplete, decodes(bytes));
      }),
      { numRuns: 500 },
    );
  });

  it('goes on exactly as long as something could still make it valid', () => {
    const suffixes = ['', '80', '90', '8080', 'a080', '9080', '808080', '908080'].map((hex) => Buffer.from(hex, 'hex'));
    const couldBeValid = (start: Uint8Array) => suffixes.some((suffix) => decodes(Buffer.concat([start, suffix])));
    for (const first of edges.concat(0xef, 0xf0, 0xf1, 0xf4, 0xf5)) {
      for (const second of edges) {
        for (const third of edges) {
          const bytes = Uint8Array.of(first, second, third);
          const validator = new Utf8Validator();
          for (let at = 0; at < 3; at++) {
            const goesOn = validator.write(bytes, at, at + 1);
            assert.equal(goesOn, couldBeValid(bytes.subarray(0, at + 1)), Buffer.from(bytes).toString('hex'));
            if (!goesOn) break;
          }
        }
      }
    }
  });
});

describe('isUtf8', () => {
  it('agrees with the decoder for short and long bytes', () => {
    fc.assert(fc.property(bytesArbitrary, (bytes) => assert.equal(isUtf8(bytes), decodes(bytes))));
  });

  it('wants the last character whole', () => {
    for (const length of [1, 200]) {
      const bytes = Buffer.from('é'.repeat(length));
      assert.equal(isUtf8(bytes), true);
      assert.equal(isUtf8(bytes.subarray(0, -1)), false);
    }
  });
});
