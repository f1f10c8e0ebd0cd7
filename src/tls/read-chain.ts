import { X509Certificate } from 'node:crypto';
import { certificatesIn } from './pem.ts';
import { messageOf, readText } from './read-file.ts';
import { TlsFileError } from './tls-file-error.ts';

export interface Chain {
  /** The first one. */
  readonly leaf: X509Certificate;
  /** PEM of all, in their order, without what else the file holds. */
  readonly pem: string;
}

/** The certificates of a file. Throws TlsFileError. */
export function readChain(path: string): Chain {
  const all = certificatesIn(readText('certificate', path));
  const [first] = all;
  if (first === undefined) {
    throw new TlsFileError(`Cannot use the certificate "${path}": it holds no certificate`, {
      fix: 'it has to be PEM: text that begins with -----BEGIN CERTIFICATE-----',
    });
  }
  try {
    return { leaf: new X509Certificate(first), pem: all.join('') };
  } catch (error) {
    throw new TlsFileError(`Cannot use the certificate "${path}": ${messageOf(error)}`, { cause: error });
  }
}
