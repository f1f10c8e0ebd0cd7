import type { CachePurgeRequest } from './cache-store.ts';
import type { DiskEntry } from './disk-entry.ts';
import { isMeant } from './head-match.ts';

/** How long after a purge files are still told of that were begun before it, in milliseconds. */
const lateMs = 60_000;

/** Purges that are kept in mind at most: where there are more, the oldest are all but over. */
const most = 1000;

interface Guard {
  readonly what: CachePurgeRequest;
  /** What was begun to be kept until then is meant. */
  readonly at: number;
  /** Undefined while files are still looked into. */
  endsAt: number | undefined;
}

/** What was purged of late, for files that have not been looked into since. Times in milliseconds since 1970. */
export class PurgeGuards {
  readonly #guards: Guard[] = [];

  get isEmpty(): boolean {
    return this.#guards.length === 0;
  }

  add(what: CachePurgeRequest, at: number): void {
    this.#guards.push({ what, at, endsAt: what.kind === 'key' ? at + lateMs : undefined });
    if (this.#guards.length > most) this.#guards.shift();
  }

  /** All files that were there were looked into. */
  swept(at: number, now: number): void {
    for (const guard of this.#guards) if (guard.at === at) guard.endsAt = now + lateMs;
  }

  forget(now: number): void {
    const left = this.#guards.filter(({ endsAt }) => endsAt === undefined || endsAt > now);
    this.#guards.splice(0, this.#guards.length, ...left);
  }

  isPurged({ start: { key, begunAt }, head }: DiskEntry): boolean {
    return this.#guards.some(({ what, at }) => begunAt <= at && isMeant(what, key, head));
  }
}
