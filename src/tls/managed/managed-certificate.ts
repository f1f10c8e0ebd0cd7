import { X509Certificate } from 'node:crypto';
import type { Log } from '../../observe/log.ts';
import type { ManagedCertificateStatus } from '../supervision/certificate-source.ts';
import type { CertificateMaterial } from '../tls-material.ts';
import type { CertificateIssuer, Issued } from './certificate-issuer.ts';
import { CertificateStore, type RenewalPlan } from './certificate-store.ts';
import type { Clock } from './clock.ts';
import { FolderClaim } from './folder-claim.ts';
import { suggestedRenewalTime, usualRenewalTime, type Validity } from './renewal-time.ts';
import { retryDelayMs } from './retry-delay.ts';
import type { Turns } from './turns.ts';

export interface ManagedCertificateOptions {
  /** As they are in the certificate. */
  readonly names: readonly string[];
  readonly issuer: CertificateIssuer;
  /** How many orders of the issuer may be under way. */
  readonly turns: Turns;
  readonly log: Log;
  readonly clock: Clock;
  /** Whether a certificate may be asked for now; undefined for always. */
  readonly isAllowed?: (() => Promise<boolean>) | undefined;
  /** There is another certificate. */
  changed(): void;
}

/** What an attempt has come to: `elsewhere` where another process is at it. */
type Outcome = 'got' | 'failed' | 'elsewhere';

/** How often a certificate is looked for that another process orders. */
const claimPauseMs = 5_000;

/** Certificates that end so soon are warned of louder. */
const alarmingShare = 0.15;

/** One certificate: read from the disk, got where there is none, renewed in time. What is there is never given up for a failure. */
export class ManagedCertificate {
  readonly names: readonly string[];
  readonly issuer: CertificateIssuer;
  readonly #options: ManagedCertificateOptions;
  readonly #store: CertificateStore;
  readonly #stop = new AbortController();
  #wake = new AbortController();
  #current: { readonly material: CertificateMaterial; readonly validity: Validity } | undefined;
  #renewal: RenewalPlan | undefined;
  #lookAt = 0;
  #retryAt = 0;
  #failures = 0;
  #failure: string | undefined;
  #attempt: Promise<Outcome> | undefined;
  #running: Promise<void> | undefined;

  constructor(options: ManagedCertificateOptions) {
    this.#options = options;
    this.names = options.names;
    this.issuer = options.issuer;
    this.#store = new CertificateStore(options.issuer.folder, options.names);
  }

  get material(): CertificateMaterial | undefined {
    return this.#current?.material;
  }

  get hasEnded(): boolean {
    return this.#current !== undefined && this.#current.validity.until <= this.#options.clock.now();
  }

  /** It is being got. */
  get isBusy(): boolean {
    return this.#attempt !== undefined;
  }

  /** An attempt has failed shortly before. */
  get isPausing(): boolean {
    return this.#options.clock.now() < this.#retryAt;
  }

  /** Takes what is on the disk. Throws errors of the system. */
  async load(): Promise<void> {
    const stored = await this.#store.read();
    if (!stored || !this.issuer.isOwn(stored.certificate)) return;
    this.#take(stored);
    this.#renewal = stored.renewal ?? this.#renewal;
  }

