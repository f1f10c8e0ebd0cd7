import { hash as digest, randomBytes } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import { hashKind, isPassword } from './password-hash.ts';
import type { PasswordAnswer, PasswordTask } from './password-worker.ts';

/** Checks that wait or are under way; a bcrypt of cost 12 takes 0.3 s. */
const mostChecks = 64;
/** Pairs of password and hash that are known to be right, and for how long, in milliseconds. */
const mostKnown = 1000;
const knownMs = 300_000;

interface Waiting {
  readonly result: Promise<boolean>;
  settle(isRight: boolean | Error): void;
}

/** There are too many passwords to be checked. */
export class TooManyPasswords extends Error {}

/**
 * Checks passwords. What takes long is done by a thread of its own, one after the other, and what was right is remembered for 5
 * minutes by a hash that is of no use elsewhere, so that not every request of a user pays for it.
 */
export class PasswordChecker {
  readonly #now: () => number;
  readonly #secret: string = randomBytes(32).toString('hex');
  /** When it was found right, by digest; the oldest first. */
  readonly #known: Map<string, number> = new Map();
  /** By digest, so that one password is checked once however many requests wait for it. */
  readonly #waiting: Map<string, Waiting> = new Map();
  readonly #digests: Map<number, string> = new Map();
  #worker: Worker | undefined;
  #lastId = 0;

  /** `now`: milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Whether the password, latin-1 of its bytes, is the one of the hash. Throws TooManyPasswords. */
  check(password: string, hash: string): boolean | Promise<boolean> {
    if (hashKind(hash) !== 'slow') return isPassword(password, hash);
    const key = digest('sha256', `${this.#secret}${hash}\0${password}`, 'base64');
    const since = this.#known.get(key);
    if (since !== undefined && this.#now() - since < knownMs) return true;
    const waiting = this.#waiting.get(key);
    if (waiting) return waiting.result;
    if (this.#waiting.size >= mostChecks) throw new TooManyPasswords();
    return this.#start(key, { id: ++this.#lastId, password, hash });
  }

  /** Ends the thread; what was waited for fails. */
  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #start(key: string, task: PasswordTask): Promise<boolean> {
    const { promise, resolve, reject } = Promise.withResolvers<boolean>();
    this.#waiting.set(key, {
      result: promise,
      settle: (isRight) => (typeof isRight === 'boolean' ? resolve(isRight) : reject(isRight)),
    });
    this.#digests.set(task.id, key);
    this.#worker ??= this.#startWorker();
    // The process need not stay for the thread, but for what is asked of it.
    this.#worker.ref();
    this.#worker.postMessage(task);
    return promise;
  }

  #startWorker(): Worker {
    const worker = new Worker(new URL('./password-worker.ts', import.meta.url), { name: 'passwords' });
    let cause: Error | undefined;
    worker.on('message', ({ id, isRight }: PasswordAnswer) => this.#answered(id, isRight));
    worker.on('error', (error: Error) => {
      cause = error;
    });
    worker.on('exit', () => {
      this.#worker = undefined;
      for (const id of [...this.#digests.keys()]) {
        this.#settle(id, cause ?? new Error('The thread that checks passwords has ended'));
      }
    });
    return worker;
  }

  #answered(id: number, isRight: boolean): void {
    const key = this.#settle(id, isRight);
    if (this.#waiting.size === 0) this.#worker?.unref();
    if (!isRight || key === undefined) return;
    this.#known.delete(key);
    this.#known.set(key, this.#now());
    if (this.#known.size > mostKnown) this.#known.delete(this.#known.keys().next().value ?? '');
  }

  #settle(id: number, isRight: boolean | Error): string | undefined {
    const key = this.#digests.get(id);
    if (key === undefined) return undefined;
    this.#digests.delete(id);
    this.#waiting.get(key)?.settle(isRight);
    this.#waiting.delete(key);
    return key;
  }
}
