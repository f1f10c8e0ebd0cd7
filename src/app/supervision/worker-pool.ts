import { appShutdownMs, hungGraceMs } from '../../core/limits.ts';
import type { Log, LogFields } from '../../observe/log.ts';
import type { AppCounters } from '../counters.ts';
import type { FromFront, ToWorkers } from '../front-message.ts';
import type { AppOptions } from '../options.ts';
import { AppStartError } from '../start-error.ts';
import { Drain } from './drain.ts';
import { Exits } from './exits.ts';
import { FrontLinks } from './front-links.ts';
import type { DrainReason } from './lifecycle.ts';
import { type PlannedWorker, plan } from './plan.ts';
import { drawMargin } from './recycling.ts';
import { Sampling } from './sampling.ts';
import { SlowRequests } from './slow-requests.ts';
import { SlowStarts } from './slow-starts.ts';
import { Totals } from './totals.ts';
import type { Version } from './version.ts';
import { Worker } from './worker.ts';
import { Workers } from './workers.ts';

/** With `reload`, how many old versions may finish their requests at a time. */
const mostOldVersions = 2;
/** The exit code of a worker that has said in its HELLO why it cannot start (control.md). */
const saidWhyCode = 3;
/** How long that HELLO may take when the exit is known already, in milliseconds: the two come by different ways. */
const helloDelayMs = 500;

/** For each wanted worker there may be so many that drain before one that has reached a limit has to wait; twice as many in all. */
const drainingFactor = 3;
/** How much longer than the time it was given a stop waits for the news that all workers have exited, in milliseconds. */
const stopMarginMs = 1_000;

/** The front threads, as the workers of an app see them. */
export interface WorkerFronts {
  /** Where workers connect, by front. */
  readonly sockets: readonly string[];
  /** Tells all. */
  post(message: ToWorkers): void;
  postTo(front: number, message: ToWorkers): void;
}

/** What the workers of an app need from around them. */
export interface PoolContext {
  readonly app: AppOptions;
  readonly counters: AppCounters;
  readonly fronts: WorkerFronts;
  /** Where the workers' sockets are. */
  readonly folder: string;
  readonly log: Log;
  /** A monotonic clock in milliseconds that all threads share. */
  now(): number;
}

/** What the pool tells whoever gave it its version. */
export interface PoolEvents {
  /** Workers came or went. */
  changed(): void;
  /** A new worker of a version could not start. Returns whether somebody waits for that and will tell; else it is logged here. */
  startFailed(version: Version, error: AppStartError): boolean;
}

/** The workers of one app: as many as wanted, each from its start to its exit. */
export class WorkerPool {
  readonly workers: Workers = new Workers();
  readonly exits: Exits;
  readonly sampling: Sampling;
  readonly totals: Totals;
  readonly #context: PoolContext;
  readonly #events: PoolEvents;
  readonly #app: AppOptions;
  readonly #log: Log;
  readonly #links: FrontLinks;
  readonly #slow: SlowRequests;
  readonly #slowStarts: SlowStarts;
  /** The version that workers are forked from. */
  #version: Version | undefined;
  #resting: NodeJS.Timeout | undefined;
  #isStopping = false;
  #allExited: () => void = () => {};

