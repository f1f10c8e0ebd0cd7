import { generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';

export type KeyKind = 'p256' | 'p384' | 'rsa2048' | 'rsa4096';

const generate = promisify(generateKeyPair);

/** A new private key. */
export async function createKey(kind: KeyKind): Promise<KeyObject> {
  if (kind === 'p256' || kind === 'p384') {
    const { privateKey } = await generate('ec', { namedCurve: kind === 'p256' ? 'P-256' : 'P-384' });
    return privateKey;
  }
  const { privateKey } = await generate('rsa', { modulusLength: kind === 'rsa2048' ? 2048 : 4096 });
  return privateKey;
}

/** PKCS #8, which is not encrypted. */
export function keyPem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}
