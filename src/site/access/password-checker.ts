import { hash as digest, randomBytes } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import { isMapped, parseAddress } from '../../http/network.ts';
import { hashKind, isPassword } from './password-hash.ts';
import type { PasswordAnswer, PasswordTask } from './password-worker.ts';

/** Checks that wait or are under way; a bcrypt of cost 12 takes 0.3 s. */
const mostChecks = 64;
/** Those of them that one client or its network has asked for, so that it does not lock all others out. */
const mostOfClient = 8;
/** Pairs of password and hash that are known to be right, and for how long, in milliseconds. */
const mostKnown = 1000;
const knownMs = 300_000;

/** Who wants to know. */
export interface Asker {
  /** The client's; '' where it is not known, on a Unix socket. */
  readonly address: string;
  /** Calls back when nobody waits for the answer any longer. */
  onDone(listener: () => void): void;
}

interface Waiting {
  readonly task: PasswordTask;
  /** Whose it is: of the client that asked first. */
  readonly share: string | undefined;
  readonly result: Promise<boolean>;
  settle(isRight: boolean | Error): void;
  /** How many still wait. */
  askers: number;
}

/** There are too many passwords to be checked. */
export class TooManyPasswords extends Error {}

/** All who wanted to know have left before it was found out. */
export class NobodyAsks extends Error {}

/**
 * Checks passwords. What takes long is done by a thread of its own, one after the other, and what was right is remembered for 5
 * minutes after it was last used by a hash that is of no use elsewhere, so that not every request of a user pays for it.
 */
export class PasswordChecker {
  readonly #now: () => number;
  readonly #secret: string = randomBytes(32).toString('hex');
  /** When it was last found right, by digest; the oldest first. */
  readonly #known: Map<string, number> = new Map();
  /** By digest, so that one password is checked once however many requests wait for it. */
  readonly #waiting: Map<string, Waiting> = new Map();
  /** What the thread is at. */
  #current: string | undefined;
  #worker: Worker | undefined;

  /** `now`: milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Whether the password, latin-1 of its bytes, is the one of the hash. Throws TooManyPasswords; rejects with NobodyAsks. */
  check(password: string, hash: string, asker: Asker): boolean | Promise<boolean> {
    if (hashKind(hash) !== 'slow') return isPassword(password, hash);
    const key = digest('sha256', `${this.#secret}${hash}\0${password}`, 'base64');
    const since = this.#known.get(key);
    if (since !== undefined && this.#now() - since < knownMs) {
      this.#remember(key);
      return true;
    }
    const waiting = this.#waiting.get(key) ?? this.#add(key, { password, hash }, asker.address);
    waiting.askers++;
    asker.onDone(() => this.#left(key, waiting));
    this.#next();
    return waiting.result;
  }

  /** Ends the thread; what was waited for fails. */
  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #add(key: string, task: PasswordTask, address: string): Waiting {
    const share = shareOf(address);
    const ofClient = [...this.#waiting.values()].filter((each) => each.share === share).length;
    const isGreedy = share !== undefined && ofClient >= mostOfClient;
    if (this.#waiting.size >= mostChecks || isGreedy) throw new TooManyPasswords();
    const { promise, resolve, reject } = Promise.withResolvers<boolean>();
    const waiting: Waiting = {
      task,
      share,
      result: promise,
      settle: (isRight) => (typeof isRight === 'boolean' ? resolve(isRight) : reject(isRight)),
      askers: 0,
    };
    this.#waiting.set(key, waiting);
    return waiting;
  }

  /** What nobody waits for is not begun. */
  #left(key: string, waiting: Waiting): void {
    if (--waiting.askers > 0 || key === this.#current || this.#waiting.get(key) !== waiting) return;
    this.#waiting.delete(key);
    waiting.settle(new NobodyAsks());
  }

  /** Gives the thread what has waited for longest, where it has nothing to do. */
  #next(): void {
    if (this.#current !== undefined) return;
    const [first] = this.#waiting;
    if (!first) {
      this.#worker?.unref();
      return;
    }
    const [key, { task }] = first;
    this.#current = key;
    this.#worker ??= this.#startWorker();
    // The process need not stay for the thread, but for what is asked of it.
    this.#worker.ref();
    this.#worker.postMessage(task);
  }

  #startWorker(): Worker {
    const worker = new Worker(new URL('./password-worker.ts', import.meta.url), { name: 'passwords' });
    let cause: Error | undefined;
    worker.on('message', ({ isRight }: PasswordAnswer) => this.#answered(isRight));
    worker.on('error', (error: Error) => {
      cause = error;
    });
    worker.on('exit', () => {
      this.#worker = undefined;
      this.#current = undefined;
      const failed = [...this.#waiting.values()];
      this.#waiting.clear();
      for (const { settle } of failed) settle(cause ?? new Error('The thread that checks passwords has ended'));
    });
    return worker;
  }

  #answered(isRight: boolean): void {
    const key = this.#current;
    if (key === undefined) return;
    this.#current = undefined;
    this.#waiting.get(key)?.settle(isRight);
    this.#waiting.delete(key);
    this.#next();
    if (isRight) this.#remember(key);
  }

  #remember(key: string): void {
    this.#known.delete(key);
    this.#known.set(key, this.#now());
    if (this.#known.size > mostKnown) this.#known.delete(this.#known.keys().next().value ?? '');
  }
}

/**
 * Who shares {@link mostOfClient}: an IPv4 address, or an IPv6 network of 64 bits, which is one client's (RFC 4291 §2.5.4). Undefined
 * for who is not bound: this machine, whose proxy may stand for all clients, and a Unix socket.
 */
function shareOf(text: string): string | undefined {
  const address = parseAddress(text);
  if (!address) return undefined;
  const ipv4 = isMapped(address) ? address.subarray(12) : address;
  if (ipv4.length === 4) return ipv4[0] === 127 ? undefined : ipv4.join('.');
  const isLoopback = address[15] === 1 && address.subarray(0, 15).every((byte) => byte === 0);
  return isLoopback ? undefined : Buffer.from(address.subarray(0, 8)).toString('hex');
}
