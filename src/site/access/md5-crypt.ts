import { hash } from 'node:crypto';
import { cryptBase64 } from './crypt-base64.ts';

const rounds = 1000;
const order = [[0, 6, 12], [1, 7, 13], [2, 8, 14], [3, 9, 15], [4, 10, 5], [11]];

/** crypt by MD5 (Poul-Henning Kamp): FreeBSD's `$1$` and Apache's `$apr1$`, which differ in nothing else. Gives what follows the salt. */
export function md5Crypt(password: Buffer, magic: '$1$' | '$apr1$', salt: string): string {
  const saltBytes = Buffer.from(salt, 'latin1');
  let digest = md5(password, saltBytes, password);
  const parts: Uint8Array[] = [password, Buffer.from(magic), saltBytes];
  for (let left = password.length; left > 0; left -= 16) parts.push(digest.subarray(0, Math.min(16, left)));
  const zero = Buffer.alloc(1);
  for (let bits = password.length; bits > 0; bits >>= 1) parts.push(bits & 1 ? zero : password.subarray(0, 1));
  digest = md5(...parts);
  for (let round = 0; round < rounds; round++) {
    const isOdd = round % 2 === 1;
    digest = md5(
      isOdd ? password : digest,
      round % 3 > 0 ? saltBytes : none,
      round % 7 > 0 ? password : none,
      isOdd ? digest : password,
    );
  }
  return cryptBase64(digest, order);
}

const none = Buffer.alloc(0);

function md5(...parts: readonly Uint8Array[]): Buffer {
  return hash('md5', Buffer.concat(parts), 'buffer');
}
