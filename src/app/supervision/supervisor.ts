import type { Exchange } from '../../core/exchange.ts';
import { asgiConcurrency, queueLimits } from '../../core/limits.ts';
import type { Outcome } from '../../core/reply.ts';
import type { Log } from '../../observe/log.ts';
import { Dispatcher } from '../dispatch/dispatcher.ts';
import { WorkerListener } from '../dispatch/worker-listener.ts';
import type { AppOptions } from '../options.ts';
import { AppStartError, StartGivenUp } from '../start-error.ts';
import { restartDelayMs, steadyMs } from './backoff.ts';
import { Generation } from './generation.ts';
import { OneAtATime } from './one-at-a-time.ts';
import type { LoadedApp } from './zygote.ts';

/** How long a start that is given up may take to end by itself, in milliseconds: who saved waits for it. */
const giveUpMs = 100;
/** With `reload`, how many old versions may finish their requests at a time. */
const mostOldVersions = 2;

/** Keeps one app running: starts it, replaces what dies, reloads it, ends it. */
export class AppSupervisor {
  readonly #app: AppOptions;
  readonly #python: string;
  readonly #log: Log;
  readonly #now: () => number;
  readonly #failed: (failure: Error | undefined) => void;
  readonly #dispatcher: Dispatcher;
  readonly #generations: Set<Generation> = new Set();
  /** Those of them that finish what they have, the oldest first. */
  readonly #retiring: Set<Generation> = new Set();
  #listener: WorkerListener | undefined;
  #current: Generation | undefined;
  #starting: Generation | undefined;
  #lastWorkerId = 0;
  #servingSince = 0;
  #lossesInRow = 0;
  /** Whether the newest version of the app is known not to start. */
  #newestFails = false;
  #recovery: NodeJS.Timeout | undefined;
  #stopped = false;
  readonly #starts: OneAtATime = new OneAtATime();

  /**
   * `python`: path of the interpreter. `now`: a monotonic clock in milliseconds. `failed` is told why the newest version of the
   * app cannot start, and of undefined when one has started.
   */
  constructor(
    app: AppOptions,
    python: string,
    log: Log,
    now: () => number,
    failed: (failure: Error | undefined) => void,
  ) {
    this.#app = app;
    this.#python = python;
    this.#log = log;
    this.#now = now;
    this.#failed = failed;
    this.#dispatcher = new Dispatcher(queueLimits, app.requestTimeoutMs, now);
  }

  get workerPids(): number[] {
    return this.#current?.workerPids ?? [];
  }