  constructor(context: PoolContext, events: PoolEvents) {
    const { app, log, fronts, counters, now, folder } = context;
    this.#context = context;
    this.#events = events;
    this.#app = app;
    this.#log = log;
    this.#links = new FrontLinks(fronts, now);
    this.exits = new Exits(log);
    this.#slow = new SlowRequests(log, folder, (front, worker, stream) =>
      fronts.postTo(front, { kind: 'cancel', worker, stream }),
    );
    this.#slowStarts = new SlowStarts(log, this.#slow);
    this.totals = new Totals(this.workers, now());
    this.sampling = new Sampling({
      app,
      counters,
      workers: this.workers,
      totals: this.totals,
      log,
      now,
      changed: () => this.reconcile(),
      looked: () => this.#lookAfter(),
    });
  }

  /** Whether all wanted workers serve, and all of them are such that stay. */
  get isComplete(): boolean {
    const ready = this.workers.all().filter(({ isStaying, state }) => isStaying && state.name === 'ready');
    return ready.length >= this.sampling.wanted;
  }

  /** From now on workers are of that version; those of others are replaced. None: there is nothing to fork from. */
  use(version: Version | undefined): void {
    this.#version = version;
    for (const worker of this.workers) {
      if (worker.version !== version) worker.retire ??= 'reload';
      else if (worker.retire === 'reload') worker.retire = undefined;
    }
    this.reconcile();
  }

  /** How many workers of that version serve. */
  readyOf(version: Version): number {
    return this.workers.all().filter((worker) => worker.version === version && worker.state.name === 'ready').length;
  }

  /** Has a worker replaced by a new one. False where there is none of that number that serves. */
  replace(id: number): boolean {
    const worker = this.workers.get(id);
    if (!worker?.isStaying) return false;
    worker.retire = 'asked';
    this.reconcile();
    return true;
  }

  /** What a front thread says. */
  receive(front: number, message: FromFront): void {
    switch (message.kind) {
      case 'hello':
        this.#hello(front, message);
        break;
      case 'link-closed':
        this.#linkClosed(front, message);
        break;
      case 'late': {
        const worker = this.workers.get(message.worker);
        if (worker) this.#slow.late(worker, front, message.stream, message.request);
        break;
      }
      case 'stuck':
        this.#stuck(message);
        break;
      case 'tainted':
        this.#tainted(message.worker);
        break;
    }
  }

  /** A front thread died. */
  frontClosed(front: number): void {
    this.#links.closed(front, this.workers);
    for (const worker of this.workers) this.#checkReady(worker);
  }

  /** One has taken its place: the workers connect to it. */
  frontOpened(front: number): void {
    this.#links.opened(front, this.workers);
  }

  /** Starts and drains workers as the plan says. */
  reconcile(): void {
    if (this.#isStopping) return;
    const { wanted } = this.sampling;
    const mostDraining = drainingFactor * wanted + this.#app.reloadSurge;
    const draining = this.#draining;
    const canWait = draining.length >= mostDraining;
    const planned = this.workers.all().flatMap((worker) => plannedOf(worker, canWait) ?? []);
    const surge = this.#app.reload ? wanted : this.#app.reloadSurge;
    const { forks, drains } = plan(planned, wanted, surge);
    for (const { id, reason } of drains) {
      const worker = this.workers.get(id);
      if (worker) this.#drain(worker, reason, worker.isHung ? hungGraceMs : this.#app.gracefulTimeoutMs);
    }
    for (let count = 0; count < forks; count++) if (!this.#fork()) break;
    for (const { drain } of draining.slice(0, -2 * mostDraining)) drain?.hurry();
    this.#hurryOld();
    this.#events.changed();
  }

  /** False where none can be started now; it is tried again when one can. */
  #fork(): boolean {
    const version = this.#version;
    if (!version?.loaded) return false;
    const { counters, now } = this.#context;
    const restMs = version.restMs(now());
    if (restMs > 0) {
      clearTimeout(this.#resting);
      this.#resting = setTimeout(() => this.reconcile(), restMs);
      return false;
    }
    const { id, slot } = this.workers.next();
    const isLeader = !this.workers.all().some((worker) => worker.isLeader && worker.isStaying);
    const margin = drawMargin(this.#app.recycling, Math.random);
    this.workers.add(new Worker(id, slot, version, isLeader, margin, counters, now()));
    version.zygote.fork(id, isLeader);
    return true;
  }

  #hello(front: number, { hello }: FromFront & { readonly kind: 'hello' }): void {
    const worker = this.workers.get(hello.worker);
    const state = worker?.state.name;
    if (!worker || (state !== 'starting' && state !== 'ready')) {
      this.#context.fronts.postTo(front, { kind: 'cut', worker: hello.worker });
      return;
    }
    if (hello.failed !== undefined) {
      worker.hasSaidWhy = true;
      const error = new AppStartError(`The app failed to start in worker ${worker.id}`, hello.failed);
      if (!this.#events.startFailed(worker.version, error))
        this.#log.error(error.message, { pid: hello.pid, text: hello.failed });
      return;
    }
    this.#links.hello(worker, front);
    if (state === 'starting') this.#checkReady(worker);
    else this.#context.fronts.postTo(front, { kind: 'serve', worker: worker.id, slot: worker.slot });
  }

  #lookAfter(): void {
    this.exits.look();
    for (const worker of this.workers) {
      this.#links.invite(worker);
      if (worker.state.name === 'starting') this.#slowStarts.look(worker, this.#context.now());
    }
  }

  #checkReady(worker: Worker): void {
    if (worker.state.name !== 'starting' || !this.#links.isComplete(worker)) return;
    worker.move({ name: 'hello' });
    worker.readyAt = this.#context.now();
    this.#context.fronts.post({ kind: 'serve', worker: worker.id, slot: worker.slot });
    const startMs = Math.round(worker.readyAt - worker.startedAt);
    this.#log.debug(`worker ${worker.id} is ready after ${startMs} ms`, { pid: worker.pid });
    this.reconcile();
  }

  #linkClosed(front: number, message: FromFront & { readonly kind: 'link-closed' }): void {
    const { worker: id, error, lost } = message;
    this.exits.linkClosed(id, front, lost);
    const worker = this.workers.get(id);
    if (!worker) return;
    worker.fronts.delete(front);
    worker.lost.push(...lost);
    if (error) this.#log.error(`worker ${id} is replaced: ${error}`, { pid: worker.pid });
    // One that drains has said goodbye and ends by itself; its exit handlers still run.
    const isUnasked = worker.state.name !== 'draining' && !worker.hasSaidWhy;
    if (error || isUnasked) worker.version.zygote.kill(id);
  }

  #stuck({ worker: id, request, silentMs }: FromFront & { readonly kind: 'stuck' }): void {
    const worker = this.workers.get(id);
    if (!worker || !mayRetire(worker)) return;
    worker.retire = 'stuck';
    worker.isHung = silentMs >= hungGraceMs;
    this.#log.error(`worker ${id} is replaced: ${request.line} goes on although it was cancelled`, {
      request: request.id,
      pid: worker.pid,
      elapsedMs: Math.round(request.elapsedMs),
    });
    this.reconcile();
  }

  #tainted(id: number): void {
    const worker = this.workers.get(id);
    if (!worker || !mayRetire(worker)) return;
    worker.retire = 'interrupted';
    this.#log.warn(`worker ${id} is replaced: a request was interrupted in it, and may have left something locked`, {
      pid: worker.pid,
    });
    this.reconcile();
  }

  #drain(worker: Worker, reason: DrainReason, graceMs: number): void {
    const { zygote } = worker.version;
    const { id } = worker;
    if (worker.state.name === 'draining') {
      if (reason === 'stop') worker.drain?.within(graceMs);
      return;
    }
    const wasReady = worker.state.name === 'ready';
    worker.move({ name: 'drain', reason });
    if (!wasReady) {
      zygote.kill(id);
      return;
    }
    this.#log[isLimit(reason) ? 'info' : 'debug'](`worker ${id} drains: ${reason}`, {
      pid: worker.pid,
      ...usedBy(worker),
    });
    zygote.announceEnd(id);
    this.#context.fronts.post({ kind: 'drain', worker: id, isStop: reason === 'stop' });
    const startedAt = this.#context.now();
    worker.drain = new Drain(graceMs, reason === 'stop' || worker.isHung ? 0 : appShutdownMs, {
      restartWebSockets: () => this.#context.fronts.post({ kind: 'restart-websockets', worker: id }),
      kill: () => {
        const tookMs = Math.round(this.#context.now() - startedAt);
        if (graceMs > 0)
          this.#log.warn(`worker ${id} had not ended after ${tookMs} ms and is killed`, { pid: worker.pid });
        zygote.kill(id);
      },
    });
  }

  /** A worker was forked. */
  forked(id: number, pid: number): void {
    const worker = this.workers.get(id);
    if (worker) worker.pid = pid;
  }

  /** A worker has exited. */
  exited(id: number, code: number | null, signal: string | null): void {
    const worker = this.workers.get(id);
    if (!worker) return;
    if (code === saidWhyCode && worker.state.name === 'starting' && !worker.hasSaidWhy) {
      worker.hasSaidWhy = true;
      setTimeout(() => this.exited(id, code, signal), helloDelayMs).unref();
      return;
    }
    const { state, version, readyAt } = worker;
    this.#remove(worker, code, signal);
    if (state.name !== 'draining') {
      version.failed(worker.startedAt, readyAt, this.#context.now());
      const how = signal ? `was killed by ${signal}` : `exited with code ${code}`;
      const error = new AppStartError(`Worker ${id} ${how} before it was ready`, '');
      const isTold = readyAt === undefined && (this.#events.startFailed(version, error) || worker.hasSaidWhy);
      if (!isTold) this.exits.report(worker, version.restMs(this.#context.now()));
    } else if (signal === 'SIGKILL') {
      this.exits.report(worker, undefined);
    }
    this.reconcile();
  }

  /** The process that forked them is gone, and so are they. */
  gone(version: Version): void {
    for (const worker of this.workers.all()) if (worker.version === version) this.#remove(worker, null, 'SIGKILL');
  }

  /** A stop is near: the app may end streams that would else stay open. */
  announceStop(): void {
    for (const { version, id } of this.workers) version.zygote.announceEnd(id);
  }

  /** Lets the workers end what they have, at most so long; resolves when all have exited. */
  async stop(graceMs: number): Promise<void> {
    this.#isStopping = true;
    clearTimeout(this.#resting);
    this.sampling.close();
    this.exits.close();
    if (this.workers.size === 0) return;
    const exited = new Promise<void>((resolve) => {
      this.#allExited = resolve;
    });
    for (const worker of this.workers.all()) this.#drain(worker, 'stop', graceMs);
    // The news comes by way of the process that forked them, which may hang.
    const { promise, resolve } = Promise.withResolvers<void>();
    const late = setTimeout(resolve, graceMs + stopMarginMs);
    await Promise.race([exited, promise]);
    clearTimeout(late);
    for (const worker of this.workers) worker.drain?.over();
  }

  #remove(worker: Worker, code: number | null, signal: string | null): void {
    worker.drain?.over();
    worker.move({ name: 'exit', code, signal });
    this.exits.add(worker);
    this.workers.delete(worker);
    this.totals.exited(worker);
    this.#slow.forget(worker);
    this.#context.fronts.post({ kind: 'cut', worker: worker.id });
    if (this.workers.size === 0) this.#allExited();
  }

  /** The oldest first. */
  get #draining(): readonly Worker[] {
    return this.workers.all().filter(({ state }) => state.name === 'draining');
  }

  #hurryOld(): void {
    if (!this.#app.reload) return;
    const draining = this.#draining;
    const versions = [...new Set(draining.map(({ version }) => version.number))].sort((one, other) => other - one);
    const oldest = versions[mostOldVersions - 1] ?? 0;
    for (const { version, drain } of draining) if (version.number < oldest) drain?.hurry();
  }
}

function usedBy({ usage, requests }: Worker): LogFields {
  return { requests, ...(usage ? { rssMiB: Math.round(usage.rssBytes / (1024 * 1024)) } : {}) };
}

/** Whether it serves, and is not to be replaced but for a reload, which may be taken back. */
function mayRetire({ state, retire }: Worker): boolean {
  return state.name === 'ready' && (retire === undefined || retire === 'reload');
}

/** As the plan sees it. `canWait`: one that is only to be replaced for a limit that it has reached stays for now. */
function plannedOf({ planned }: Worker, canWait: boolean): PlannedWorker | undefined {
  return planned && canWait && isLimit(planned.retire) ? { ...planned, retire: undefined } : planned;
}

function isLimit(reason: DrainReason | undefined): boolean {
  return reason === 'max-requests' || reason === 'max-rss' || reason === 'max-lifetime';
}
