import type { Log } from '../../observe/log.ts';
import type { OnDemandPlan } from '../../plan/tls-plan.ts';
import type { CertificateMaterial } from '../tls-material.ts';
import { AskHook } from './ask-hook.ts';
import type { CertificateIssuer } from './certificate-issuer.ts';
import type { Clock } from './clock.ts';
import { isHostName } from './host-name.ts';
import type { ManagedCertificate } from './managed-certificate.ts';

export interface OnDemandOptions {
  readonly plan: OnDemandPlan;
  readonly issuer: CertificateIssuer;
  readonly log: Log;
  readonly clock: Clock;
  /** A certificate that is neither read nor begun. */
  create(name: string, isAllowed: () => Promise<boolean | undefined>): ManagedCertificate;
}

/** Certificates that are looked after at a time: others are read from the disk again. */
const maxKept = 10_000;

/** Orders under way, and begun in an hour: what somebody could bring about who knows names that the hook allows. Let's Encrypt takes 100 an hour. */
const maxOrders = 20;
const maxOrdersPerHour = 100;

const hourMs = 3_600_000;

/** Certificates for names as they are asked for, of one issuer and one hook. */
export class OnDemandCertificates {
  readonly #options: OnDemandOptions;
  readonly #hook: AskHook;
  /** The one that was asked for longest ago first. */
  readonly #kept: Map<string, ManagedCertificate> = new Map();
  readonly #opening: Map<string, Promise<ManagedCertificate | undefined>> = new Map();
  readonly #obtaining: Map<string, Promise<void>> = new Map();
  #orders = 0;
  #isClosed = false;
  #hour: { readonly from: number; count: number } = { from: Number.NEGATIVE_INFINITY, count: 0 };

  constructor(options: OnDemandOptions) {
    this.#options = options;
    const { plan, log, clock } = options;
    this.#hook = new AskHook({
      url: plan.ask,
      steadyMs: () => clock.steadyMs(),
      failed: (reason) => log.warn(reason),
    });
  }

  get certificates(): Iterable<ManagedCertificate> {
    return this.#kept.values();
  }

  /** Undefined where there is to be none, or there can be none now. Never throws. */
  async wanted(name: string): Promise<CertificateMaterial | undefined> {
    if (!isHostName(name)) return undefined;
    try {
      const certificate = this.#kept.get(name) ?? (await this.#opened(name));
      if (!certificate) return undefined;
      if (this.#kept.delete(name)) this.#kept.set(name, certificate);
      if (!certificate.material || certificate.hasEnded) await this.#obtained(certificate, name);
      return certificate.material;
    } catch (error) {
      this.#options.log.error(`certificate for ${name}: ${(error as Error).message}`);
      return undefined;
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const certificate of this.#kept.values()) certificate.close();
    this.#kept.clear();
  }

  #opened(name: string): Promise<ManagedCertificate | undefined> {
    const before = this.#opening.get(name);
    if (before) return before;
    const opening = this.#open(name).finally(() => this.#opening.delete(name));
    this.#opening.set(name, opening);
    return opening;
  }

  /** What is on the disk is used without asking; the hook is asked before it is renewed. */
  async #open(name: string): Promise<ManagedCertificate | undefined> {
    const certificate = this.#options.create(name, () => this.#hook.allows(name));
    await certificate.load();
    if (!certificate.material && !(await this.#hook.allows(name))) return undefined;
    if (this.#isClosed) {
      certificate.close();
      return undefined;
    }
    this.#keep(name, certificate);
    if (certificate.material) certificate.start();
    return certificate;
  }

  #keep(name: string, certificate: ManagedCertificate): void {
    this.#kept.set(name, certificate);
    if (this.#kept.size <= maxKept) return;
    for (const [oldest, each] of this.#kept) {
      if (each.isBusy || each === certificate) continue;
      this.#kept.delete(oldest);
      each.close();
      return;
    }
  }

  /** However many wait for it, it is one order. */
  #obtained(certificate: ManagedCertificate, name: string): Promise<void> {
    const before = this.#obtaining.get(name);
    if (before) return before;
    const obtaining = this.#obtain(certificate, name).finally(() => this.#obtaining.delete(name));
    this.#obtaining.set(name, obtaining);
    return obtaining;
  }

  async #obtain(certificate: ManagedCertificate, name: string): Promise<void> {
    if (!certificate.isBusy) {
      if (certificate.isPausing || !(await this.#hook.allows(name)) || !this.#mayOrder(name)) return;
    }
    this.#orders++;
    try {
      if (await certificate.obtain()) certificate.start();
    } finally {
      this.#orders--;
    }
  }

  #mayOrder(name: string): boolean {
    const { clock, log } = this.#options;
    const now = clock.steadyMs();
    if (now - this.#hour.from >= hourMs) this.#hour = { from: now, count: 0 };
    if (this.#orders >= maxOrders || this.#hour.count >= maxOrdersPerHour) {
      log.warn(`certificate for ${name} is not asked for: there are too many orders at present`);
      return false;
    }
    this.#hour.count++;
    return true;
  }
}
