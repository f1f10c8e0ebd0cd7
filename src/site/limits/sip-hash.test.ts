import assert from 'node:assert/strict';
import { it } from 'node:test';
import { SipHash } from './sip-hash.ts';

/** Of the bytes 0, 1, 2 and so on, by a key of the bytes 0 to 15. */
function hashOf(length: number): string {
  const sip = new SipHash(Uint8Array.from({ length: 16 }, (_, index) => index));
  sip.hash(String.fromCharCode(...Array.from({ length }, (_, index) => index)));
  return [sip.high, sip.low].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('');
}

it('SipHash gives what its authors give', () => {
  assert.equal(hashOf(0), '726fdb47dd0e0e31');
  assert.equal(hashOf(1), '74f839c593dc67fd');
  assert.equal(hashOf(8), '93f5f5799a932462');
  assert.equal(hashOf(15), 'a129ca6149be45e5');
});
