import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { certificateParts } from './certificate-parts.ts';
import { encode, integer, sequence, tagged, unsignedInteger, utf8Text } from './der.ts';
import { authorityKeyIdentifier, extensionValue } from './extensions.ts';

describe('certificateParts', () => {
  it('has what ARI names a certificate by (the example of RFC 9773 §4.1)', () => {
    const authority = authorityKeyIdentifier(Buffer.from('69885b6b87464041e1b37b847ba0ae2cde01c8d4', 'hex'));
    const fields = [tagged(0, integer(2)), unsignedInteger(Buffer.from('87654321', 'hex')), sequence(), sequence()];
    const rest = [sequence(), sequence(utf8Text('a')), sequence(), tagged(3, sequence(extensionValue(authority)))];
    const parts = certificateParts(encode(sequence(sequence(...fields, ...rest))));
    assert.equal(parts.authorityKeyIdentifier?.toString('base64url'), 'aYhba4dGQEHhs3uEe6CuLN4ByNQ');
    assert.equal(parts.serialNumber.toString('base64url'), 'AIdlQyE');
  });

  it('throws for what is no certificate', () => {
    for (const bytes of ['', '30', '3000', '0500', '30030201', '30023000']) {
      assert.throws(() => certificateParts(Buffer.from(bytes, 'hex')), bytes);
    }
  });
});
