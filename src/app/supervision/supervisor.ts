import { hangingStartMs } from '../../core/limits.ts';
import type { Log } from '../../observe/log.ts';
import type { FromFront } from '../front-message.ts';
import { type AppOptions, mostWorkers } from '../options.ts';
import { AppStartError, StartGivenUp } from '../start-error.ts';
import type { AppStatus, ReloadOutcome } from '../status.ts';
import { restartDelayMs, steadyMs } from './backoff.ts';
import { OneAtATime } from './one-at-a-time.ts';
import { statusOf } from './status-of.ts';
import { Version } from './version.ts';
import { type PoolContext, WorkerPool } from './worker-pool.ts';
import { type LoadedApp, Zygote } from './zygote.ts';

/** How long a start that is given up may take to end by itself, in milliseconds: who saved waits for it. */
const giveUpMs = 100;

const stopping: ReloadOutcome = { ok: false, text: 'Galley is stopping' };

/** What the supervisor of an app needs from around it. */
export interface SupervisorContext extends PoolContext {
  /** Path of the interpreter. */
  readonly python: string;
  /** Told why the newest version of the app cannot start, and of undefined when one has started. */
  failed(failure: Error | undefined): void;
}

/** Keeps one app running: starts it, reloads it, starts it anew when its zygote is lost, ends it. */
export class AppSupervisor {
  readonly #context: SupervisorContext;
  readonly #app: AppOptions;
  readonly #log: Log;
  readonly #pool: WorkerPool;
  readonly #versions: Set<Version> = new Set();
  readonly #starts: OneAtATime<ReloadOutcome> = new OneAtATime();
  /** The version that workers are forked from. */
  #current: Version | undefined;
  /** What a start or a reload waits for: that all workers are of its version. */
  #rolling:
    | {
        readonly version: Version;
        readonly old: Version | undefined;
        /** Workers of it that have become ready so far. */
        ready: number;
        resolve(): void;
        reject(error: Error): void;
      }
    | undefined;
  #starting: Version | undefined;
  /** When it last got on. */
  #startingSince = 0;
  #lastVersion = 0;
  #servingSince = 0;
  #lossesInRow = 0;
  /** Whether the newest version of the app is known not to start. */
  #newestFails = false;
  #lastReload: AppStatus['lastReload'] = null;
  #recovery: NodeJS.Timeout | undefined;
  #isStopping = false;

