import type { Percentiles } from './status.ts';

const leastMs = 0.25;
const perDoubling = 4;

/** Buckets of a histogram of times: the first is for all under 0.25 ms, four for each doubling follow, the last is for what is longer than three minutes. */
export const bucketCount = 80;

/** The bucket that a time in milliseconds belongs to. */
export function bucketOf(milliseconds: number): number {
  if (!(milliseconds > leastMs)) return 0;
  const bucket = 1 + Math.floor(Math.log2(milliseconds / leastMs) * perDoubling);
  return bucket < bucketCount ? bucket : bucketCount - 1;
}

/** The percentiles of what a histogram has counted, each to within a fifth: the middle of its bucket, in milliseconds. */
export function percentilesOf(counts: ArrayLike<number>): Percentiles {
  let total = 0;
  for (let bucket = 0; bucket < counts.length; bucket++) total += counts[bucket] ?? 0;
  const at = (share: number): number | null => {
    let left = total * share;
    for (let bucket = 0; bucket < counts.length; bucket++) {
      left -= counts[bucket] ?? 0;
      if (left <= 0) return middleOf(bucket);
    }
    return null;
  };
  return total === 0 ? { p50: null, p95: null, p99: null } : { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}

function middleOf(bucket: number): number {
  const value = leastMs * 2 ** ((bucket - 0.5) / perDoubling);
  return Number(value.toPrecision(3));
}

/** How often a histogram is looked at, and for how many such steps what it counted is remembered: about a minute. */
const stepMs = 10_000;
const rememberedSteps = 6;

/** The last minute of a histogram that only ever grows. */
export class RecentHistogram {
  readonly #read: () => Uint32Array;
  /** What it had counted at the end of each step, the oldest first. */
  readonly #steps: Uint32Array[];
  #nextStep: number;

  /** `read` copies the counts; `now` in milliseconds. */
  constructor(read: () => Uint32Array, now: number) {
    this.#read = read;
    this.#steps = [read()];
    this.#nextStep = now + stepMs;
  }

  /** Must be called every few seconds. */
  look(now: number): void {
    if (now < this.#nextStep) return;
    this.#nextStep = now + stepMs;
    this.#steps.push(this.#read());
    if (this.#steps.length > rememberedSteps) this.#steps.shift();
  }

  /** What it counted since a minute ago, by bucket. */
  counts(): Uint32Array {
    const before = this.#steps[0];
    // Modulo 2³²: the counts may have wrapped.
    return this.#read().map((count, bucket) => count - (before?.[bucket] ?? 0));
  }

  percentiles(): Percentiles {
    return percentilesOf(this.counts());
  }
}
