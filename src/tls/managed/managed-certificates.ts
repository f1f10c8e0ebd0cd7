import { stat } from 'node:fs/promises';
import type { Log } from '../../observe/log.ts';
import type { IssuerPlan, ManagedCertificatePlan } from '../../plan/tls-plan.ts';
import { AcmeIssuer } from '../acme/acme-issuer.ts';
import { ChallengeBoard } from '../acme/challenges/challenge-board.ts';
import { DevIssuer } from '../dev/dev-issuer.ts';
import type {
  CertificateSource,
  ComingCertificates,
  ManagedCertificateStatus,
  ManagedSite,
} from '../supervision/certificate-source.ts';
import { TlsFileError } from '../tls-file-error.ts';
import type { AcmeChallenges, CertificateMaterial } from '../tls-material.ts';
import type { CertificateIssuer } from './certificate-issuer.ts';
import { type Clock, systemClock } from './clock.ts';
import { certificateName } from './host-name.ts';
import { ManagedCertificate } from './managed-certificate.ts';
import { OnDemandCertificates } from './on-demand-certificates.ts';
import { Turns } from './turns.ts';

export interface ManagedCertificatesOptions {
  readonly log: Log;
  /** Front threads are to answer these, in place of those before. */
  challengesChanged(challenges: AcmeChallenges): void;
  readonly clock?: Clock;
}

/** Orders of one issuer under way at a time. */
const maxOrders = 4;

/** One issuer, as long as its plan stays the same. */
interface UsedIssuer {
  readonly issuer: CertificateIssuer;
  readonly turns: Turns;
}

/** The issuers and certificates of a site, by what they are the same as. */
interface Managed {
  readonly servers: readonly (ManagedCertificate | OnDemandCertificates | undefined)[];
  readonly issuers: ReadonlyMap<string, UsedIssuer>;
  readonly certificates: ReadonlyMap<string, ManagedCertificate>;
  readonly onDemand: ReadonlyMap<string, OnDemandCertificates>;
}

const nothing: Managed = { servers: [], issuers: new Map(), certificates: new Map(), onDemand: new Map() };

/** What came of what somebody wanted of a certificate. */
export type CertificateOutcome = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** Certificates that Galley gets by itself, from CAs by ACME and from the local one for development. */
export class ManagedCertificates implements CertificateSource {
  readonly #options: ManagedCertificatesOptions;
  readonly #clock: Clock;
  readonly #board: ChallengeBoard;
  #current: Managed = nothing;
  #changed: (onDemand?: string) => void = () => undefined;
  #isClosed = false;

  constructor(options: ManagedCertificatesOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#board = new ChallengeBoard((challenges) => options.challengesChanged(challenges));
  }

  onChange(listener: (onDemand?: string) => void): void {
    this.#changed = listener;
  }

  async prepare(site: ManagedSite): Promise<ComingCertificates> {
    const next = await this.#manage(site);
    return {
      certificateOf: (server) => {
        const managed = next.servers[server];
        return managed instanceof ManagedCertificate ? managed.material : undefined;
      },
      keep: () => {
        const before = this.#current;
        this.#current = next;
        closeOthers(before, next);
        if (this.#isClosed) return closeOthers(next, nothing);
        for (const certificate of next.certificates.values()) certificate.start();
      },
      drop: () => closeOthers(next, this.#current),
    };
  }

  async wanted(server: number, name: string): Promise<CertificateMaterial | undefined> {
    const managed = this.#current.servers[server];
    return managed instanceof OnDemandCertificates ? await managed.wanted(name) : undefined;
  }

  status(): readonly ManagedCertificateStatus[] {
    return this.#all().map((certificate) => certificate.status());
  }

  /** Gets new certificates for a name at once; undefined where there is none for it. */
  async renew(name: string): Promise<CertificateOutcome | undefined> {
    return await this.#each(name, async (certificate) => await certificate.renew());
  }

  /** Takes the certificates for a name back, and gets others; undefined where there is none for it. */
  async revoke(name: string): Promise<CertificateOutcome | undefined> {
    return await this.#each(name, async (certificate) => await certificate.revoke());
  }

  close(): void {
    this.#isClosed = true;
    closeOthers(this.#current, nothing);
  }

  #all(): readonly ManagedCertificate[] {
    const { certificates, onDemand } = this.#current;
    return [...certificates.values(), ...[...onDemand.values()].flatMap(({ certificates: each }) => [...each])];
  }

  async #each(
    name: string,
    work: (certificate: ManagedCertificate) => Promise<boolean>,
  ): Promise<CertificateOutcome | undefined> {
    const wanted = certificateName(name) ?? name;
    const fit = this.#all().filter(({ names }) => names.includes(wanted));
    if (fit.length === 0) return undefined;
    for (const certificate of fit) {
      try {
        if (!(await work(certificate)))
          return { ok: false, reason: certificate.status().failure ?? 'there is no other one yet' };
      } catch (error) {
        return { ok: false, reason: (error as Error).message };
      }
    }
    return { ok: true };
  }

  /** Throws TlsFileError. */
  async #manage(site: ManagedSite): Promise<Managed> {
    const issuers = new Map<string, UsedIssuer>();
    const certificates = new Map<string, ManagedCertificate>();
    const onDemand = new Map<string, OnDemandCertificates>();
    const servers: (ManagedCertificate | OnDemandCertificates | undefined)[] = [];
    for (const { tls } of site.servers) {
      const plan = tls?.managed;
      if (!plan) {
        servers.push(undefined);
        continue;
      }
      const [key, used] = await this.#issuer(plan, site, issuers);
      servers.push(
        plan.onDemand
          ? this.#onDemand(plan, key, used, onDemand)
          : await this.#certificate(plan, key, used, certificates),
      );
    }
    return { servers, issuers, certificates, onDemand };
  }

