import { createSecureContext } from 'node:tls';
import type { Log } from '../../observe/log.ts';
import { contextOptions } from '../context-options.ts';
import { messageOf } from '../read-file.ts';
import type { CertificateMaterial, TlsMaterial } from '../tls-material.ts';

interface Judged {
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
  /** By their keys. */
  #judged: Map<string, Judged> = new Map();

  constructor(log: Log) {
    this.#log = log;
  }

  /** What can be used of what was got for a server, whose files gave `material`. `key`: names what it is for; `what` does so in the log. */
  take(key: string, material: TlsMaterial, got: CertificateMaterial, what: string): CertificateMaterial | undefined {
    const before = this.#judged.get(key);
    if (before?.id === material.id && before.certificate === got.certificate) return before.usable;
    const failure = failureOf(material, got);
    let usable: CertificateMaterial | undefined = got;
    if (failure !== undefined) {
      this.#log.error(`${what} cannot be used: ${failure}`);
      usable = before?.usable && failureOf(material, before.usable) === undefined ? before.usable : undefined;
    }
    this.#judged.set(key, { id: material.id, certificate: got.certificate, usable, failure });
    return usable;
  }

  /** Why what was last got for a key cannot be used. */
  failure(key: string): string | undefined {
    return this.#judged.get(key)?.failure;
  }

  /** Forgets those of other plans. */
  keepOnly(keys: ReadonlySet<string>): void {
    this.#judged = new Map([...this.#judged].filter(([key]) => keys.has(key)));
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
