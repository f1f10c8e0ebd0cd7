import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isSendableCloseCode } from './close-codes.ts';

describe('isSendableCloseCode', () => {
  it('allows the registered codes and those of libraries and apps', () => {
    for (const code of [1000, 1001, 1002, 1003, 1007, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999]) {
      assert.equal(isSendableCloseCode(code), true, String(code));
    }
  });

  it('allows no code that only describes a connection, and none that is reserved', () => {
    for (const code of [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535, 1000.5, Number.NaN]) {
      assert.equal(isSendableCloseCode(code), false, String(code));
    }
  });
});
