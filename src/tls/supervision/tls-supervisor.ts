import { randomBytes } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { maxUsableOnDemand, ticketKeyLifeMs, tlsFileCheckMs } from '../../core/limits.ts';
import type { Log } from '../../observe/log.ts';
import type { ServerPlan } from '../../plan/site-plan.ts';
import type { TlsPlan } from '../../plan/tls-plan.ts';
import { certificateName } from '../managed/host-name.ts';
import { identified } from '../material-id.ts';
import { ticketKeyOf } from '../ticket-key.ts';
import { TlsFileError } from '../tls-file-error.ts';
import type { CertificateMaterial, TlsMaterial } from '../tls-material.ts';
import type {
  CertificateSource,
  ComingCertificates,
  ManagedCertificateStatus,
  ManagedSite,
  Stapler,
} from './certificate-source.ts';
import { type CertificateStatus, statusOf } from './certificate-status.ts';
import { type GotFor, UsableCertificates } from './usable-certificates.ts';
import { WatchedFiles } from './watched-files.ts';

export interface TlsSupervisorOptions {
  readonly log: Log;
  /** Undefined where no server has certificates that are got. */
  readonly issuers: CertificateSource | undefined;
  readonly stapler: Stapler | undefined;
  now(): Date;
  /** Front threads are to know this: one for each server of the site in use, which is of this generation. */
  changed(materials: readonly (TlsMaterial | undefined)[], generation: number): void;
  /** They are to ask again for the certificate of a name that is got on demand. */
  changedOnDemand(name: string): void;
}

/** A client's wish for a certificate that is got on demand. */
export interface WantedCertificate {
  /** Of the site that `server` is a place in. */
  readonly generation: number;
  readonly server: number;
  readonly name: string;
}

/** The TLS of a site that is to be used; one of `keep` and `drop` is to be called. */
export interface ComingTls {
  /** Names the site. */
  readonly generation: number;
  /** One for each server; servers with equal plans have the same object. */
  materials(): readonly (TlsMaterial | undefined)[];
  /** The site is in use. */
  keep(): void;
  /** It is not. */
  drop(): void;
}

/** A site's files, by their plans. */
interface TlsSite {
  readonly generation: number;
  readonly servers: readonly ServerPlan[];
  readonly files: ReadonlyMap<string, WatchedFiles>;
  readonly managed: ComingCertificates | undefined;
}

/** A stat of a file takes some microseconds here, and twenty times that in another thread. */
const looksPerTurn = 50;

const noSite: TlsSite = { generation: 0, servers: [], files: new Map(), managed: undefined };