  constructor(context: SupervisorContext) {
    this.#context = context;
    this.#app = context.app;
    this.#log = context.log;
    this.#pool = new WorkerPool(context, {
      changed: () => this.#changed(),
      startFailed: (version, error) => this.#startFailed(version, error),
    });
  }

  get workerPids(): number[] {
    return this.#pool.workers.all().flatMap(({ pid, state }) => (state.name === 'ready' ? (pid ?? []) : []));
  }

  /** Imports the app and waits until all workers are ready. Rejects with AppStartError; then call `stop`, or `reload` when it may do better. */
  start(): Promise<LoadedApp> {
    return this.#starts.run(() => this.#replace());
  }

  /**
   * Starts a new version of the app and replaces the workers one after the other; where it fails, the old one serves on and the log
   * says why. While a start is under way it waits for that, unless it hangs; calls that wait are one.
   */
  reload(): Promise<ReloadOutcome> {
    this.giveUpHanging();
    return this.#starts.runLatest(() => this.#reload());
  }

  /** Gives up a start that is under way and has not got on for long, since a reload is wanted. */
  giveUpHanging(): void {
    const { now } = this.#context;
    if (!this.#starting || now() - this.#startingSince < hangingStartMs) return;
    this.#log.warn('the start that is under way hangs, and is given up for a reload');
    this.#giveUp();
  }

  /** A reload that does not wait for a start that is under way but gives it up: the files that it began with have changed. */
  restart(): Promise<ReloadOutcome> {
    this.#giveUp();
    return this.reload();
  }

  /** From now on there are to be so many workers. */
  scale(min: number, max: number): void {
    this.#pool.sampling.setRange(min, max);
    this.#log.info(min === max ? `scaling to ${min} workers` : `scaling to ${min} to ${max} workers`);
    this.#pool.reconcile();
  }

  /** So many workers more, or less where it is negative. */
  scaleBy(step: number): void {
    const count = Math.min(Math.max(1, this.#pool.sampling.wanted + step), mostWorkers);
    this.scale(count, count);
  }

  /** Has a worker replaced by a new one. False where there is none of that number that serves. */
  replaceWorker(id: number): boolean {
    return this.#pool.replace(id);
  }

  /** What a front thread says. */
  receive(front: number, message: FromFront): void {
    this.#pool.receive(front, message);
  }

  /** A front thread died. */
  frontClosed(front: number): void {
    this.#pool.frontClosed(front);
  }

  /** One has taken its place. */
  frontOpened(front: number): void {
    this.#pool.frontOpened(front);
  }

  status(): AppStatus {
    const { app, counters, now } = this.#context;
    const [pool, current, lastReload] = [this.#pool, this.#current, this.#lastReload];
    return statusOf({ app, counters, pool, current, lastReload, now: now() });
  }

  /** Sends a text to the service manager, if there is one. */
  notify(text: string): void {
    this.#current?.zygote.notify(text);
  }

  /** A stop is near: the app may end streams that would else stay open. */
  announceStop(): void {
    this.#pool.announceStop();
  }

  /** Lets the workers end what they have, at most so long, and ends them. */
  async stop(graceMs: number): Promise<void> {
    this.#isStopping = true;
    clearTimeout(this.#recovery);
    this.#giveUp();
    await this.#pool.stop(graceMs);
    await Promise.all([...this.#versions].map((version) => version.close()));
  }

  /** Ends a start that is under way; workers that serve already finish what they have. */
  #giveUp(): void {
    const starting = this.#starting;
    this.#starting = undefined;
    if (!starting) return;
    if (this.#rolling?.version === starting && this.#pool.readyOf(starting) > 0)
      this.#rolling.reject(new StartGivenUp());
    else void starting.close(giveUpMs);
  }

  async #reload(): Promise<ReloadOutcome> {
    if (this.#isStopping) return stopping;
    const { now } = this.#context;
    const started = now();
    const before = this.#current;
    try {
      await this.#replace();
      const text = `reloaded in ${Math.round(now() - started)} ms`;
      this.#log.info(text);
      return this.#reloaded({ ok: true, text });
    } catch (error) {
      if (error instanceof StartGivenUp) return { ok: false, text: error.message };
      const what = `reload failed, ${this.#meanwhile(before)}: `;
      this.#logFailure(what, error);
      const { message, traceback } = error instanceof AppStartError ? error : { message: String(error), traceback: '' };
      return this.#reloaded({ ok: false, text: what + message, ...(traceback ? { traceback } : {}) });
    }
  }

  #meanwhile(before: Version | undefined): string {
    if (this.#app.reload) return 'the browser shows why until the next change';
    if (!this.#current) return 'and nothing serves until a start succeeds';
    return this.#current === before
      ? 'the old version serves on'
      : 'and the new one serves with the workers that it has';
  }

  #reloaded(outcome: ReloadOutcome): ReloadOutcome {
    this.#lastReload = { at: new Date().toISOString(), ok: outcome.ok, text: outcome.text };
    return outcome;
  }

  #logFailure(what: string, error: unknown): void {
    if (error instanceof StartGivenUp) return;
    const isApps = error instanceof AppStartError;
    const text = isApps ? error.traceback : error instanceof Error ? error.stack : undefined;
    this.#log.error(`${what}${isApps ? error.message : String(error)}`, text ? { text } : {});
  }

  async #replace(): Promise<LoadedApp> {
    try {
      const loaded = await this.#bringUp();
      this.#newestFails = false;
      this.#context.failed(undefined);
      return loaded;
    } catch (error) {
      if (!(error instanceof StartGivenUp)) {
        this.#newestFails = true;
        this.#context.failed(error instanceof Error ? error : new Error(String(error)));
      }
      throw error;
    }
  }

  async #bringUp(): Promise<LoadedApp> {
    const old = this.#current;
    const next = this.#makeVersion();
    this.#starting = next;
    this.#startingSince = this.#context.now();
    try {
      const loaded = await next.zygote.loaded();
      if (this.#starting !== next) throw new StartGivenUp();
      next.loaded = loaded;
      this.#logFound(loaded);
      this.#pool.sampling.appLoaded(loaded);
      await this.#rollTo(next, old);
      clearTimeout(this.#recovery);
      return loaded;
    } catch (error) {
      const isGivenUp = this.#starting !== next;
      await this.#fallBack(next, old);
      throw isGivenUp ? new StartGivenUp() : error;
    } finally {
      if (this.#starting === next) this.#starting = undefined;
    }
  }

  #logFound({ found, preloaded }: LoadedApp): void {
    if (found.length === 0) return;
    const what = preloaded
      ? 'workers are forked with the app imported, although'
      : 'every worker imports the app for itself:';
    this.#log.info(`${what} the import left ${found.join(', ')}`);
  }

  #makeVersion(): Version {
    const { python, fronts } = this.#context;
    const zygote = new Zygote(python, this.#app, fronts.sockets, {
      forked: (id, pid) => this.#pool.forked(id, pid),
      exited: (id, code, signal) => this.#pool.exited(id, code, signal),
      gone: (reason) => this.#gone(version, reason),
    });
    const version: Version = new Version(++this.#lastVersion, zygote);
    this.#versions.add(version);
    return version;
  }

  /** Replaces the workers by those of that version. Rejects when one of them cannot start. */
  #rollTo(next: Version, old: Version | undefined): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#rolling = { version: next, old, ready: 0, resolve, reject };
    this.#servingSince = this.#context.now();
    this.#startingSince = this.#servingSince;
    this.#use(next);
    return promise;
  }

  /** That version has failed: the old one, where it still runs, serves on; else what workers the new one has. */
  async #fallBack(next: Version, old: Version | undefined): Promise<void> {
    if (this.#rolling?.version === next) this.#rolling = undefined;
    if (this.#current === next) {
      const canGoBack = old && this.#versions.has(old) && !old.isClosing;
      if (canGoBack) this.#use(old);
      else if (!this.#versions.has(next) || this.#pool.readyOf(next) === 0) this.#use(undefined);
    }
    if (this.#current || this.#isStopping) return;
    await next.close();
    // Who starts for the first time is told; nobody else would try again.
    if (old) this.#lose('no version of the app can be started');
  }

  #use(version: Version | undefined): void {
    this.#current = version;
    this.#pool.use(version);
  }

  #changed(): void {
    const ready = this.#rolling ? this.#pool.readyOf(this.#rolling.version) : 0;
    if (this.#rolling && ready > this.#rolling.ready) {
      this.#rolling.ready = ready;
      this.#startingSince = this.#context.now();
    }
    if (this.#rolling && this.#pool.isComplete) {
      this.#rolling.resolve();
      this.#rolling = undefined;
    }
    const used = new Set([
      this.#current,
      this.#starting,
      this.#rolling?.old,
      ...this.#pool.workers.all().map(({ version }) => version),
    ]);
    for (const version of this.#versions) if (!used.has(version) && !version.isClosing) void version.close();
  }

  #startFailed(version: Version, error: AppStartError): boolean {
    if (this.#rolling?.version !== version) return false;
    this.#rolling.reject(error);
    return true;
  }

  #gone(version: Version, reason: string): void {
    this.#versions.delete(version);
    this.#pool.gone(version);
    if (this.#rolling?.version === version) {
      const error = new AppStartError(`The process that imports the app ended: ${reason}`, '');
      this.#rolling.reject(version.isClosing ? new StartGivenUp() : error);
    } else if (this.#current === version && !version.isClosing) {
      this.#use(undefined);
      this.#lose(`the process that forks the workers is gone (${reason})`);
    }
  }

  /** Nothing serves any more. */
  #lose(reason: string): void {
    if (this.#isStopping) return;
    const steady = this.#context.now() - this.#servingSince >= steadyMs;
    this.#lossesInRow = steady ? 1 : this.#lossesInRow + 1;
    const delayMs = restartDelayMs(this.#lossesInRow);
    const isInVain = this.#app.reload && this.#newestFails;
    const next = isInVain ? 'the next change starts a new one' : `a new one starts in ${delayMs} ms`;
    this.#log.error(`${reason}; ${next}`);
    if (!isInVain) this.#recoverIn(delayMs);
  }

  #recoverIn(delayMs: number): void {
    clearTimeout(this.#recovery);
    this.#recovery = setTimeout(() => void this.#starts.run(() => this.#recover()), delayMs);
  }

  async #recover(): Promise<void> {
    if (this.#current || this.#isStopping) return;
    try {
      await this.#replace();
    } catch (error) {
      this.#logFailure('', error);
      this.#lossesInRow++;
      // In development only a change makes a difference, and the page shows why until then.
      if (!this.#isStopping && !this.#app.reload) this.#recoverIn(restartDelayMs(this.#lossesInRow));
    }
  }
}