  async #issuer(
    { issuer: name }: ManagedCertificatePlan,
    site: ManagedSite,
    issuers: Map<string, UsedIssuer>,
  ): Promise<readonly [string, UsedIssuer]> {
    const plan = site.issuers.find((each) => each.name === name);
    if (!plan) throw new TlsFileError(`Cannot get certificates from "${name}": there is no issuer of that name`);
    // Listeners decide which challenges can be answered.
    const key = JSON.stringify([plan, plan.kind === 'acme' ? site.listeners.map(({ bind, tls }) => [bind, tls]) : []]);
    const used = issuers.get(key) ??
      this.#current.issuers.get(key) ?? {
        issuer: await this.#createIssuer(plan, site),
        turns: new Turns(maxOrders),
      };
    issuers.set(key, used);
    return [key, used];
  }

  async #createIssuer(plan: IssuerPlan, { listeners }: ManagedSite): Promise<CertificateIssuer> {
    const { log } = this.#options;
    await warnOfOpenFolder(plan.folder, log);
    if (plan.kind === 'acme') return new AcmeIssuer({ plan, listeners, board: this.#board, log, clock: this.#clock });
    try {
      return await DevIssuer.open(plan, this.#clock, log);
    } catch (error) {
      throw folderError(plan.folder, error);
    }
  }

  async #certificate(
    plan: ManagedCertificatePlan,
    issuerKey: string,
    used: UsedIssuer,
    certificates: Map<string, ManagedCertificate>,
  ): Promise<ManagedCertificate> {
    const names = plan.names.map((name) => {
      const plain = certificateName(name);
      if (plain === undefined) throw new TlsFileError(`Cannot get a certificate for "${name}": it is no host name`);
      return plain;
    });
    const key = `${issuerKey} ${names.join()}`;
    const known = certificates.get(key) ?? this.#current.certificates.get(key);
    const certificate = known ?? this.#create(names, used);
    certificates.set(key, certificate);
    if (known) return known;
    try {
      await certificate.load();
    } catch (error) {
      throw folderError(used.issuer.folder, error);
    }
    if (used.issuer.isLocal && !certificate.material) await certificate.obtain();
    return certificate;
  }

  #onDemand(
    plan: ManagedCertificatePlan,
    issuerKey: string,
    used: UsedIssuer,
    all: Map<string, OnDemandCertificates>,
  ): OnDemandCertificates | undefined {
    if (!plan.onDemand) return undefined;
    const key = `${issuerKey} ${plan.onDemand.ask}`;
    const onDemand =
      all.get(key) ??
      this.#current.onDemand.get(key) ??
      new OnDemandCertificates({
        plan: plan.onDemand,
        issuer: used.issuer,
        log: this.#options.log,
        clock: this.#clock,
        create: (name, isAllowed) => this.#create([name], used, isAllowed),
      });
    all.set(key, onDemand);
    return onDemand;
  }

  #create(
    names: readonly string[],
    { issuer, turns }: UsedIssuer,
    isAllowed?: () => Promise<boolean | undefined>,
  ): ManagedCertificate {
    const { log } = this.#options;
    const changed = (): void => this.#changed(isAllowed && names[0]);
    return new ManagedCertificate({ names, issuer, turns, log, clock: this.#clock, isAllowed, changed });
  }
}

/** Closes what is in one of them alone. */
function closeOthers(before: Managed, after: Managed): void {
  for (const [key, certificate] of before.certificates)
    if (after.certificates.get(key) !== certificate) certificate.close();
  for (const [key, each] of before.onDemand) if (after.onDemand.get(key) !== each) each.close();
  for (const [key, { issuer }] of before.issuers) if (after.issuers.get(key)?.issuer !== issuer) issuer.close();
}

/** Whoever writes in it can put others' certificates and accounts in place of ours. */
async function warnOfOpenFolder(folder: string, log: Log): Promise<void> {
  const mode = (await stat(folder).catch(() => undefined))?.mode ?? 0;
  if (mode & 0o022) log.warn(`other users may write in "${folder}", where keys of certificates are kept`);
}

function folderError(folder: string, error: unknown): TlsFileError {
  return new TlsFileError(`Cannot keep certificates in "${folder}": ${(error as Error).message}`, { cause: error });
}
