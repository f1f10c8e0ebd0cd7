import { statSync } from 'node:fs';
import type { TlsPlan } from '../../plan/tls-plan.ts';
import { messageOf } from '../read-file.ts';
import { filesOf, readTlsMaterial } from '../read-material.ts';
import type { TlsMaterial } from '../tls-material.ts';

export interface WatchedFilesOptions {
  readonly plan: TlsPlan;
  readonly names: readonly string[];
  now(): Date;
  warn(message: string): void;
}

/** Put in the place of a ticket key: the supervisor has the real one. */
const noSecret = new Uint8Array(48);

/** The files of one plan. They are read together again when one of them has changed. */
export class WatchedFiles {
  readonly plan: TlsPlan;
  readonly #options: WatchedFilesOptions;
  readonly #paths: readonly string[];
  #material: TlsMaterial;
  /** How the files looked just before they were last read, with success or without. */
  #seen: string;
  /** Why they could not be used the last time. */
  #failure: string | undefined;

  /** Reads them. Throws TlsFileError. */
  constructor(options: WatchedFilesOptions) {
    this.plan = options.plan;
    this.#options = options;
    this.#paths = filesOf(options.plan);
    this.#seen = this.#looks();
    this.#material = this.#read();
  }

  /** What was last read of them with success. */
  get material(): TlsMaterial {
    return this.#material;
  }

  /** They are as they were when they were read. */
  isFresh(): boolean {
    return this.#failure === undefined && this.#looks() === this.#seen;
  }

  /** Reads them again where they have changed; whether there is something new. A pair that is half-written by then is read when it is whole. */
  look(): boolean {
    const seen = this.#looks();
    if (seen === this.#seen) return false;
    this.#seen = seen;
    const before = this.#material.id;
    try {
      this.#material = this.#read();
      this.#failure = undefined;
      return this.#material.id !== before;
    } catch (error) {
      const reason = messageOf(error);
      if (this.#failure === undefined) this.#options.warn(`${reason}; what was there before is used until it can be`);
      this.#failure = reason;
      return false;
    }
  }

  #read(): TlsMaterial {
    const { plan, names, now, warn } = this.#options;
    return readTlsMaterial(plan, { ticketSecret: noSecret, names, now: now(), warn });
  }

  #looks(): string {
    return this.#paths.map(lookOf).join();
  }
}

function lookOf(path: string): string {
  try {
    const { ino, size, mtimeMs, ctimeMs } = statSync(path);
    return `${ino} ${size} ${mtimeMs} ${ctimeMs}`;
  } catch {
    return 'none';
  }
}
