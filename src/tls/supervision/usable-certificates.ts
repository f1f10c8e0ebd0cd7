import { createSecureContext } from 'node:tls';
import type { Log } from '../../observe/log.ts';
import { contextOptions } from '../context-options.ts';
import { messageOf } from '../read-file.ts';
import type { CertificateMaterial, TlsMaterial } from '../tls-material.ts';

/** What a certificate is for that was got: a plan, and a name where it was got on demand. */
export interface GotFor {
  /** Names the plan. */
  readonly plan: string;
  readonly name: string | undefined;
}

/** One that was got on demand. */
export interface UsableOnDemand {
  readonly name: string;
  readonly certificate: string;
}

interface Judged extends GotFor {
  /** What the certificate is to be used with. */
  readonly id: string;
  readonly certificate: string;
  /** The one that can be used: the last that could where this one cannot. */
  readonly usable: CertificateMaterial | undefined;
  readonly failure: string | undefined;
}

/** Which of the certificates that are got OpenSSL takes with the other settings of their servers, before front threads have them. */
export class UsableCertificates {
  readonly #log: Log;
  readonly #maxOnDemand: number;
  /** By their plans. */
  readonly #judged: Map<string, Judged> = new Map();
  /** By their plans and names; the one that was asked for longest ago first. */
  readonly #onDemand: Map<string, Judged> = new Map();

  /** `maxOnDemand`: more of those that are got on demand are judged anew each time. */
  constructor(log: Log, maxOnDemand: number) {
    this.#log = log;
    this.#maxOnDemand = maxOnDemand;
  }

  /** What can be used of what was got for a server, whose files gave `material`. `what`: names it in the log. */
  take(wanted: GotFor, material: TlsMaterial, got: CertificateMaterial, what: string): CertificateMaterial | undefined {
    const before = this.#find(wanted);
    if (before?.id === material.id && before.certificate === got.certificate) {
      this.#keep(before);
      return before.usable;
    }
    const failure = failureOf(material, got);
    let usable: CertificateMaterial | undefined = got;
    if (failure !== undefined) {
      this.#log.error(`${what} cannot be used: ${failure}`);
      usable = before?.usable && failureOf(material, before.usable) === undefined ? before.usable : undefined;
    }
    this.#keep({ ...wanted, id: material.id, certificate: got.certificate, usable, failure });
    return usable;
  }

  /** Why what was last got for this cannot be used. */
  failure(wanted: GotFor): string | undefined {
    return this.#find(wanted)?.failure;
  }

  /** Those that are in use of what was got on demand. */
  *onDemand(): Iterable<UsableOnDemand> {
    for (const { name = '', usable } of this.#onDemand.values()) {
      if (usable) yield { name, certificate: usable.certificate };
    }
  }

  /** Forgets those of other plans. */
  keepOnly(plans: ReadonlySet<string>): void {
    for (const all of [this.#judged, this.#onDemand]) {
      for (const [key, { plan }] of all) if (!plans.has(plan)) all.delete(key);
    }
  }

  #find({ plan, name }: GotFor): Judged | undefined {
    return name === undefined ? this.#judged.get(plan) : this.#onDemand.get(`${name} ${plan}`);
  }

  #keep(judged: Judged): void {
    const { plan, name } = judged;
    if (name === undefined) {
      this.#judged.set(plan, judged);
      return;
    }
    const key = `${name} ${plan}`;
    this.#onDemand.delete(key);
    this.#onDemand.set(key, judged);
    const [oldest] = this.#onDemand.keys();
    if (this.#onDemand.size > this.#maxOnDemand && oldest !== undefined) this.#onDemand.delete(oldest);
  }
}

function failureOf(material: TlsMaterial, got: CertificateMaterial): string | undefined {
  try {
    createSecureContext(contextOptions({ ...material, certificates: [...material.certificates, got] }));
    return undefined;
  } catch (error) {
    return `OpenSSL does not take it with these settings: ${messageOf(error)}`;
  }
}
