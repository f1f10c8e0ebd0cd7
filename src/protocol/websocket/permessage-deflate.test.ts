import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseExtensions } from './extensions.ts';
import { agreeOnDeflate, type DeflateAgreement } from './permessage-deflate.ts';

const base = 'permessage-deflate; server_no_context_takeover; client_no_context_takeover';

function agreementTo(value: string): DeflateAgreement | undefined {
  const offers = parseExtensions(value);
  assert.ok(offers);
  return agreeOnDeflate(offers);
}

describe('agreeOnDeflate', () => {
  it('lets no side take over its context, whatever was offered', () => {
    for (const parameters of [
      '',
      '; client_max_window_bits',
      '; client_no_context_takeover',
      '; client_max_window_bits=9',
    ]) {
      assert.deepEqual(agreementTo(`permessage-deflate${parameters}`), { windowBits: 15, answer: base });
    }
  });

  it('keeps to the window that the client asks of the server', () => {
    for (const bits of [9, 10, 15]) {
      const agreement = { windowBits: bits, answer: `${base}; server_max_window_bits=${bits}` };
      assert.deepEqual(agreementTo(`permessage-deflate; server_max_window_bits=${bits}`), agreement);
      assert.deepEqual(agreementTo(`permessage-deflate; server_max_window_bits="${bits}"`), agreement);
    }
  });

  it('declines a window that zlib has no compressor for', () => {
    assert.equal(agreementTo('permessage-deflate; server_max_window_bits=8'), undefined);
  });

  it('declines an offer with a wrong, repeated or unknown parameter and takes the next', () => {
    const wrong = [
      'server_max_window_bits',
      'server_max_window_bits=7',
      'server_max_window_bits=16',
      'server_max_window_bits=08',
      'server_max_window_bits=1e1',
      'client_max_window_bits=0',
      'client_max_window_bits=16',
      'server_no_context_takeover=1',
      'client_no_context_takeover=true',
      'client_no_context_takeover; client_no_context_takeover',
      'x',
    ];
    for (const parameters of wrong) {
      assert.equal(agreementTo(`permessage-deflate; ${parameters}`), undefined, parameters);
      assert.equal(agreementTo(`permessage-deflate; ${parameters}, permessage-deflate`)?.answer, base, parameters);
    }
  });

  it('takes the first offer that can be met', () => {
    const bits = (value: number) => `permessage-deflate; server_max_window_bits=${value}`;
    assert.equal(agreementTo(`x-webkit-deflate-frame, ${bits(11)}, ${bits(12)}`)?.windowBits, 11);
    assert.equal(agreementTo('permessage-bzip2'), undefined);
  });
});
