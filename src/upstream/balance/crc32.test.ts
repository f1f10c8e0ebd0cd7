import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { crc32 } from 'node:zlib';
import { crc32Byte, crc32End, crc32Start, crc32Text } from './crc32.ts';

describe('crc32', () => {
  for (const text of ['', '123456789', 'a', '\0\xff\x80', 'é'.repeat(300)]) {
    it(`is that of zlib for ${JSON.stringify(text.slice(0, 20))}`, () => {
      assert.equal(crc32End(crc32Text(crc32Start, text)), crc32(Buffer.from(text, 'latin1')));
    });
  }

  it('goes on from part to part', () => {
    assert.equal(crc32End(crc32Text(crc32Byte(crc32Text(crc32Start, 'host'), 0), '80')), crc32('host\x0080'));
  });
});
