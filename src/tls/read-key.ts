import { createPrivateKey, type KeyObject, type X509Certificate } from 'node:crypto';
import { privateKeyIn } from './pem.ts';
import { messageOf, readText } from './read-file.ts';
import { TlsFileError } from './tls-file-error.ts';

export interface KeyFiles {
  readonly certificate: string;
  readonly key: string;
  readonly passwordFile: string | undefined;
  readonly password?: string;
}

/**
 * The key of a certificate as PEM without a password; the first of the passwords that fits opens it. Throws TlsFileError where it cannot be
 * read, or is of another certificate.
 */
export function readKey(leaf: X509Certificate, { certificate, key: path, passwordFile, password }: KeyFiles): string {
  const pem = privateKeyIn(readText('certificate key', path));
  if (pem === undefined) throw new TlsFileError(`Cannot use the certificate key "${path}": it holds no private key`);
  const isLocked = /ENCRYPTED/.test(pem);
  const filed = isLocked && passwordFile !== undefined ? passwordsIn(passwordFile) : [];
  const passwords = password === undefined ? filed : [password, ...filed];
  if (isLocked && passwords.length === 0) {
    throw new TlsFileError(`Cannot use the certificate key "${path}": it needs a password`, {
      fix: 'name a file with its password, or remove the password with: openssl pkey -in KEY -out NEW',
    });
  }
  const key = isLocked ? unlocked(path, pem, passwords) : opened(path, pem);
  if (!leaf.checkPrivateKey(key)) {
    throw new TlsFileError(`Cannot use the certificate "${certificate}": its key "${path}" is of another certificate`);
  }
  return isLocked ? key.export({ type: 'pkcs8', format: 'pem' }).toString() : pem;
}

function opened(path: string, pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (error) {
    throw new TlsFileError(`Cannot use the certificate key "${path}": ${messageOf(error)}`);
  }
}

function unlocked(path: string, key: string, passwords: readonly string[]): KeyObject {
  for (const passphrase of passwords) {
    try {
      return createPrivateKey({ key, passphrase });
    } catch {
      // The next one may fit.
    }
  }
  throw new TlsFileError(`Cannot use the certificate key "${path}": no password that is given fits`);
}

function passwordsIn(path: string): readonly string[] {
  return readText('passwords', path)
    .split(/\r?\n/)
    .filter((line) => line !== '');
}
