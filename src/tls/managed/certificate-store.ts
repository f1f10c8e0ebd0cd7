import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { pemBlocks } from '../x509/pem.ts';
import type { Issued } from './certificate-issuer.ts';
import { privateFolder, readIfThere, writePrivateFile } from './private-file.ts';
import type { RenewalWindow } from './renewal-time.ts';
import { numberOf, parsedRecord, recordOf } from './unknown-json.ts';

/** When a certificate is renewed, in milliseconds since 1970. What is not here is found out again. */
export interface RenewalPlan {
  readonly renewsAt: number;
  /** What the CA has suggested; undefined where it does not. */
  readonly window: RenewalWindow | undefined;
}

export interface StoredCertificate extends Issued {
  readonly renewal: RenewalPlan | undefined;
}

/** The chain after its key: one file, so that there is never one of two. */
const certificateFile = 'certificate.pem';
const renewalFile = 'renewal.json';

/** One certificate on the disk: a folder that nobody else may look into. */
export class CertificateStore {
  readonly folder: string;

  /** `names`: as they are in the certificate. */
  constructor(parent: string, names: readonly string[]) {
    this.folder = join(parent, folderName(names));
  }

  /** Undefined where there is none that can be used. Throws errors of the system. */
  async read(): Promise<StoredCertificate | undefined> {
    const text = await readIfThere(this.folder, certificateFile);
    if (text === undefined) return undefined;
    const key = pemBlocks(text, 'PRIVATE KEY')[0] ?? '';
    const certificate = pemBlocks(text, 'CERTIFICATE').join('');
    if (!isPair(certificate, key)) return undefined;
    const { renewsAt, window } = parsedRecord((await readIfThere(this.folder, renewalFile)) ?? '');
    const [at, start, end] = [renewsAt, recordOf(window)['start'], recordOf(window)['end']].map(numberOf);
    const suggested = start === undefined || end === undefined ? undefined : { start, end };
    return { certificate, key, renewal: at === undefined ? undefined : { renewsAt: at, window: suggested } };
  }

  async write({ certificate, key }: Issued): Promise<void> {
    await privateFolder(this.folder);
    await writePrivateFile(join(this.folder, certificateFile), `${key}${certificate}`);
  }

  async writeRenewal(renewal: RenewalPlan): Promise<void> {
    await writePrivateFile(join(this.folder, renewalFile), `${JSON.stringify(renewal)}\n`);
  }
}

/** The first name, and of several a digest of all. */
export function folderName(names: readonly string[]): string {
  const first = plainName(names[0] ?? '');
  if (names.length === 1) return first;
  const digest = createHash('sha256')
    .update([...names].sort().join())
    .digest('hex');
  return `${first}+${digest.slice(0, 12)}`;
}

/** A name as that of a file. */
export function plainName(name: string): string {
  const plain = name.replace(/[^\w.-]/g, '_').slice(0, 200);
  return /^\.*$/.test(plain) ? `_${plain}` : plain;
}

function isPair(certificate: string, key: string): boolean {
  try {
    return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}
