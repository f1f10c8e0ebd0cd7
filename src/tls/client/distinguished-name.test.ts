import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type DerValue, decode } from '../x509/der.ts';
import { legacyName, rfc2253Name } from './distinguished-name.ts';

/** A value of DER with this tag. */
function value(tag: number, ...content: readonly (string | Uint8Array)[]): Buffer {
  const bytes = Buffer.concat(content.map((part) => Buffer.from(part as string)));
  return Buffer.concat([Buffer.of(tag), lengthOf(bytes.length), bytes]);
}

function lengthOf(length: number): Buffer {
  return length < 128 ? Buffer.of(length) : Buffer.of(0x82, length >> 8, length & 0xff);
}

function attribute(id: string, content: Uint8Array): Buffer {
  return value(0x30, value(0x06, Buffer.from(id, 'hex')), content);
}

function nameOf(...sets: readonly (readonly Uint8Array[])[]): DerValue {
  return decode(value(0x30, ...sets.map((set) => value(0x31, ...set))));
}

const utf8 = 0x0c;
const country = attribute('550406', value(0x13, 'DE'));
const organisation = '55040a';
const commonName = '550403';

// What is expected is what OpenSSL 3.0 prints with `-nameopt RFC2253` and `-nameopt compat`.
describe('rfc2253Name', () => {
  it('has the last attribute first, and escapes', () => {
    const name = nameOf(
      [country],
      [attribute('0992268993f22c640119', value(0x16, 'org'))],
      [attribute(organisation, value(utf8, 'Ä, "q" <x>;='))],
      [attribute(commonName, value(utf8, '#cli+ent'))],
      [attribute('2a864886f70d010901', value(0x16, 'a@b.c'))],
    );
    assert.equal(rfc2253Name(name), String.raw`emailAddress=a@b.c,CN=\#cli\+ent,O=\C3\84\, \"q\" \<x\>\;=,DC=org,C=DE`);
    assert.equal(legacyName(name), String.raw`/C=DE/DC=org/O=\xC3\x84, "q" <x>;=/CN=#cli\+ent/emailAddress=a@b.c`);
  });

  it('escapes control characters, backslashes, and spaces at the ends', () => {
    const name = nameOf([attribute(commonName, value(utf8, ' a\\b\n c/ '))]);
    assert.equal(rfc2253Name(name), String.raw`CN=\ a\\b\0A c/\ `);
    assert.equal(legacyName(name), String.raw`/CN= a\b\x0A c\/ `);
  });

  it('joins attributes of one set, and writes unknown ones by their numbers', () => {
    const name = nameOf([country, attribute(commonName, value(utf8, 'x'))], [attribute('2a0304', value(utf8, 'y'))]);
    assert.equal(rfc2253Name(name), '1.2.3.4=#0C0179,CN=x+C=DE');
    assert.equal(legacyName(name), '/C=DE+CN=x/1.2.3.4=y');
  });

  it('reads the encodings of older certificates', () => {
    const wide = value(0x1e, Buffer.from('00e400422603', 'hex'));
    const latin = value(0x14, Buffer.from('e4', 'hex'));
    const name = nameOf([attribute(commonName, wide)], [attribute(organisation, latin)]);
    assert.equal(rfc2253Name(name), String.raw`O=\C3\A4,CN=\C3\A4B\E2\98\83`);
  });

  it('has the oddities of OpenSSL', () => {
    const bits = attribute('55042d', value(3, Buffer.of(0, 1)));
    const name = nameOf([attribute(commonName, value(utf8, '#'))], [attribute(commonName, value(utf8, ' '))], [bits]);
    assert.equal(rfc2253Name(name), String.raw`x500UniqueIdentifier=#03020001,CN=\ ,CN=#`);
    assert.equal(legacyName(name), String.raw`/CN=#/CN= /x500UniqueIdentifier=\x01`);
  });

  it('is empty for an empty name', () => {
    assert.equal(rfc2253Name(nameOf()), '');
    assert.equal(legacyName(nameOf()), '');
  });
});
