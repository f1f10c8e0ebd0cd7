import { X509Certificate } from 'node:crypto';
import type { Log } from '../../observe/log.ts';
import type { ManagedCertificateStatus } from '../supervision/certificate-source.ts';
import type { CertificateMaterial } from '../tls-material.ts';
import type { CertificateIssuer, Issued } from './certificate-issuer.ts';
import { CertificateStore, type RenewalPlan, type StoredCertificate } from './certificate-store.ts';
import type { Clock } from './clock.ts';
import { FolderClaim } from './folder-claim.ts';
import { type RenewalWindow, suggestedRenewalTime, usualRenewalTime, type Validity } from './renewal-time.ts';
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
  /** Whether a certificate may be asked for now, where it is got on demand; its answer is undefined where nobody knows. */
  readonly isAllowed?: (() => Promise<boolean | undefined>) | undefined;
  /** There is another certificate. */
  changed(): void;
}

/** What an attempt has come to: `elsewhere` where another process is at it. */
type Outcome = 'got' | 'failed' | 'elsewhere';

/** How often a certificate is looked for that another process orders; first sooner: a process that is replaced goes soon. */
const firstClaimPauseMs = 1_000;
const claimPauseMs = 5_000;

/** Between an order that has worked and the next one, whatever the CA and the clock say: half of what the certificate has left, within these. */
const shortestPauseMs = 60_000;
const longestPauseMs = 3_600_000;

/** Until somebody is asked again whether there may be a certificate, who gave no answer. */
const unansweredPauseMs = 60_000;

/** The clock of the system is looked at so often: it may have been set. */
const longestSleepMs = 3_600_000;

/** Certificates that end so soon are warned of louder. */
const alarmingShare = 0.15;

interface Held {
  readonly issued: Issued;
  readonly validity: Validity;
  readonly renewal: RenewalPlan;
}

interface Used extends Held {
  readonly material: CertificateMaterial;
}

/** One certificate: read from the disk, got where there is none, renewed in time. What is there is never given up for a failure. */
export class ManagedCertificate {
  readonly names: readonly string[];
  readonly issuer: CertificateIssuer;
  readonly #options: ManagedCertificateOptions;
  readonly #store: CertificateStore;
  readonly #stop = new AbortController();
  #wake = new AbortController();
  #current: Used | undefined;
  /** Got, but not valid yet while the current one is. */
  #next: Held | undefined;
  /** What is not on the disk, for a failure there. */
  #unsaved: Held | undefined;
  /** These two by the steady clock. */
  #lookAt = 0;
  #retryAt = 0;
  #claimPauseMs = firstClaimPauseMs;
  #failures = 0;
  #refusals = 0;
  #failure: string | undefined;
  #attempt: Promise<Outcome> | undefined;
  #running: Promise<void> | undefined;
  /** One after the other: the last one stays. */
  #saving: Promise<void> = Promise.resolve();

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

  /** An attempt was made shortly before. */
  get isPausing(): boolean {
    return this.#options.clock.steadyMs() < this.#retryAt;
  }

