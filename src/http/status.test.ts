import assert from 'node:assert/strict';
import { STATUS_CODES } from 'node:http';
import { describe, it } from 'node:test';
import { reasonPhrase } from './status.ts';

describe('reasonPhrase', () => {
  it('knows every status that Node knows', () => {
    for (const status of Object.keys(STATUS_CODES)) {
      if (status === '509' || status === '510') continue; // never registered, and obsolete
      assert.notEqual(reasonPhrase(Number(status)), '', status);
    }
  });

  it('uses the phrases of RFC 9110', () => {
    assert.equal(reasonPhrase(413), 'Content Too Large');
    assert.equal(reasonPhrase(422), 'Unprocessable Content');
  });

  it('is empty for a status that nobody registered', () => {
    assert.equal(reasonPhrase(299), '');
  });
});
