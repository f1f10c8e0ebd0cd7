import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hashKind, isPassword } from './password-hash.ts';

const long = 'a much longer password of more than sixty-four bytes, so that blocks repeat: 0123456789';

/** Made by libxcrypt, and those of `$apr1$` by openssl. */
const hashes: [password: string, hash: string][] = [
  ['', '$1$abcdefgh$M55TzYaaccxVGbptZWaxX/'],
  ['secret', '$1$ab$dslkcXxVH.x8LwW1W/oAB/'],
  [long, '$1$abcdefgh$84Mku6ba7oojRqi.FVkYL1'],
  ['', '$apr1$saltsalt$a8ml/vK5HEjiZ5oypDWA7/'],
  ['secret', '$apr1$saltsalt$LrttParrLPdxvgutaSXWJ0'],
  [long, '$apr1$saltsalt$AkvchS.VFYUZ146YgTo/J.'],
  ['', '$5$saltstring$FdNfA4gXqvCeO6iZs7G/.wwwoywYZqo0l1pwmfWaBA7'],
  ['secret', '$5$rounds=1234$saltsalt$ydMhzY0spDIF5JTHfydtpfMQUy9duW6XO2Sh4O5PfV1'],
  [long, '$5$saltstring$lMfhWSQMgkF9Law9yvQtTMaBG2SHPVrygjtc7CTbYp3'],
  ['x', '$6$s$SBlV1TrR7m/.1RRLMAAvh/x6acOyBKfXVqXOixcaFNbUhqE84RFnq6y5mvfWTW8EA6yIr1RuWU8IRsKA/9jfE.'],
  [
    'secret',
    '$6$rounds=1400$anotherlongsalts$Twf2eP6WMY29NT9yg1Nff0x6Ul/TWD9vkV2VVPyEX7uifmXI0FHGx3rX27ttfZtfB9phxv3003yyBPq3nGFb8.',
  ],
  [long, '$6$saltstring$hYy0kp/C.INdbEhTLIZpRB6D1OPQe/aje8KA1D0UwLpkRIiaw9tJ0jq3yYriKEnjfbtfgmX7YhgNIAbtZfDLI.'],
  ['secret', '$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW'],
  ['secret', '$2y$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW'],
  ['secret', '$2a$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW'],
  ['secret', '{PLAIN}secret'],
  ['secret', '{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ='],
  ['secret', '{SSHA}gVK8WC9YyFT1gMsQHTGCgT3sSv5zYWx0'],
];

describe('isPassword', () => {
  for (const [password, hash] of hashes) {
    it(`takes the password of ${hash.slice(0, 24)}… and no other`, () => {
      assert.equal(isPassword(password, hash), true);
      for (const other of [`${password}x`, password.slice(0, -1), password.toUpperCase(), 'y']) {
        if (other !== password) assert.equal(isPassword(other, hash), false, other);
      }
    });
  }

  it('takes nothing where the hash is cut, longer or of an unknown kind', () => {
    const broken = [
      '',
      'secret',
      'abNANd1rDfiNc',
      '{PLAIN}',
      '{SHA}',
      '{SHA}5en6',
      '{SSHA}',
      '{SSHA}c2FsdA==',
      '{MD5}x',
      '$1$ab$',
      '$1$ab',
      '$1$ab$dslkcXxVH.x8LwW1W/oAB/x',
      '$5$saltstring$',
      '$6$rounds=$x$y',
      '$2b$04$abc',
      '$2b$04$',
      '$2b$99$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW',
      '$y$j9T$abcdefgh$IUWJt2doU4Kf6E/JP1UkAT3S5O3Q7SSA8SJirXIlEu9',
    ];
    for (const hash of broken) assert.equal(isPassword('secret', hash), false, hash);
  });

  it('refuses what holds NUL or is very long, which other implementations cut', () => {
    assert.equal(isPassword('secret\0x', '$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW'), false);
    assert.equal(isPassword('secret\0', '{PLAIN}secret\0'), false);
    const endless = 'x'.repeat(513);
    assert.equal(isPassword(endless, `{PLAIN}${endless}`), false);
    assert.equal(isPassword(endless.slice(1), `{PLAIN}${endless.slice(1)}`), true);
  });

  it('takes passwords of any bytes', () => {
    const utf8 = Buffer.from('pä✓').toString('latin1');
    assert.equal(isPassword(utf8, '{PLAIN}pä✓'), false);
    assert.equal(isPassword(utf8, `{PLAIN}${utf8}`), true);
    assert.equal(isPassword('\xff', '{PLAIN}\xff'), true);
  });
});

it('hashKind says what must not be computed in the event loop', () => {
  for (const [, hash] of hashes) assert.equal(hashKind(hash), hash.startsWith('$') ? 'slow' : 'fast', hash);
  for (const hash of ['abNANd1rDfiNc', '$y$j9T$abcdefgh$x', '$2x$04$x']) assert.equal(hashKind(hash), 'unknown', hash);
  for (const hash of ['secret', '{MD5}x', '', '$1$', '$6$cut']) assert.equal(hashKind(hash), 'fast', hash);
});