/** TLS of the site in the main thread, which alone reads files, asks issuers and makes keys for tickets, and tells the front threads. */
export class TlsSupervisor {
  readonly #options: TlsSupervisorOptions;
  #ticketSecret: Uint8Array = randomBytes(48);
  #site: TlsSite = noSite;
  /** The youngest one. */
  #generation = 0;
  /** Front threads may have the site that is to be used: until it is known whether they keep it. */
  #deciding: PromiseWithResolvers<void> | undefined;
  #told: readonly (TlsMaterial | undefined)[] = [];
  /** By id: what is the same stays the same object. */
  #known: ReadonlyMap<string, TlsMaterial> = new Map();
  readonly #usable: UsableCertificates;
  #checks: NodeJS.Timeout | undefined;
  #rotation: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: TlsSupervisorOptions) {
    this.#options = options;
    this.#usable = new UsableCertificates(options.log, maxUsableOnDemand);
    options.issuers?.onChange((onDemand) => {
      if (onDemand === undefined) this.#tell();
      else if (!this.#isClosed) options.changedOnDemand(onDemand);
    });
    options.stapler?.onChange((changed) => {
      this.#tell();
      if (this.#isClosed) return;
      for (const { name, certificate } of this.#usable.onDemand()) {
        if (certificate === changed) options.changedOnDemand(name);
      }
    });
  }

  /**
   * Gets the TLS of another site ready. Files that have not changed are not read again. Throws TlsFileError, which names the server, where
   * something cannot be used.
   */
  async prepare(site: ManagedSite): Promise<ComingTls> {
    const files = new Map<string, WatchedFiles>();
    for (const { key, plan, names } of plansOf(site.servers)) {
      const before = this.#site.files.get(key);
      files.set(key, before?.isFresh() ? before : this.#read(plan, names));
    }
    const managed = await this.#options.issuers?.prepare(site);
    const generation = ++this.#generation;
    const coming: TlsSite = { generation, servers: site.servers, files, managed };
    let told: readonly (TlsMaterial | undefined)[] = [];
    const decided = (): void => {
      this.#deciding?.resolve();
      this.#deciding = undefined;
    };
    return {
      generation,
      materials: () => {
        this.#deciding ??= Promise.withResolvers();
        told = this.#materialsOf(coming);
        return told;
      },
      keep: () => {
        this.#site = coming;
        this.#told = told;
        managed?.keep();
        this.#usable.keepOnly(new Set(files.keys()));
        decided();
        this.#tell();
        this.#schedule();
      },
      drop: () => {
        managed?.drop();
        decided();
      },
    };
  }

  /** The TLS of the site in use. */
  materials(): readonly (TlsMaterial | undefined)[] {
    return this.#told;
  }

  /** What a server of the site in use has for a name that it gets certificates for on demand; undefined where there is none to be had. */
  async wanted({ generation, server, name }: WantedCertificate): Promise<TlsMaterial | undefined> {
    const { issuers } = this.#options;
    if (generation !== this.#site.generation) await this.#deciding?.promise;
    const before = this.#site;
    if (generation !== before.generation) return undefined;
    if (before.servers[server]?.tls?.managed?.onDemand === undefined) return undefined;
    const certificate = await issuers?.wanted(server, name);
    // Another site may be in use by now: whoever asked asks again.
    if (!certificate || this.#site !== before) return undefined;
    const material = this.#materialOf(before, server, certificate, name);
    return material && material.certificates.length > 0 ? material : undefined;
  }

  /** Looks at the files: those that have changed are read again. What cannot be used is told of in the log; what was there stays. */
  refresh(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  /** New keys for session tickets: sessions that were begun before are not resumed, which costs their clients a full handshake. */
  rotateTicketKeys(): void {
    this.#ticketSecret = randomBytes(48);
    this.#tell();
  }

  status(): readonly CertificateStatus[] {
    const managed = this.#options.issuers?.status() ?? [];
    const all = managed.map((each) => ({ ...each, failure: each.failure ?? this.#failureOf(each) }));
    return statusOf(this.#site.files.values(), all);
  }

  close(): void {
    this.#isClosed = true;
    this.#schedule();
    this.#options.issuers?.close();
    this.#options.stapler?.close();
  }

  /** Why a certificate that was got cannot be used. */
  #failureOf({ issuer, names }: ManagedCertificateStatus): string | undefined {
    for (const { tls } of this.#site.servers) {
      if (tls?.managed?.issuer !== issuer) continue;
      const { names: wanted, onDemand } = tls.managed;
      const isSame = names.join() === wanted.map((name) => certificateName(name) ?? name).join();
      const failure = onDemand || isSame ? this.#usable.failure(gotFor(tls, onDemand && names[0])) : undefined;
      if (failure !== undefined) return failure;
    }
    return undefined;
  }

  #read(plan: TlsPlan, names: readonly string[]): WatchedFiles {
    const { now, log } = this.#options;
    try {
      return new WatchedFiles({ plan, names, now, warn: (message) => log.warn(message) });
    } catch (error) {
      if (!(error instanceof TlsFileError)) throw error;
      const [name = ''] = names;
      const message = name === '' ? error.message : `${error.message} (server "${name}")`;
      throw new TlsFileError(message, { cause: error, ...(error.fix === undefined ? {} : { fix: error.fix }) });
    }
  }

  async #look(): Promise<void> {
    let isChanged = false;
    let count = 0;
    const { files } = this.#site;
    for (const each of files.values()) {
      if (each.look()) isChanged = true;
      if (++count % looksPerTurn === 0) await setImmediate();
    }
    if (!isChanged || this.#isClosed || this.#site.files !== files) return;
    this.#options.log.info('changed files of TLS are in use');
    this.#tell();
  }

  /** Tells the front threads where there is something new. */
  #tell(): void {
    if (this.#isClosed) return;
    const materials = this.#materialsOf(this.#site);
    const certificates = [...materials.flatMap((material) => material?.certificates ?? []), ...this.#usable.onDemand()];
    this.#options.stapler?.keepOnly(new Set(certificates.map(({ certificate }) => certificate)));
    const isSame = materials.every((each, index) => each?.id === this.#told[index]?.id);
    if (isSame && materials.length === this.#told.length) return;
    this.#told = materials;
    this.#options.changed(materials, this.#site.generation);
  }

  #materialsOf(site: TlsSite): readonly (TlsMaterial | undefined)[] {
    const known = new Map<string, TlsMaterial>();
    const materials = site.servers.map(({ tls }, index) => {
      const managed = tls?.managed && !tls.managed.onDemand ? site.managed?.certificateOf(index) : undefined;
      const material = this.#materialOf(site, index, managed);
      if (!material) return undefined;
      const same = known.get(material.id) ?? this.#known.get(material.id) ?? material;
      known.set(same.id, same);
      return same;
    });
    this.#known = known;
    return materials;
  }

  /** What the files of a server give, with what else there is. `name`: for whom `got` is, where that is got on demand. */
  #materialOf(
    site: TlsSite,
    server: number,
    got: CertificateMaterial | undefined,
    name?: string,
  ): TlsMaterial | undefined {
    const plan = site.servers[server]?.tls;
    const read = plan && site.files.get(keyOf(plan));
    if (!plan || !read) return undefined;
    const { material } = read;
    const { stapling } = plan;
    const what = `the certificate for ${name ?? plan.managed?.names.join(', ')}`;
    const managed = got && this.#usable.take(gotFor(plan, name), material, got, what);
    const certificates = managed ? [...material.certificates, managed] : material.certificates;
    const ticketKey =
      plan.ticketKeyFiles.length > 0
        ? material.ticketKey
        : ticketKeyOf(this.#ticketSecret, material.clients?.digest ?? '');
    const stapled = (each: CertificateMaterial): CertificateMaterial => {
      const ocspResponse = this.#options.stapler?.responseFor(each.certificate, stapling);
      return ocspResponse === each.ocspResponse ? each : { ...each, ocspResponse };
    };
    return identified({ ...material, ticketKey, certificates: certificates.map(stapled) });
  }

  /** Timers run where there is something to look after. */
  #schedule(): void {
    if (this.#isClosed || this.#site.files.size === 0) {
      clearInterval(this.#checks);
      clearInterval(this.#rotation);
      this.#checks = undefined;
      this.#rotation = undefined;
      return;
    }
    // A reload does not put them off.
    this.#checks ??= setInterval(() => void this.refresh(), tlsFileCheckMs).unref();
    this.#rotation ??= setInterval(() => this.rotateTicketKeys(), ticketKeyLifeMs).unref();
  }
}

interface PlanOfServers {
  readonly key: string;
  readonly plan: TlsPlan;
  /** Of all servers that have it. */
  readonly names: readonly string[];
}

function plansOf(servers: readonly ServerPlan[]): readonly PlanOfServers[] {
  const plans = new Map<string, { readonly key: string; readonly plan: TlsPlan; readonly names: string[] }>();
  for (const { tls, names } of servers) {
    if (!tls) continue;
    const key = keyOf(tls);
    const same = plans.get(key);
    if (same) same.names.push(...names);
    else plans.set(key, { key, plan: tls, names: [...names] });
  }
  return [...plans.values()];
}

function keyOf(plan: TlsPlan): string {
  return JSON.stringify(plan);
}

function gotFor(plan: TlsPlan, name: string | undefined): GotFor {
  return { plan: keyOf(plan), name };
}