  /** From now on what is missing is got, and what ends is renewed. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** One attempt, or the one that is under way; none where one has failed shortly before. Resolves with whether there is a new certificate. */
  async obtain(): Promise<boolean> {
    if (!this.#attempt && this.isPausing) return false;
    return await this.#attempted();
  }

  /** One attempt now, after the one that is under way. */
  async renew(): Promise<boolean> {
    await this.#attempt;
    return await this.#attempted();
  }

  async #attempted(): Promise<boolean> {
    this.#attempt ??= this.#tryOnce().finally(() => {
      this.#attempt = undefined;
      this.#wake.abort();
    });
    return (await this.#attempt) === 'got';
  }

  /** Takes it back at the CA and gets another one. Throws an Error where it cannot be taken back. */
  async revoke(): Promise<boolean> {
    const { log } = this.#options;
    if (!this.#current) return false;
    await this.issuer.revoke(this.#current.material.certificate, this.#stop.signal);
    log.info(`certificate for ${this.#text} is revoked`);
    await this.#schedule({ renewsAt: 0, window: undefined });
    return await this.renew();
  }

  close(): void {
    this.#stop.abort(new Error('Certificates are not looked after any more'));
  }

  status(): ManagedCertificateStatus {
    return {
      issuer: this.issuer.plan.name,
      kind: this.issuer.plan.kind,
      names: this.names,
      validUntil: this.#current?.validity.until,
      renewsAt: this.#renewal?.renewsAt,
      failure: this.#failure,
    };
  }

  get #text(): string {
    return this.names.join(', ');
  }

  async #run(): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      this.#wake = new AbortController();
      const woken = AbortSignal.any([signal, this.#wake.signal]);
      const untilMs = await this.#step();
      await clock.wait(untilMs - clock.now(), woken).catch(() => undefined);
    }
  }

  /** Does what is due; returns until when nothing is, in milliseconds since 1970. */
  async #step(): Promise<number> {
    const { clock, isAllowed } = this.#options;
    if (this.#current && clock.now() >= this.#lookAt) await this.#look();
    const renewsAt = this.#current ? (this.#renewal?.renewsAt ?? 0) : 0;
    const dueAt = Math.max(renewsAt, this.#retryAt);
    if (clock.now() < dueAt) return this.#current ? Math.min(dueAt, this.#lookAt) : dueAt;
    if (!isAllowed || (await isAllowed())) await this.obtain();
    else this.#retryAt = clock.now() + retryDelayMs(++this.#failures, clock.random());
    return this.#retryAt;
  }

  /** Asks the issuer when it wants the certificate renewed. */
  async #look(): Promise<void> {
    const { clock, log } = this.#options;
    const current = this.#current;
    if (!current) return;
    let lookAgainMs = 3_600_000;
    try {
      const suggestion = await this.issuer.suggestion(current.material.certificate, this.#stop.signal);
      lookAgainMs = suggestion?.lookAgainMs ?? 86_400_000;
      const { start, end } = this.#renewal?.window ?? {};
      const { window } = suggestion ?? {};
      const isNew = window !== undefined && (window.start !== start || window.end !== end);
      if (isNew)
        await this.#schedule({ renewsAt: suggestedRenewalTime(window, current.validity, clock.random()), window });
    } catch (error) {
      if (!this.#stop.signal.aborted) log.debug(`certificate for ${this.#text}: ${(error as Error).message}`);
    }
    this.#lookAt = clock.now() + lookAgainMs;
  }

  async #tryOnce(): Promise<Outcome> {
    const { turns, clock, log } = this.#options;
    try {
      const outcome = await turns.take(() => this.#claimed());
      if (outcome === 'elsewhere') this.#retryAt = clock.now() + claimPauseMs;
      return outcome;
    } catch (error) {
      if (this.#stop.signal.aborted) return 'failed';
      const { message, retryAt = 0 } = error as Error & { readonly retryAt?: number };
      this.#failure = message;
      this.#retryAt = Math.max(retryAt, clock.now() + retryDelayMs(++this.#failures, clock.random()));
      this.#logFailure(message, log);
      return 'failed';
    }
  }

  async #claimed(): Promise<Outcome> {
    const { issuer, log } = this.#options;
    const { signal } = this.#stop;
    signal.throwIfAborted();
    const before = this.#current?.material.certificate;
    const claim = await FolderClaim.take(this.#store.folder);
    try {
      // Another process may have got it by now.
      if (await this.#hasOther(before)) return 'got';
      if (!claim) return 'elsewhere';
      if (!issuer.isLocal)
        log.info(`certificate for ${this.#text}: ${before ? 'renewing' : 'asking'} "${issuer.plan.name}"`);
      const order = {
        names: this.names,
        replaces: before,
        folder: this.#store.folder,
        failures: this.#failures,
        signal,
      };
      await issuer.obtain({ ...order, keep: (issued) => this.#keep(issued) });
      const until = new Date(this.#current?.validity.until ?? 0).toISOString();
      log.info(
        `certificate for ${this.#text}: ${before ? 'renewed' : 'obtained'} from "${issuer.plan.name}", valid until ${until}`,
      );
    } finally {
      await claim?.release();
    }
    this.#options.changed();
    return 'got';
  }

  async #keep(issued: Issued): Promise<void> {
    await this.#store.write(issued);
    this.#take(issued);
    await this.#scheduleUsual();
  }

  /** Whether there is another one on the disk, that lives longer. */
  async #hasOther(before: string | undefined): Promise<boolean> {
    const stored = await this.#store.read();
    if (!stored || stored.certificate === before || !this.issuer.isOwn(stored.certificate)) return false;
    if (validityOf(stored.certificate).until <= (this.#current?.validity.until ?? this.#options.clock.now()))
      return false;
    this.#take(stored);
    if (stored.renewal) this.#renewal = stored.renewal;
    else await this.#scheduleUsual();
    this.#options.changed();
    return true;
  }

  #take({ certificate, key }: Issued): void {
    const validity = validityOf(certificate);
    this.#current = { material: { certificate, key, ocspResponse: undefined }, validity };
    this.#renewal = { renewsAt: usualRenewalTime(validity, this.#options.clock.random()), window: undefined };
    this.#lookAt = 0;
    this.#retryAt = 0;
    this.#failures = 0;
    this.#failure = undefined;
  }

  async #scheduleUsual(): Promise<void> {
    if (this.#renewal) await this.#schedule(this.#renewal);
  }

  async #schedule(renewal: RenewalPlan): Promise<void> {
    this.#renewal = renewal;
    await this.#store.writeRenewal(renewal);
  }

  #logFailure(reason: string, log: Log): void {
    const again = `it is tried again at ${new Date(this.#retryAt).toISOString()}`;
    const message = `certificate for ${this.#text}: ${reason}; ${again}`;
    if (!this.#current) {
      log.error(message);
      return;
    }
    const { from, until } = this.#current.validity;
    const restMs = until - this.#options.clock.now();
    const ends = restMs > 0 ? `ends in ${Math.floor(restMs / 3_600_000)} hours` : 'HAS ENDED';
    const level = restMs > (until - from) * alarmingShare ? 'warn' : 'error';
    log[level](`${message}; the one in use ${ends}`);
  }
}

function validityOf(certificate: string): Validity {
  const { validFromDate, validToDate } = new X509Certificate(certificate);
  return { from: validFromDate.getTime(), until: validToDate.getTime() };
}
