import type { Log } from '../../observe/log.ts';
import type { AppCounters } from '../counters.ts';
import { RecentHistogram } from '../histogram.ts';
import type { AppOptions, WorkerRange } from '../options.ts';
import type { Percentiles } from '../status.ts';
import { workersByMemory } from './auto-workers.ts';
import { readCgroupLimits } from './cgroup.ts';
import { readProcessUsage } from './process-usage.ts';
import { recycleReason } from './recycling.ts';
import { type ScalingState, scale, startScaling } from './scaling.ts';
import type { Totals } from './totals.ts';
import type { Worker } from './worker.ts';
import type { Workers } from './workers.ts';
import type { LoadedApp } from './zygote.ts';

const sampleMs = 500;
/** How busy workers are, for the mean, and how many requests they have had are looked at more often. */
const quickLookMs = 50;

export interface SamplingContext {
  readonly app: AppOptions;
  readonly counters: AppCounters;
  readonly workers: Workers;
  readonly totals: Totals;
  readonly log: Log;
  /** A monotonic clock in milliseconds that all threads share. */
  now(): number;
  /** Another number of workers is wanted, or one of them has reached a limit. */
  changed(): void;
  /** The workers were looked at: twice a second. */
  looked(): void;
}

/** Looks at the workers: what they use and how many there are to be twice a second, which have reached a limit more often. */
export class Sampling {
  readonly #context: SamplingContext;
  readonly #waits: RecentHistogram;
  readonly #timer: NodeJS.Timeout;
  readonly #quickTimer: NodeJS.Timeout;
  /** The sum of the busy shares that were seen since the last sample, and how many those are. */
  #busySum = 0;
  #busyLooks = 0;
  #range: WorkerRange;
  #wanted: number;
  #scaling: ScalingState;
  #loaded: LoadedApp | undefined;

  constructor(context: SamplingContext) {
    const { app, counters, now } = context;
    this.#context = context;
    this.#range = app.workers;
    this.#wanted = app.workers.min;
    this.#scaling = startScaling(now());
    this.#waits = new RecentHistogram(() => counters.waits(), now());
    this.#timer = setInterval(() => this.#look(), sampleMs);
    this.#timer.unref();
    this.#quickTimer = setInterval(() => this.#quickLook(), quickLookMs);
    this.#quickTimer.unref();
  }

  /** How many workers there are to be. */
  get wanted(): number {
    return this.#wanted;
  }

  get range(): WorkerRange {
    return this.#range;
  }

  /** How long requests waited that had to, in the last minute. */
  get waits(): Percentiles {
    return this.#waits.percentiles();
  }

  setRange(min: number, max: number): void {
    this.#range = { min, max, isAuto: false };
    this.#wanted = Math.min(Math.max(this.#wanted, min), max);
    this.#scaling = startScaling(this.#context.now());
  }

  /** The app is imported: the first time it shows how much memory workers need. */
  appLoaded(loaded: LoadedApp): void {
    const isFirst = this.#loaded === undefined;
    this.#loaded = loaded;
    if (!isFirst || !this.#range.isAuto) return;
    const { memoryLimitBytes: limitBytes, memoryUsedBytes: usedBytes } = readCgroupLimits();
    const memory = { limitBytes, usedBytes, zygoteRssBytes: loaded.rss, forked: loaded.preloaded };
    const { workers, reason } = workersByMemory(this.#range.max, memory);
    if (reason) this.#context.log.warn(reason);
    this.setRange(Math.min(this.#range.min, workers), workers);
  }

  close(): void {
    clearInterval(this.#timer);
    clearInterval(this.#quickTimer);
  }

  #look(): void {
    const { workers, now, changed } = this.#context;
    const at = now();
    for (const worker of workers) {
      if (worker.pid) worker.used(readProcessUsage(worker.pid, at));
      worker.latency.look(at);
    }
    this.#context.totals.latency.look(at);
    this.#waits.look(at);
    if (this.#rescale(at)) changed();
    this.#context.looked();
  }

  #rescale(at: number): boolean {
    const { counters, workers, log } = this.#context;
    const busy = this.#busyLooks === 0 ? 0 : this.#busySum / this.#busyLooks;
    this.#busySum = 0;
    this.#busyLooks = 0;
    if (this.#range.min === this.#range.max) return false;
    const ready = workers.all().filter(({ state }) => state.name === 'ready');
    const { queueDepth, oldest } = counters;
    const longestWaitMs = oldest === undefined ? 0 : at - oldest;
    const sample = { now: at, ready: ready.length, wanted: this.#wanted, busy, queueDepth, longestWaitMs };
    const { wanted, state, reason } = scale(this.#range, this.#scaling, sample);
    this.#scaling = state;
    if (wanted === this.#wanted) return false;
    log.info(`scaling from ${this.#wanted} to ${wanted} workers: ${reason}`);
    this.#wanted = wanted;
    return true;
  }

  #quickLook(): void {
    const { app, workers, now, changed } = this.#context;
    const at = now();
    let isDue = false;
    for (const worker of workers) {
      const { readyAt, requests, inFlight, margin, usage } = worker;
      // All that it still has is what it will not end.
      if (worker.stuckRequests > 0 && inFlight <= worker.stuckRequests) worker.drain?.hurry();
      if (readyAt === undefined || !worker.isStaying) continue;
      this.#busySum += this.#busyShare(worker);
      this.#busyLooks++;
      const age = { requests: requests - inFlight, rssBytes: usage?.rssBytes, readyAt, ...margin };
      worker.retire = recycleReason(age, app.recycling, at);
      isDue ||= worker.retire !== undefined;
    }
    if (isDue) changed();
  }

  /** How busy a worker is now, from 0 to 1: an ASGI worker is one thread, whatever waits in it. */
  #busyShare({ inFlight, cpuShare = 0 }: Worker): number {
    const { app } = this.#context;
    if (this.#loaded?.interface === 'wsgi') return Math.min(1, inFlight / app.threads);
    return Math.min(1, Math.max(inFlight / app.concurrency, cpuShare));
  }
}
