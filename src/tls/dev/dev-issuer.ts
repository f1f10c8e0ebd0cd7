import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import type { DevIssuerPlan } from '../../plan/tls-plan.ts';
import type { CertificateIssuer, CertificateOrder } from '../managed/certificate-issuer.ts';
import type { Clock } from '../managed/clock.ts';
import { privateFolder, readIfThere, writePrivateFile } from '../managed/private-file.ts';
import { createCertificate } from '../x509/certificate.ts';
import { createKey, keyPem } from '../x509/key.ts';
import { pemBlocks } from '../x509/pem.ts';

const rootDays = 3_650;
const leafDays = 90;

/** A root that ends sooner than what it would sign is replaced. */
const leastRestMs = leafDays * 86_400_000;

/** Clocks of other machines may be behind. */
const earlierMs = 3_600_000;

const rootFile = 'root.pem';
const rootKeyFile = 'root.key';

/** Where the certificate is that browsers are to trust, PEM. */
export function rootPath({ folder }: DevIssuerPlan): string {
  return join(folder, rootFile);
}

interface Root {
  readonly certificate: string;
  readonly key: KeyObject;
}

/** A CA of this machine's own, for development. Its name says whose it is; whoever has its key can be any site for those who trust it. */
export class DevIssuer implements CertificateIssuer {
  readonly plan: DevIssuerPlan;
  readonly folder: string;
  readonly isLocal = true;
  readonly #clock: Clock;
  readonly #root: Root;

  private constructor(plan: DevIssuerPlan, root: Root, clock: Clock) {
    this.plan = plan;
    this.folder = join(plan.folder, 'certificates');
    this.#root = root;
    this.#clock = clock;
  }

  /** Makes the root where there is none. Throws errors of the system. */
  static async open(plan: DevIssuerPlan, clock: Clock): Promise<DevIssuer> {
    await privateFolder(plan.folder);
    const root = (await readRoot(plan.folder, clock.now())) ?? (await makeRoot(plan, clock.now()));
    return new DevIssuer(plan, root, clock);
  }

  async obtain({ names, keep }: Pick<CertificateOrder, 'names' | 'keep'>): Promise<void> {
    const key = await createKey('p256');
    const from = new Date(this.#clock.now() - earlierMs);
    const certificate = createCertificate({ names, key, from, days: leafDays, issuer: this.#root });
    await keep({ certificate, key: keyPem(key) });
  }

  async suggestion(): Promise<undefined> {}

  isOwn(certificate: string): boolean {
    const root = new X509Certificate(this.#root.certificate);
    return new X509Certificate(certificate).verify(root.publicKey);
  }

  async revoke(): Promise<void> {
    throw new Error('Certificates for development are not revoked: nobody else trusts them');
  }

  close(): void {}
}

async function readRoot(folder: string, now: number): Promise<Root | undefined> {
  const [certificate = ''] = pemBlocks((await readIfThere(folder, rootFile)) ?? '', 'CERTIFICATE');
  const key = await readIfThere(folder, rootKeyFile);
  if (key === undefined || certificate === '') return undefined;
  try {
    const root = { certificate, key: createPrivateKey(key) };
    const parsed = new X509Certificate(certificate);
    const isLasting = parsed.validToDate.getTime() > now + leastRestMs;
    return isLasting && parsed.checkPrivateKey(root.key) ? root : undefined;
  } catch {
    return undefined;
  }
}

async function makeRoot({ folder }: DevIssuerPlan, now: number): Promise<Root> {
  const key = await createKey('p256');
  const subject = {
    O: 'Galley development CA',
    CN: `Galley development CA of ${userName()}@${hostname()}`.slice(0, 64),
  };
  const from = new Date(now - earlierMs);
  const certificate = createCertificate({ names: [], subject, key, from, days: rootDays, isCa: true });
  await writePrivateFile(join(folder, rootKeyFile), keyPem(key));
  await writePrivateFile(join(folder, rootFile), certificate);
  return { certificate, key };
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A user of a container may have no entry.
    return String(process.getuid?.() ?? 'unknown');
  }
}