  /** Imports the app and waits until all workers are ready. Rejects with AppStartError; then call `stop`, or `reload` when it may do better. */
  async start(): Promise<LoadedApp> {
    this.#listener = await WorkerListener.open(
      {
        hello: (link, hello) => {
          const owner = this.#ownerOf(hello.worker);
          if (owner) owner.hello(link, hello);
          else link.destroy();
        },
        free: (link) => this.#dispatcher.free(link),
        returned: (exchange) => this.#dispatcher.dispatch(exchange),
        appError: (link, text, exchange) => this.#appError(link.hello?.worker ?? 0, text, exchange),
        closed: (link, error) => this.#ownerOf(link.hello?.worker ?? 0)?.linkClosed(link, error),
      },
      this.#now,
    );
    return this.#starts.run(() => this.#replace(0));
  }

  /** Answers by a worker; see Dispatcher. */
  dispatch(exchange: Exchange): Promise<Outcome> {
    return this.#dispatcher.dispatch(exchange);
  }

  /**
   * Starts the app anew beside the old one and swaps them; where the new one fails, the old one serves on and the log says why.
   * While a start is under way it waits for that, and calls that wait are one.
   */
  reload(graceMs: number): Promise<void> {
    return this.#starts.runLatest(() => this.#reload(graceMs));
  }

  /** A reload that does not wait for a start that is under way but gives it up: the files that it began with have changed. */
  restart(graceMs: number): Promise<void> {
    this.#giveUp();
    return this.reload(graceMs);
  }

  /** A stop is near: the app may end streams that would else stay open. */
  announceStop(): void {
    for (const generation of this.#generations) generation.announceEnd();
  }

  /** Lets the workers end what they have, at most so long, and ends them. */
  async stop(graceMs: number): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#recovery);
    this.#dispatcher.close();
    this.#giveUp();
    await Promise.all([...this.#generations].map((generation) => this.#retire(generation, graceMs)));
    await this.#listener?.close();
  }

  #giveUp(): void {
    const starting = this.#starting;
    this.#starting = undefined;
    void starting?.kill(giveUpMs);
  }

  async #reload(graceMs: number): Promise<void> {
    if (this.#stopped) return;
    const started = this.#now();
    try {
      await this.#replace(graceMs);
      this.#log.info(`reloaded in ${Math.round(this.#now() - started)} ms`);
    } catch (error) {
      const meanwhile = this.#app.reload ? 'the browser shows why until the next change' : 'the old version serves on';
      this.#logFailure(`reload failed, ${meanwhile}: `, error);
    }
  }

  #logFailure(what: string, error: unknown): void {
    if (error instanceof StartGivenUp) return;
    const isApps = error instanceof AppStartError;
    const text = isApps ? error.traceback : error instanceof Error ? error.stack : undefined;
    this.#log.error(`${what}${isApps ? error.message : String(error)}`, text ? { text } : {});
  }

  async #replace(graceMs: number): Promise<LoadedApp> {
    try {
      const loaded = await this.#swap(graceMs);
      this.#newestFails = false;
      this.#failed(undefined);
      return loaded;
    } catch (error) {
      if (!(error instanceof StartGivenUp)) {
        this.#newestFails = true;
        this.#failed(error instanceof Error ? error : new Error(String(error)));
      }
      throw error;
    }
  }

  async #swap(graceMs: number): Promise<LoadedApp> {
    const next = this.#generation();
    this.#starting = next;
    try {
      const loaded = await next.start();
      if (this.#starting !== next) throw new StartGivenUp();
      clearTimeout(this.#recovery);
      const old = this.#current;
      this.#current = next;
      this.#servingSince = this.#now();
      next.serve();
      if (old) void this.#retire(old, graceMs);
      if (!loaded.preloaded) {
        this.#log.info(`every worker imports the app for itself: the import left ${loaded.found.join(', ')}`);
      }
      return loaded;
    } catch (error) {
      const isGivenUp = this.#starting !== next;
      await next.kill();
      this.#generations.delete(next);
      throw isGivenUp ? new StartGivenUp() : error;
    } finally {
      if (this.#starting === next) this.#starting = undefined;
    }
  }

  #generation(): Generation {
    const app = this.#app;
    const generation = new Generation({
      app,
      python: this.#python,
      concurrency: asgiConcurrency,
      sockets: [this.#listener?.path ?? ''],
      dispatcher: this.#dispatcher,
      log: this.#log,
      now: this.#now,
      nextWorkerId: () => ++this.#lastWorkerId,
      lost: (lost, reason) => this.#lost(lost, reason),
    });
    this.#generations.add(generation);
    return generation;
  }

  async #retire(generation: Generation, graceMs: number): Promise<void> {
    this.#retiring.add(generation);
    if (this.#app.reload) for (const old of [...this.#retiring].slice(0, -mostOldVersions)) old.hurry();
    await generation.drain(this.#stopped ? 'stop' : 'reload', graceMs);
    this.#retiring.delete(generation);
    this.#generations.delete(generation);
  }

  #lost(generation: Generation, reason: string): void {
    this.#generations.delete(generation);
    if (generation !== this.#current || this.#stopped) return;
    this.#current = undefined;
    const steady = this.#now() - this.#servingSince >= steadyMs;
    this.#lossesInRow = steady ? 1 : this.#lossesInRow + 1;
    const delayMs = restartDelayMs(this.#lossesInRow);
    const isInVain = this.#app.reload && this.#newestFails;
    const next = isInVain ? 'the next change starts a new one' : `a new one starts in ${delayMs} ms`;
    this.#log.error(`the process that forks the workers is gone (${reason}); ${next}`);
    if (!isInVain) this.#recoverIn(delayMs);
  }

  #recoverIn(delayMs: number): void {
    this.#recovery = setTimeout(() => void this.#starts.run(() => this.#recover()), delayMs);
  }

  async #recover(): Promise<void> {
    if (this.#current || this.#stopped) return;
    try {
      await this.#replace(0);
    } catch (error) {
      this.#logFailure('', error);
      this.#lossesInRow++;
      // In development only a change makes a difference, and the page shows why until then.
      if (!this.#stopped && !this.#app.reload) this.#recoverIn(restartDelayMs(this.#lossesInRow));
    }
  }

  #ownerOf(worker: number): Generation | undefined {
    for (const generation of this.#generations) if (generation.owns(worker)) return generation;
    return undefined;
  }

  #appError(worker: number, text: string, exchange: Exchange | undefined): void {
    const line = exchange
      ? `${exchange.request.method} ${exchange.request.target}`
      : 'in a request that ended long ago';
    this.#log.error(`the app failed: ${line}`, { request: exchange?.id, worker, text });
  }
}