  /** Takes what is on the disk. Throws errors of the system. */
  async load(): Promise<void> {
    for (const held of await this.#stored()) {
      const waitsMs = this.#waitsMs(held);
      if (waitsMs > 0) this.#waitWith(held, waitsMs);
      else if (!this.#current) this.#take(held);
      else if (this.#isNewer(held)) {
        // It has waited long enough, and is put in its place on the disk.
        this.#take(held);
        this.#unsaved = held;
      }
    }
  }

  /** From now on what is missing is got, and what ends is renewed. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** One attempt, or the one that is under way; none where there was one shortly before. Resolves with whether there is a new certificate. */
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
    const current = this.#current;
    if (!current) return false;
    await this.issuer.revoke(current.issued.certificate, this.#stop.signal);
    log.info(`certificate for ${this.#text} is revoked`);
    await this.#plan(current, { renewsAt: 0, isRevoked: true });
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
      renewsAt: this.#current?.renewal.renewsAt,
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
      await clock.wait(await this.#step(), woken).catch(() => undefined);
    }
  }

  /** Does what is due; returns for how long nothing is, in milliseconds. */
  async #step(): Promise<number> {
    const { clock } = this.#options;
    await this.#lookForOther();
    await this.#change();
    if (this.#unsaved) await this.#save(this.#unsaved);
    if (this.#current && clock.steadyMs() >= this.#lookAt) await this.#look();
    if (this.#dueInMs() <= 0) await this.#obtainAllowed();
    const lookInMs = this.#current ? this.#lookAt - clock.steadyMs() : longestSleepMs;
    const changeInMs = this.#next && !this.#attempt ? this.#next.validity.from - clock.now() : longestSleepMs;
    return Math.min(this.#dueInMs(), lookInMs, changeInMs, longestSleepMs);
  }

  #dueInMs(): number {
    const { clock } = this.#options;
    const renewsAt = this.#current?.renewal.renewsAt ?? 0;
    return Math.max(renewsAt - clock.now(), this.#retryAt - clock.steadyMs());
  }

  async #obtainAllowed(): Promise<void> {
    const { clock, isAllowed, log } = this.#options;
    const allowed = isAllowed ? await isAllowed() : true;
    if (allowed) {
      this.#refusals = 0;
      await this.obtain();
      return;
    }
    if (allowed === false && this.#refusals++ === 0) {
      this.#failure = 'it is not allowed any more';
      log.info(`certificate for ${this.#text} is not renewed: ${this.#failure}`);
    }
    this.#pause(allowed === undefined ? unansweredPauseMs : retryDelayMs(this.#refusals, clock.random()));
  }

  /** Asks the issuer when it wants the certificate renewed. */
  async #look(): Promise<void> {
    const { clock, log } = this.#options;
    const current = this.#current;
    if (!current) return;
    let lookAgainMs = 3_600_000;
    try {
      const suggestion = await this.issuer.suggestion(current.issued.certificate, this.#stop.signal);
      lookAgainMs = suggestion?.lookAgainMs ?? 86_400_000;
      if (suggestion && this.#current?.issued === current.issued) await this.#follow(this.#current, suggestion.window);
    } catch (error) {
      if (!this.#stop.signal.aborted) log.debug(`certificate for ${this.#text}: ${(error as Error).message}`);
    }
    this.#lookAt = clock.steadyMs() + lookAgainMs;
  }

  async #follow(current: Used, window: RenewalWindow): Promise<void> {
    const { renewal, validity } = current;
    const { start, end } = renewal.window ?? {};
    // What was taken back is renewed, whatever else the CA thinks of it.
    if (renewal.isRevoked || (window.start === start && window.end === end)) return;
    const isUseless = renewal.followsPast && window.end <= renewal.obtainedAt;
    const renewsAt = isUseless
      ? renewal.renewsAt
      : suggestedRenewalTime(window, validity, this.#options.clock.random());
    await this.#plan(current, { renewsAt, window });
  }

  async #tryOnce(): Promise<Outcome> {
    const { turns, clock, isAllowed, log } = this.#options;
    try {
      const isUrgent = !isAllowed || this.#current !== undefined;
      const outcome = await turns.take(() => this.#claimed(), isUrgent);
      if (outcome === 'elsewhere') {
        this.#pause(this.#claimPauseMs);
        this.#claimPauseMs = claimPauseMs;
      }
      return outcome;
    } catch (error) {
      if (this.#stop.signal.aborted) return 'failed';
      const { message, retryAfterMs = 0 } = error as Error & { readonly retryAfterMs?: number };
      this.#failure = message;
      const restMs = this.#current ? this.#current.validity.until - clock.now() : Number.POSITIVE_INFINITY;
      const wantedMs = Math.min(retryAfterMs, restMs / 2);
      const pauseMs = Math.max(wantedMs, retryDelayMs(++this.#failures, clock.random()));
      this.#pause(pauseMs);
      this.#logFailure(message, pauseMs, log);
      return 'failed';
    }
  }

  async #claimed(): Promise<Outcome> {
    const { issuer, log } = this.#options;
    const { signal } = this.#stop;
    signal.throwIfAborted();
    const before = this.#current?.issued.certificate;
    const claim = await FolderClaim.take(this.#store.folder);
    const kept: Held[] = [];
    try {
      // Another process may have got it by now.
      if (await this.#takeOther()) return 'got';
      if (!claim) return 'elsewhere';
      if (!issuer.isLocal)
        log.info(`certificate for ${this.#text}: ${before ? 'renewing' : 'asking'} "${issuer.plan.name}"`);
      const keep = async (issued: Issued): Promise<void> => {
        const held = this.#newOne(issued);
        kept.push(held);
        await this.#save(held);
      };
      const order = { names: this.names, replaces: before, folder: this.#store.folder, failures: this.#failures };
      await issuer.obtain({ ...order, signal, keep });
    } finally {
      await claim?.release().catch(() => undefined);
      const [held] = kept;
      if (held) this.#adopt(held);
    }
    return 'got';
  }

  #newOne(issued: Issued): Held {
    const validity = validityOf(issued.certificate);
    const { window, obtainedAt = 0 } = this.#current?.renewal ?? {};
    const followsPast = window !== undefined && window.end <= obtainedAt;
    return { issued, validity, renewal: { ...this.#usualPlan(validity, this.#options.clock.now()), followsPast } };
  }

  #adopt(held: Held): void {
    const { log } = this.#options;
    const until = new Date(held.validity.until).toISOString();
    const what = this.#current ? 'renewed' : 'obtained';
    log.info(`certificate for ${this.#text}: ${what} from "${this.issuer.plan.name}", valid until ${until}`);
    this.#place(held);
  }

  /** At once, or when it is valid where the one in use is until then. */
  #place(held: Held): void {
    const waitsMs = this.#waitsMs(held);
    if (waitsMs > 0) this.#waitWith(held, waitsMs);
    else this.#use(held);
  }

  /** How long a certificate is not used yet, in milliseconds. */
  #waitsMs({ validity }: Held): number {
    if (!this.#current || this.hasEnded || this.#current.renewal.isRevoked) return 0;
    return Math.max(0, validity.from - this.#options.clock.now());
  }

  #waitWith(held: Held, ms: number): void {
    this.#next = held;
    this.#failures = 0;
    this.#failure = undefined;
    this.#pause(ms);
  }

  /** A full disk takes no certificate from anybody: it is used, and written later. */
  async #save(held: Held): Promise<void> {
    try {
      const waits = this.#waitsMs(held) > 0;
      await (waits ? this.#store.writeNext(held.issued) : this.#store.write(held.issued));
      this.#unsaved = undefined;
      if (!waits) await this.#savePlan(held);
    } catch (error) {
      if (!this.#unsaved)
        this.#options.log.error(`certificate for ${this.#text} cannot be kept: ${(error as Error).message}`);
      this.#unsaved = held;
    }
  }

  /** What another process has got is taken, soon or late. */
  async #lookForOther(): Promise<void> {
    try {
      if (!this.#attempt) await this.#takeOther();
    } catch (error) {
      this.#options.log.debug(`certificate for ${this.#text}: ${(error as Error).message}`);
    }
  }

  /** Takes another one that is on the disk and newer; false where there is none. */
  async #takeOther(): Promise<boolean> {
    const attempt = this.#attempt;
    const others = await this.#stored();
    if (this.#stop.signal.aborted || this.#attempt !== attempt) return false;
    const [other] = others.filter((held) => this.#isNewer(held));
    if (!other) return false;
    this.#options.log.info(`certificate for ${this.#text}: another process has got it`);
    this.#place(other);
    this.#unsaved = undefined;
    return true;
  }

  /** What is on the disk and not known. Throws errors of the system. */
  async #stored(): Promise<readonly Held[]> {
    const known = [this.#current?.issued.certificate, this.#next?.issued.certificate];
    const stored = await this.#store.read(known);
    return stored.filter(({ certificate }) => this.issuer.isOwn(certificate)).map((each) => this.#storedOne(each));
  }

  /** Or as new: some CAs have all certificates of a day begin at the same time. */
  #isNewer({ validity: { from, until } }: Held): boolean {
    if (until <= this.#options.clock.now()) return false;
    if (!this.#current || this.#current.renewal.isRevoked) return true;
    const { validity } = this.#current;
    return from > validity.from || (from === validity.from && until >= validity.until);
  }

  #storedOne(stored: StoredCertificate): Held {
    const validity = validityOf(stored.certificate);
    const { certificate, key, renewal = this.#usualPlan(validity, validity.from) } = stored;
    return { issued: { certificate, key }, validity, renewal };
  }

  #usualPlan({ from, until }: Validity, obtainedAt: number): RenewalPlan {
    const renewsAt = usualRenewalTime({ from: Math.max(from, obtainedAt), until }, this.#options.clock.random());
    return { renewsAt, window: undefined, obtainedAt, isRevoked: false, followsPast: false };
  }

  /** The next one is valid by now. An order that is under way puts something else on the disk. */
  async #change(): Promise<void> {
    const next = this.#next;
    if (!next || this.#attempt || next.validity.from > this.#options.clock.now()) return;
    this.#use(next);
    await this.#save(next);
  }

  #use(held: Held): void {
    this.#take(held);
    const restMs = held.validity.until - this.#options.clock.now();
    this.#pause(Math.max(shortestPauseMs, Math.min(longestPauseMs, restMs / 2)));
    this.#options.changed();
  }

  #take(held: Held): void {
    const { certificate, key } = held.issued;
    this.#current = { ...held, material: { certificate, key, ocspResponse: undefined } };
    this.#next = undefined;
    this.#lookAt = 0;
    this.#retryAt = 0;
    this.#failures = 0;
    this.#failure = undefined;
  }

  #pause(ms: number): void {
    this.#retryAt = this.#options.clock.steadyMs() + ms;
  }

  /** Changes the plan of this certificate where it is still in use. */
  async #plan({ issued }: Used, changes: Partial<RenewalPlan>): Promise<void> {
    if (this.#current?.issued !== issued) return;
    this.#current = { ...this.#current, renewal: { ...this.#current.renewal, ...changes } };
    await this.#savePlan(this.#current);
  }

  /** What cannot be written is found out again. */
  async #savePlan({ issued, renewal }: Held): Promise<void> {
    const { log } = this.#options;
    this.#saving = this.#saving
      .then(() => this.#store.writeRenewal(issued.certificate, renewal))
      .catch((error: Error) => log.debug(error.message));
    await this.#saving;
  }

  #logFailure(reason: string, pauseMs: number, log: Log): void {
    const now = this.#options.clock.now();
    const again = `it is tried again at ${new Date(now + pauseMs).toISOString()}`;
    const message = `certificate for ${this.#text}: ${reason}; ${again}`;
    if (!this.#current) {
      log.error(message);
      return;
    }
    const { from, until } = this.#current.validity;
    const restMs = until - now;
    const ends = restMs > 0 ? `ends in ${Math.floor(restMs / 3_600_000)} hours` : 'HAS ENDED';
    const level = restMs > (until - from) * alarmingShare ? 'warn' : 'error';
    log[level](`${message}; the one in use ${ends}`);
  }
}

function validityOf(certificate: string): Validity {
  const { validFromDate, validToDate } = new X509Certificate(certificate);
  return { from: validFromDate.getTime(), until: validToDate.getTime() };
}
