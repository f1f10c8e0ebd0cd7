import { hash as digest, timingSafeEqual } from 'node:crypto';
import { compareSync } from 'bcryptjs';
import { md5Crypt } from './md5-crypt.ts';
import { shaCrypt } from './sha-crypt.ts';

/** As libxcrypt's; what sha-crypt costs grows with the square of the length. */
const longestPassword = 512;

const bcryptText = /^\$2[aby]\$/;
const md5Text = /^(\$1\$|\$apr1\$)([^$]{0,8})[^$]*\$(.*)$/s;
const shaText = /^(\$[56]\$)(?:rounds=(\d{1,9})\$)?([^$]{0,16})[^$]*\$(.*)$/s;

/** What crypt could check besides, of which DES is the oldest; anything else is nobody's hash. */
const unknown = /^(?:[./\dA-Za-z]{13}|_[./\dA-Za-z]{19}|\$(?![156]\$|apr1\$|2[aby]\$)\w*\$.*)$/s;

/** How much it costs to check a password: `slow` is a matter of milliseconds and more; `unknown` are those that are not checked. */
export type HashKind = 'fast' | 'slow' | 'unknown';

/** Of a password as a htpasswd file has it. */
export function hashKind(text: string): HashKind {
  if (/^\{(?:PLAIN|SHA|SSHA)\}/.test(text)) return 'fast';
  if (bcryptText.test(text) || md5Text.test(text) || shaText.test(text)) return 'slow';
  return unknown.test(text) ? 'unknown' : 'fast';
}

/** Whether the password, latin-1 of its bytes, is the one of this hash. The time it takes tells nothing of how much is right. */
export function isPassword(password: string, text: string): boolean {
  if (password.length > longestPassword || password.includes('\0')) return false;
  const bytes = Buffer.from(password, 'latin1');
  if (bcryptText.test(text)) return isBcrypt(bytes, text);
  const [, scheme, value = ''] = /^\{(PLAIN|SHA|SSHA)\}(.*)$/s.exec(text) ?? [];
  switch (scheme) {
    case 'PLAIN':
      return isSame(sha1(bytes), sha1(Buffer.from(value, 'latin1')));
    case 'SHA':
      return isSame(sha1(bytes), Buffer.from(value, 'base64'));
    case 'SSHA':
      return isSalted(bytes, Buffer.from(value, 'base64'));
  }
  const [, md5Magic, md5Salt = '', md5Hash = ''] = md5Text.exec(text) ?? [];
  if (md5Magic) return isSame(Buffer.from(md5Crypt(bytes, md5Magic as '$1$', md5Salt)), Buffer.from(md5Hash));
  const [, shaMagic, rounds, shaSalt = '', shaHash = ''] = shaText.exec(text) ?? [];
  if (!shaMagic) return false;
  const made = shaCrypt(bytes, shaMagic as '$5$', shaSalt, rounds === undefined ? undefined : Number(rounds));
  return isSame(Buffer.from(made), Buffer.from(shaHash));
}

/** bcryptjs takes text and hashes its UTF-8 bytes: what is not UTF-8 is no password. It throws where the hash is malformed. */
function isBcrypt(bytes: Buffer, text: string): boolean {
  const password = bytes.toString();
  try {
    return Buffer.from(password).equals(bytes) && compareSync(password, text);
  } catch {
    return false;
  }
}

function isSalted(bytes: Buffer, value: Buffer): boolean {
  return value.length >= 20 && isSame(sha1(bytes, value.subarray(20)), value.subarray(0, 20));
}

function sha1(...parts: readonly Uint8Array[]): Buffer {
  return digest('sha1', Buffer.concat(parts), 'buffer');
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}
