import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import type { Log } from '../../observe/log.ts';
import type { DevIssuerPlan } from '../../plan/tls-plan.ts';
import type { CertificateIssuer, CertificateOrder } from '../managed/certificate-issuer.ts';
import type { Clock } from '../managed/clock.ts';
import { FolderClaim } from '../managed/folder-claim.ts';
import { readIfThere, writePrivateFile } from '../managed/private-file.ts';
import { createCertificate } from '../x509/certificate.ts';
import { createKey, keyPem } from '../x509/key.ts';
import { pemBlocks } from '../x509/pem.ts';

const rootDays = 3_650;
const leafDays = 90;

/** A root that ends sooner than what it would sign is replaced. */
const leastRestMs = leafDays * 86_400_000;

/** Clocks of other machines may be behind. */
const earlierMs = 3_600_000;

/** How often a root is looked at that another process makes. */
const claimPauseMs = 100;

/** The second one has the certificate too: the two are of one piece, and the first one is a copy. */
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

  /** Makes the root where there is none, one process after the other. Throws errors of the system. */
  static async open(plan: DevIssuerPlan, clock: Clock, log: Log): Promise<DevIssuer> {
    const { signal } = new AbortController();
    let claim = await FolderClaim.take(plan.folder);
    while (!claim) {
      await clock.wait(claimPauseMs, signal);
      claim = await FolderClaim.take(plan.folder);
    }
    try {
      const root = (await readRoot(plan.folder, clock.now())) ?? (await makeRoot(plan, clock.now(), log));
      return new DevIssuer(plan, root, clock);
    } finally {
      await claim.release();
    }
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
  const text = await readIfThere(folder, rootKeyFile);
  if (text === undefined) return undefined;
  const copy = (await readIfThere(folder, rootFile)) ?? '';
  const [certificate = copy] = pemBlocks(text, 'CERTIFICATE');
  let root: Root;
  try {
    root = { certificate, key: createPrivateKey(text) };
    const parsed = new X509Certificate(certificate);
    const isLasting = parsed.validToDate.getTime() > now + leastRestMs;
    if (!isLasting || !parsed.checkPrivateKey(root.key)) return undefined;
  } catch {
    return undefined;
  }
  if (copy !== certificate) await writePrivateFile(join(folder, rootFile), certificate);
  return root;
}

async function makeRoot({ folder }: DevIssuerPlan, now: number, log: Log): Promise<Root> {
  const isOther = (await readIfThere(folder, rootKeyFile)) !== undefined;
  const key = await createKey('p256');
  const subject = {
    O: 'Galley development CA',
    CN: `Galley development CA of ${userName()}@${hostname()}`.slice(0, 64),
  };
  const from = new Date(now - earlierMs);
  const certificate = createCertificate({ names: [], subject, key, from, days: rootDays, isCa: true });
  await writePrivateFile(join(folder, rootKeyFile), `${keyPem(key)}${certificate}`);
  await writePrivateFile(join(folder, rootFile), certificate);
  if (isOther)
    log.warn(`the development CA in ${folder} could not be used any more: browsers are to trust the new one`);
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
