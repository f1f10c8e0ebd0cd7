import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { WorkerRange } from '../options.ts';
import { scale, startScaling } from './scaling.ts';

/** Requests a second at a second; straight lines between. */
type Curve = readonly (readonly [second: number, rate: number])[];

const tickMs = 5;
const sampleMs = 500;
const threads = 4;
const meanServiceMs = 50;
/** Requests a second that keep one worker fully busy. */
const workerRate = (threads * 1000) / meanServiceMs;
/** A worker that has so much to do keeps its queue short. */
const fullShare = 0.8;

/** Each hour of the day is half a minute long. */
const dayOfSmallSite: Curve = [
  9, 6, 4, 3, 3, 5, 14, 35, 70, 96, 104, 99, 120, 110, 98, 92, 90, 84, 95, 125, 140, 101, 52, 22, 9,
].map((rate, hour) => [hour * 30, rate]);

interface Scenario {
  readonly curve: Curve;
  /** The most workers; 32 unless said otherwise. */
  readonly max?: number;
  /** From the decision to a worker that is ready; 300 unless said otherwise. */
  readonly startMs?: number;
  readonly bounds: Bounds;
}

/** What there may be at most. */
interface Bounds {
  /** The longest time with fewer workers than the load fully needs, in seconds. */
  readonly shortSeconds: number;
  /** Worker time, as a multiple of what one who knows the curve needs at a busy share of 0.6. */
  readonly factor: number;
  readonly changes: number;
  /** Workers in the end. */
  readonly end: number;
}

const scenarios: Readonly<Record<string, Scenario>> = {
  'a day of a small site': {
    curve: dayOfSmallSite,
    bounds: { shortSeconds: 2, factor: 1.35, changes: 8, end: 2 },
  },
  'a spike of ten times the load': {
    curve: steps([60, 60], [60, 600], [180, 60]),
    bounds: { shortSeconds: 4, factor: 1.9, changes: 21, end: 2 },
  },
  'a slow ramp': {
    curve: [
      [0, 10],
      [300, 700],
      [360, 700],
    ],
    bounds: { shortSeconds: 3, factor: 1.15, changes: 9, end: 18 },
  },
  'a load that goes on and off': {
    curve: steps(...Array.from({ length: 12 }, (_, half) => [20, half % 2 === 0 ? 300 : 10] as const)),
    bounds: { shortSeconds: 6, factor: 2.1, changes: 5, end: 9 },
  },
  'a load that swings a little': {
    curve: steps(...Array.from({ length: 10 }, (_, half) => [60, half % 2 === 0 ? 190 : 270] as const)),
    bounds: { shortSeconds: 4, factor: 1.3, changes: 9, end: 7 },
  },
  'a load that ends': {
    curve: steps([60, 400], [180, 0]),
    bounds: { shortSeconds: 4, factor: 1.5, changes: 13, end: 1 },
  },
  'a load beyond all workers': {
    curve: steps([60, 400], [120, 0]),
    max: 4,
    bounds: { shortSeconds: 3, factor: 2, changes: 6, end: 1 },
  },
  'a step, with workers that start slowly': {
    curve: steps([60, 60], [120, 300]),
    startMs: 5_000,
    bounds: { shortSeconds: 13, factor: 1.25, changes: 5, end: 9 },
  },
  'hardly any load': {
    curve: steps([300, 2]),
    bounds: { shortSeconds: 0, factor: 1, changes: 0, end: 1 },
  },
};

/** How long a request may wait, in milliseconds, in 99 of 100 cases, once there have been enough workers for `settleMs`. */
const waitBoundMs = 60;
const settleMs = 5_000;

/** A curve that is level for so many seconds at each rate. */
function steps(...levels: readonly (readonly [seconds: number, rate: number])[]): Curve {
  let end = 0;
  return levels.flatMap(([seconds, rate]) => {
    const start = end;
    end += seconds;
    return [[start, rate] as const, [end, rate] as const];
  });
}

describe('scale, in a simulation', () => {
  for (const [name, scenario] of Object.entries(scenarios)) {
    it(`follows ${name}`, () => {
      const { max = 32, bounds } = scenario;
      const seen = simulate(scenario);
      const figures = JSON.stringify(seen);
      assert.ok(seen.least >= 1 && seen.most <= max, figures);
      assert.ok(seen.waitMs <= waitBoundMs, figures);
      for (const bound of ['shortSeconds', 'factor', 'changes', 'end'] as const) {
        assert.ok(seen[bound] <= bounds[bound], `${bound}: ${figures}`);
      }
    });
  }
});

interface Seen extends Bounds {
  readonly least: number;
  readonly most: number;
  /** The 99th percentile. */
  readonly waitMs: number;
}

