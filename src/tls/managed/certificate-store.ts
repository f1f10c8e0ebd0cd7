import { createHash, X509Certificate } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { namesOf } from '../x509/names.ts';
import { pemBlocks } from '../x509/pem.ts';
import type { Issued } from './certificate-issuer.ts';
import { privateFolder, readIfThere, writePrivateFile } from './private-file.ts';
import type { RenewalWindow } from './renewal-time.ts';
import { numberOf, parsedRecord, recordOf } from './unknown-json.ts';
import { unusablePair } from './unusable-pair.ts';

/** When a certificate is renewed, in milliseconds since 1970. What is not here is found out again. */
export interface RenewalPlan {
  readonly renewsAt: number;
  /** What the CA has suggested; undefined where it does not. */
  readonly window: RenewalWindow | undefined;
  readonly obtainedAt: number;
  /** It was taken back at the CA. */
  readonly isRevoked: boolean;
  /** The one before had to be renewed before it was there: that counts once, else there were no end of it. */
  readonly followsPast: boolean;
}

export interface StoredCertificate extends Issued {
  readonly renewal: RenewalPlan | undefined;
}

/** The chain after its key: one file, so that there is never one of two. */
const certificateFile = 'certificate.pem';
/** One that is not valid yet, while the other one is. */
const nextFile = 'next.pem';
const renewalFile = 'renewal.json';

/** One certificate on the disk: a folder that nobody else may look into. */
export class CertificateStore {
  readonly folder: string;
  readonly #names: readonly string[];

  /** `names`: as they are in the certificate. */
  constructor(parent: string, names: readonly string[]) {
    this.folder = join(parent, folderName(names));
    this.#names = names;
  }

  /** Those that can be used and are not known, the one that is to be used first; then the one that waits until it is valid. Throws errors of the system. */
  async read(known: readonly (string | undefined)[] = []): Promise<readonly StoredCertificate[]> {
    const all = [await this.#readFile(certificateFile, known), await this.#readFile(nextFile, known)];
    return all.filter((stored) => stored !== undefined);
  }

  /** In the place of what is there, and of what waits. */
  async write(issued: Issued): Promise<void> {
    await this.#writeFile(certificateFile, issued);
    await rm(join(this.folder, nextFile), { force: true });
  }

  /** Beside what is there, until it is valid. */
  async writeNext(issued: Issued): Promise<void> {
    await this.#writeFile(nextFile, issued);
  }

  async writeRenewal(certificate: string, renewal: RenewalPlan): Promise<void> {
    const text = JSON.stringify({ fingerprint: fingerprintOf(certificate), ...renewal });
    await writePrivateFile(join(this.folder, renewalFile), `${text}\n`);
  }

  async #readFile(file: string, known: readonly (string | undefined)[]): Promise<StoredCertificate | undefined> {
    const text = await readIfThere(this.folder, file);
    if (text === undefined) return undefined;
    const key = pemBlocks(text, 'PRIVATE KEY')[0] ?? '';
    const certificate = pemBlocks(text, 'CERTIFICATE').join('');
    if (known.includes(certificate)) return undefined;
    if (unusablePair(certificate, key) !== undefined || !this.#isFor(certificate)) return undefined;
    return { certificate, key, renewal: await this.#renewalOf(certificate) };
  }

  async #writeFile(file: string, { certificate, key }: Issued): Promise<void> {
    await privateFolder(this.folder);
    await writePrivateFile(join(this.folder, file), `${key}${certificate}`);
  }

  #isFor(certificate: string): boolean {
    const covered = new Set(namesOf(new X509Certificate(certificate)));
    return this.#names.every((name) => covered.has(name));
  }

  /** What was written for this very certificate: the two files change one after the other. */
  async #renewalOf(certificate: string): Promise<RenewalPlan | undefined> {
    const text = await readIfThere(this.folder, renewalFile).catch(() => undefined);
    const { fingerprint, isRevoked, followsPast, ...values } = parsedRecord(text ?? '');
    const renewsAt = numberOf(values['renewsAt']);
    const obtainedAt = numberOf(values['obtainedAt']);
    if (renewsAt === undefined || obtainedAt === undefined || fingerprint !== fingerprintOf(certificate))
      return undefined;
    const [start, end] = ['start', 'end'].map((each) => numberOf(recordOf(values['window'])[each]));
    const window = start === undefined || end === undefined ? undefined : { start, end };
    return { renewsAt, window, obtainedAt, isRevoked: isRevoked === true, followsPast: followsPast === true };
  }
}

/** The first name, and of several a digest of all. */
export function folderName(names: readonly string[]): string {
  const first = plainName(names[0] ?? '');
  return names.length === 1 ? first : `${first}+${digestOf([...names].sort().join())}`;
}

/** A name as that of a file; with a digest where something of it had to go. */
export function plainName(name: string): string {
  const plain = name.replace(/[^\w.-]/g, '_').slice(0, 150);
  return plain === name && !/^\.*$/.test(name) ? plain : `${plain.replace(/^\.*$/, '_')}+${digestOf(name)}`;
}

export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}

function fingerprintOf(certificate: string): string {
  return new X509Certificate(certificate).fingerprint256;
}
