import type { Exchange } from '../core/exchange.ts';
import { asgiConcurrency, queueLimits } from '../core/limits.ts';
import type { Outcome } from '../core/reply.ts';
import type { Log } from '../observe/log.ts';
import { restartDelayMs, steadyMs } from './backoff.ts';
import { Dispatcher } from './dispatcher.ts';
import { Generation } from './generation.ts';
import type { AppOptions } from './options.ts';
import { AppStartError } from './start-error.ts';
import { WorkerListener } from './worker-listener.ts';
import type { LoadedApp } from './zygote.ts';

/** Keeps one app running: starts it, replaces what dies, reloads it, ends it. */
export class AppSupervisor {
  readonly #app: AppOptions;
  readonly #python: string;
  readonly #log: Log;
  readonly #now: () => number;
  readonly #dispatcher: Dispatcher;
  readonly #generations: Set<Generation> = new Set();
  #listener: WorkerListener | undefined;
  #current: Generation | undefined;
  #lastWorkerId = 0;
  #servingSince = 0;
  #lossesInRow = 0;
  #recovery: NodeJS.Timeout | undefined;
  #stopped = false;
  #reloading: Promise<void> | undefined;

  /** `python`: path of the interpreter. `now`: a monotonic clock in milliseconds. */
  constructor(app: AppOptions, python: string, log: Log, now: () => number) {
    this.#app = app;
    this.#python = python;
    this.#log = log;
    this.#now = now;
    this.#dispatcher = new Dispatcher(queueLimits, app.requestTimeoutMs, now);
  }

  get workerPids(): number[] {
    return this.#current?.workerPids ?? [];
  }

  /** Imports the app and waits until all workers are ready. Rejects with AppStartError, with nothing left behind. */
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
    try {
      return await this.#replace(0);
    } catch (error) {
      await this.stop(0);
      throw error;
    }
  }

  /** Answers by a worker; see Dispatcher. */
  dispatch(exchange: Exchange): Promise<Outcome> {
    return this.#dispatcher.dispatch(exchange);
  }

  /** Starts the app anew beside the old one and swaps them; where the new one fails, the old one serves on and the log says why. */
  async reload(graceMs: number): Promise<void> {
    const before = this.#reloading ?? Promise.resolve();
    this.#reloading = before.then(() => this.#reload(graceMs));
    await this.#reloading;
  }

  /** Lets the workers end what they have, at most so long, and ends them. */
  async stop(graceMs: number): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#recovery);
    this.#dispatcher.close();
    await Promise.all([...this.#generations].map((generation) => this.#retire(generation, graceMs)));
    await this.#listener?.close();
  }

  async #reload(graceMs: number): Promise<void> {
    if (this.#stopped) return;
    const started = this.#now();
    try {
      await this.#replace(graceMs);
      this.#log.info(`reloaded in ${Math.round(this.#now() - started)} ms`);
    } catch (error) {
      this.#logFailure('reload failed, the old version serves on: ', error);
    }
  }

  #logFailure(what: string, error: unknown): void {
    const isApps = error instanceof AppStartError;
    const text = isApps ? error.traceback : error instanceof Error ? error.stack : undefined;
    this.#log.error(`${what}${isApps ? error.message : String(error)}`, text ? { text } : {});
  }

  async #replace(graceMs: number): Promise<LoadedApp> {
    const next = this.#generation();
    try {
      const loaded = await next.start();
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
      await next.kill();
      this.#generations.delete(next);
      throw error;
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
    await generation.drain(this.#stopped ? 'stop' : 'reload', graceMs);
    this.#generations.delete(generation);
  }

  #lost(generation: Generation, reason: string): void {
    this.#generations.delete(generation);
    if (generation !== this.#current || this.#stopped) return;
    this.#current = undefined;
    const steady = this.#now() - this.#servingSince >= steadyMs;
    this.#lossesInRow = steady ? 1 : this.#lossesInRow + 1;
    const delayMs = restartDelayMs(this.#lossesInRow);
    this.#log.error(`the process that forks the workers is gone (${reason}); a new one starts in ${delayMs} ms`);
    this.#recoverIn(delayMs);
  }

  #recoverIn(delayMs: number): void {
    this.#recovery = setTimeout(async () => {
      await this.#reloading;
      if (this.#current || this.#stopped) return;
      try {
        await this.#replace(0);
      } catch (error) {
        this.#logFailure('', error);
        this.#lossesInRow++;
        if (!this.#stopped) this.#recoverIn(restartDelayMs(this.#lossesInRow));
      }
    }, delayMs);
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
