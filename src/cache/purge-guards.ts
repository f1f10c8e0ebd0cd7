import type { CachePurgeRequest, StoredHead } from './cache-store.ts';
import { keyNameOf } from './entry-file.ts';
import { isMeant } from './head-match.ts';

/** How long after a purge it is still known what it meant, in milliseconds. */
const lateMs = 60_000;

/** Purges of keys, and of more, that are kept in mind at most. */
const mostKeys = 10_000;
const mostOthers = 1000;

/** A purge of more than a key. */
export interface Guard {
  readonly what: CachePurgeRequest;
  /** What was begun until then is meant. */
  readonly at: number;
  /** Undefined while files are still looked into. */
  endsAt: number | undefined;
  /** Entries that were removed since because they were meant. */
  removed: number;
}

/** What was purged of late, for answers that are being fetched, and files that have not been looked into since. Times in milliseconds since 1970. */
export class PurgeGuards {
  readonly #now: () => number;
  /** When a key was purged, by its name. The oldest first. */
  readonly #keys: Map<string, number> = new Map();
  #others: Guard[] = [];
  /** Purges until then may not be known any more. */
  #forgottenAt = 0;
  #stampedAt = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Now, but later each time: which came first is told also of what is begun, or purged, in the same millisecond. */
  stamp(): number {
    this.#stampedAt = Math.max(this.#now(), this.#stampedAt + 0.001);
    return this.#stampedAt;
  }

  /** What was begun until `at` is meant from now on. */
  add(what: CachePurgeRequest, at: number): Guard {
    this.#stampedAt = Math.max(this.#stampedAt, at);
    const guard: Guard = { what, at, endsAt: undefined, removed: 0 };
    if (what.kind !== 'key') {
      this.#others.push(guard);
      if (this.#others.length > mostOthers) this.#forget(this.#others.shift()?.at);
      return guard;
    }
    const name = keyNameOf(what.value);
    this.#keys.delete(name);
    this.#keys.set(name, at);
    if (this.#keys.size > mostKeys) this.#forgetOldest();
    return guard;
  }

  /** All files that were there were looked into. */
  swept(at: number): void {
    for (const guard of this.#others) if (guard.at === at) guard.endsAt = this.#now() + lateMs;
  }

  /** Forgets what was purged long ago. */
  forgetOld(): void {
    const now = this.#now();
    for (const at of this.#keys.values()) {
      if (at + lateMs > now) break;
      this.#forgetOldest();
    }
    const isOver = ({ endsAt }: Guard): boolean => endsAt !== undefined && endsAt <= now;
    for (const { at } of this.#others.filter(isOver)) this.#forget(at);
    this.#others = this.#others.filter((guard) => !isOver(guard));
  }

  /** Whether a purge may have meant answers of a key of that name. */
  mayMean(keyName: string): boolean {
    return this.#others.length > 0 || this.#keys.has(keyName);
  }

  /** Whether an answer was purged since it was begun. Gives the purge that meant it where that was one of more than a key. */
  isPurged(key: string, head: Pick<StoredHead, 'tags'>, begunAt: number): Guard | boolean {
    if (this.#keys.size > 0 && begunAt <= (this.#keys.get(keyNameOf(key)) ?? -1)) return true;
    return this.#others.find(({ what, at }) => begunAt <= at && isMeant(what, key, head)) ?? false;
  }

  /** Whether what was begun so long ago may be kept: not where it was purged since, or that is not known any more. */
  mayKeep(key: string, head: Pick<StoredHead, 'tags'>, begunAt: number): boolean {
    return begunAt > this.#forgottenAt && this.isPurged(key, head, begunAt) === false;
  }

  #forgetOldest(): void {
    for (const [name, at] of this.#keys) {
      this.#keys.delete(name);
      this.#forget(at);
      break;
    }
  }

  #forget(at = 0): void {
    this.#forgottenAt = Math.max(this.#forgottenAt, at);
  }
}
