import { hash } from 'node:crypto';
import { cryptBase64 } from './crypt-base64.ts';

const defaultRounds = 5000;
const fewestRounds = 1000;
const mostRounds = 999_999_999;

interface Algorithm {
  readonly name: 'sha256' | 'sha512';
  readonly size: number;
  readonly order: readonly (readonly number[])[];
}

const sha256: Algorithm = { name: 'sha256', size: 32, order: [...triples(10, 2), [31, 30]] };
const sha512: Algorithm = { name: 'sha512', size: 64, order: [...triples(21, 1), [63]] };

/** crypt by SHA-256 (`$5$`) or SHA-512 (`$6$`), after Ulrich Drepper. `rounds` is undefined for 5000. Gives what follows the salt. */
export function shaCrypt(password: Buffer, magic: '$5$' | '$6$', salt: string, rounds: number | undefined): string {
  const algorithm = magic === '$5$' ? sha256 : sha512;
  const digestOf = (parts: readonly Uint8Array[]): Buffer => hash(algorithm.name, Buffer.concat(parts), 'buffer');
  const saltBytes = Buffer.from(salt, 'latin1');

  const inner = digestOf([password, saltBytes, password]);
  const parts: Uint8Array[] = [password, saltBytes, repeated(inner, password.length)];
  for (let bits = password.length; bits > 0; bits >>= 1) parts.push(bits & 1 ? inner : password);
  let digest = digestOf(parts);

  const longPassword = repeated(digestOf(Array(password.length).fill(password)), password.length);
  const longSalt = repeated(digestOf(Array(16 + (digest[0] as number)).fill(saltBytes)), salt.length);
  const count = Math.min(mostRounds, Math.max(fewestRounds, rounds ?? defaultRounds));
  for (let round = 0; round < count; round++) {
    const isOdd = round % 2 === 1;
    digest = digestOf([
      isOdd ? longPassword : digest,
      round % 3 > 0 ? longSalt : none,
      round % 7 > 0 ? longPassword : none,
      isOdd ? digest : longPassword,
    ]);
  }
  return cryptBase64(digest, algorithm.order);
}

const none = Buffer.alloc(0);

/** As many bytes, of the digest again and again. */
function repeated(digest: Buffer, length: number): Buffer {
  return Buffer.alloc(length, digest);
}

/** Which bytes stand together: `count` from each third of the digest, and by `turn` places further round with each three. */
function triples(count: number, turn: number): number[][] {
  return Array.from({ length: count }, (_, row) => {
    const bytes = [row, row + count, row + 2 * count];
    const first = (row * turn) % 3;
    return [...bytes.slice(first), ...bytes.slice(0, first)];
  });
}
