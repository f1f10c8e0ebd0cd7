import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { hex } from '../../../../test/support/hpack-sections.ts';
import { codes, endOfString } from './huffman-code.ts';
import { badHuffman, decodedHuffmanBound, decodeHuffman, tooLongHuffman } from './huffman-decoding.ts';
import { encodeHuffman, huffmanSize } from './huffman-encoding.ts';

function encodedOf(bytes: Uint8Array): Buffer {
  const into = Buffer.alloc(huffmanSize(bytes, 0, bytes.length));
  assert.equal(encodeHuffman(bytes, 0, bytes.length, into, 0), into.length);
  return into;
}

/** The end, or what was decoded. */
function decodedOf(code: Uint8Array, limit = 1 << 16): number | Buffer {
  const out = Buffer.alloc(limit + 2);
  const end = decodeHuffman(code, 0, code.length, out, 0, limit);
  return end < 0 ? end : out.subarray(0, end);
}

describe('Huffman code', () => {
  it('is that of RFC 7541', () => {
    assert.equal(codes[endOfString], 0x3fffffff);
    const examples: readonly [text: string, code: string][] = [
      ['www.example.com', 'f1e3 c2e5 f23a 6ba0 ab90 f4ff'],
      ['no-cache', 'a8eb 1064 9cbf'],
      ['custom-value', '25a8 49e9 5bb8 e8b4 bf'],
      ['Mon, 21 Oct 2013 20:13:21 GMT', 'd07a be94 1054 d444 a820 0595 040b 8166 e082 a62d 1bff'],
    ];
    for (const [text, code] of examples) assert.deepEqual(encodedOf(Buffer.from(text)), hex(code));
  });

  it('gives back what was encoded', () => {
    const all = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    assert.deepEqual(decodedOf(encodedOf(all)), all);
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 100 }),
      fc.string({ unit: 'binary-ascii', maxLength: 100 }).map((text) => Buffer.from(text)),
    );
    fc.assert(
      fc.property(bytes, (text) => assert.deepEqual(decodedOf(encodedOf(text)), Buffer.from(text))),
      { numRuns: 500 },
    );
  });

  it('reads only what is between its offsets', () => {
    const code = encodedOf(Buffer.from('text\x00é', 'latin1'));
    const out = Buffer.alloc(20);
    const end = decodeHuffman(Buffer.concat([hex('ff'), code, hex('00ff')]), 1, 1 + code.length, out, 3, 18);
    assert.equal(out.toString('latin1', 3, end), 'text\x00é');
  });

  it('refuses padding of more than 7 bits, or of others than ones', () => {
    assert.deepEqual(decodedOf(hex('1f')), Buffer.from('a'));
    assert.equal(decodedOf(hex('1fff')), badHuffman);
    assert.equal(decodedOf(hex('ff')), badHuffman);
    assert.equal(decodedOf(hex('1e')), badHuffman);
    assert.equal(decodedOf(hex('18')), badHuffman);
    // '&' is 11111000.
    assert.equal(decodedOf(hex('f8')).toString(), '&');
    assert.equal(decodedOf(hex('f8ff')), badHuffman);
    assert.equal(decodedOf(hex('ffffff')), badHuffman);
  });

  it('refuses the end of string, wherever it is', () => {
    assert.equal(decodedOf(hex('ffffffff')), badHuffman);
    assert.equal(decodedOf(hex('1fffffffff')), badHuffman);
    assert.equal(decodedOf(hex('ffffffffffff')), badHuffman);
  });

  it('refuses a code that is not complete', () => {
    // The first 16 of the 28 bits of 0x02.
    assert.equal(decodedOf(hex('ffff')), badHuffman);
    assert.equal(decodedOf(hex('fffffe')), badHuffman);
  });

  it('ends exactly at the limit', () => {
    for (const text of ['aaa', 'aaaa', 'aaaaa', '\x00\x01\x02', 'zzzz&', 'a\xffa\xff']) {
      const bytes = Buffer.from(text, 'latin1');
      assert.deepEqual(decodedOf(encodedOf(bytes), bytes.length), bytes);
      assert.equal(decodedOf(encodedOf(bytes), bytes.length - 1), tooLongHuffman);
    }
  });

  it('never gives more than the bound', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (code) => {
        const found = decodedOf(code);
        if (typeof found !== 'number') assert.ok(found.length <= decodedHuffmanBound(code.length));
      }),
    );
    const shortest = encodedOf(Buffer.alloc(800, 'a'));
    assert.equal(shortest.length, 500);
    assert.ok(decodedHuffmanBound(500) >= 800);
  });
});