interface SimulatedWorker {
  readonly readyAt: number;
  readonly freeAt: number[];
}

/** Requests come by chance at the curve's rate and are served first come, first served by the least busy worker. */
function simulate({ curve, max = 32, startMs = 300 }: Scenario): Seen {
  const range: WorkerRange = { min: 1, max, isAuto: false };
  const random = seeded(1);
  const workers: SimulatedWorker[] = [{ readyAt: 0, freeAt: Array(threads).fill(0) }];
  let leaving: SimulatedWorker[] = [];
  const queue: number[] = [];
  let state = startScaling(0);
  let busyMs = 0;
  let changes = 0;
  let workerMs = 0;
  let idealMs = 0;
  let enoughSince = 0;
  let shortMs = 0;
  let longestShortMs = 0;
  const counts: number[] = [workers.length];
  const waits: number[] = [];
  const endMs = (curve.at(-1)?.[0] ?? 0) * 1000;

  for (let now = 0; now < endMs; now += tickMs) {
    const rate = rateAt(curve, now / 1000);
    for (let count = poisson((rate * tickMs) / 1000, random); count > 0; count--) queue.push(now);
    const ready = workers.filter(({ readyAt }) => readyAt <= now);
    const needed = rate / workerRate / fullShare;
    if (ready.length < needed) enoughSince = now + tickMs;
    shortMs = ready.length < Math.min(needed, max) ? shortMs + tickMs : 0;
    longestShortMs = Math.max(longestShortMs, shortMs);

    const slots = ready.flatMap((worker) => worker.freeAt.map((at, index) => ({ worker, at, index })));
    const free = slots
      .filter(({ at }) => at <= now)
      .sort((one, other) => inFlight(one.worker, now) - inFlight(other.worker, now));
    for (const { worker, at, index } of free.slice(0, queue.length)) {
      const arrived = queue.shift()!;
      // A thread that became free within the tick took the next request at once.
      const startsAt = Math.max(arrived, at, worker.readyAt, now - tickMs);
      if (arrived >= enoughSince + settleMs) waits.push(startsAt - arrived);
      worker.freeAt[index] = startsAt - Math.log(1 - random()) * meanServiceMs;
    }
    busyMs += ready.reduce((sum, worker) => sum + inFlight(worker, now), 0) * tickMs;

    leaving = leaving.filter((worker) => inFlight(worker, now) > 0);
    workerMs += (workers.length + leaving.length) * tickMs;
    const ideal = Math.ceil(rate / workerRate / 0.6);
    idealMs += Math.min(Math.max(ideal, range.min), range.max) * tickMs;

    if ((now + tickMs) % sampleMs !== 0) continue;
    const busy = busyMs / (Math.max(ready.length, 1) * threads * sampleMs);
    busyMs = 0;
    const longestWaitMs = queue.length > 0 ? now - queue[0]! : 0;
    const sample = { now, ready: ready.length, wanted: workers.length, busy, queueDepth: queue.length, longestWaitMs };
    const decision = scale(range, state, sample);
    state = decision.state;
    if (decision.wanted !== workers.length) changes++;
    counts.push(decision.wanted);
    while (workers.length < decision.wanted) workers.push({ readyAt: now + startMs, freeAt: Array(threads).fill(0) });
    leaving.push(...workers.splice(decision.wanted));
  }
  waits.sort((one, other) => one - other);
  return {
    least: Math.min(...counts),
    most: Math.max(...counts),
    end: workers.length,
    changes,
    shortSeconds: longestShortMs / 1000,
    waitMs: Math.round(waits[Math.floor(waits.length * 0.99)] ?? 0),
    factor: Math.round((workerMs / idealMs) * 100) / 100,
  };
}

function inFlight({ freeAt }: SimulatedWorker, now: number): number {
  return freeAt.filter((at) => at > now).length;
}

function rateAt(curve: Curve, second: number): number {
  const index = curve.findLastIndex(([at]) => at <= second);
  const [from, rate] = curve[index]!;
  const [to, nextRate] = curve[index + 1]!;
  return rate + ((nextRate - rate) * (second - from)) / (to - from);
}

/** How many events there are where `mean` are expected. Knuth, The Art of Computer Programming, 3.4.1. */
function poisson(mean: number, random: () => number): number {
  const least = Math.exp(-mean);
  let count = 0;
  for (let product = random(); product > least; product *= random()) count++;
  return count;
}

/** The minimal standard generator of Park and Miller, from 0 up to 1. */
function seeded(seed: number): () => number {
  let value = seed;
  return () => {
    value = (value * 48_271) % 2_147_483_647;
    return value / 2_147_483_647;
  };
}
