import { appShutdownMs } from '../../core/limits.ts';
import type { Log } from '../../observe/log.ts';
import type { Dispatcher } from '../dispatch/dispatcher.ts';
import type { Hello, WorkerLink } from '../dispatch/worker-link.ts';
import type { AppOptions } from '../options.ts';
import { AppStartError } from '../start-error.ts';
import { restartDelayMs, steadyMs } from './backoff.ts';
import { type DrainReason, nextState, type WorkerEvent, type WorkerState } from './lifecycle.ts';
import { type LoadedApp, Zygote } from './zygote.ts';

interface Worker {
  readonly id: number;
  pid: number | undefined;
  state: WorkerState;
  readyAt: number | undefined;
  link: WorkerLink | undefined;
}

/** The exit code of a worker that has said in its HELLO why it cannot start (control.md). */
const saidWhyCode = 3;
/** How long that HELLO may take when the exit is known already, in milliseconds: the two come by different sockets. */
const helloDelayMs = 500;

/** What a generation needs from around it. */
export interface GenerationContext {
  readonly app: AppOptions;
  /** Path of the interpreter. */
  readonly python: string;
  /** Requests that one worker may have under way. */
  readonly concurrency: number;
  /** Where workers connect. */
  readonly sockets: readonly string[];
  readonly dispatcher: Dispatcher;
  readonly log: Log;
  /** A monotonic clock in milliseconds. */
  now(): number;
  nextWorkerId(): number;
  /** The zygote died by itself, and its workers with it. */
  lost(generation: Generation, reason: string): void;
}

/** One version of an app: its zygote and the workers forked from it. A reload makes a new one and drains the old. */
export class Generation {
  readonly #context: GenerationContext;
  readonly #zygote: Zygote;
  readonly #workers: Map<number, Worker> = new Map();
  readonly #timers: Set<NodeJS.Timeout> = new Set();
  /** Workers get requests only once all were ready. */
  #serving = false;
  #closing = false;
  #drained: Promise<void> | undefined;
  /** Ends the time that a drain gives its workers. */
  #hurry: () => void = () => {};
  #failuresInRow = 0;
  #settled: () => void = () => {};
  #failed: (error: Error) => void = () => {};

  constructor(context: GenerationContext) {
    this.#context = context;
    this.#zygote = new Zygote(context.python, context.app, context.concurrency, context.sockets, {
      forked: (id, pid) => {
        const worker = this.#workers.get(id);
        if (worker) worker.pid = pid;
      },
      exited: (id, code, signal) => {
        if (code === saidWhyCode && !this.#serving) this.#later(helloDelayMs, () => this.#exited(id, code, signal));
        else this.#exited(id, code, signal);
      },
      gone: (reason) => this.#gone(reason),
    });
  }

  get workerPids(): number[] {
    return [...this.#workers.values()].flatMap((worker) => worker.pid ?? []);
  }

  /** Imports the app, forks the workers and waits until all are ready. Rejects with AppStartError; then call `kill`. */
  async start(): Promise<LoadedApp> {
    const loaded = await this.#zygote.loaded();
    const started = new Promise<void>((resolve, reject) => {
      this.#settled = resolve;
      this.#failed = reject;
    });
    for (let count = 0; count < this.#context.app.workers.min; count++) this.#fork();
    await started;
    return loaded;
  }

  /** Lets the workers have requests. */
  serve(): void {
    this.#serving = true;
    for (const { link } of this.#workers.values()) if (link) this.#context.dispatcher.add(link);
  }

  owns(id: number): boolean {
    return this.#workers.has(id);
  }

  /** A worker of this generation has connected. */
  hello(link: WorkerLink, hello: Hello): void {
    const worker = this.#workers.get(hello.worker);
    if (worker?.state.name !== 'starting') {
      link.destroy();
      return;
    }
    if (hello.failed !== undefined) {
      const error = new AppStartError(`The app failed to start in worker ${worker.id}`, hello.failed);
      if (this.#serving) this.#context.log.error(error.message, { pid: hello.pid, text: hello.failed });
      this.#failed(error);
      return;
    }
    this.#move(worker, { name: 'hello' });
    worker.link = link;
    worker.readyAt = this.#context.now();
    this.#context.log.debug(`worker ${worker.id} is ready`, { pid: hello.pid });
    if (this.#serving) this.#context.dispatcher.add(link);
    else if ([...this.#workers.values()].every(({ state }) => state.name === 'ready')) this.#settled();
  }

  /** A link of this generation is gone. */
  linkClosed(link: WorkerLink, error: Error | undefined): void {
    this.#context.dispatcher.forget(link);
    const id = link.hello?.worker ?? 0;
    if (error) this.#context.log.error(`worker ${id} is replaced: ${error.message}`);
    // One that drains has said goodbye and ends by itself; its exit handlers still run.
    if (error || !this.#closing) this.#zygote.kill(id);
  }

  /** Gives the workers no more requests, waits until they have ended what they had, at most so long, then ends all that is left. */
  drain(reason: DrainReason, graceMs: number): Promise<void> {
    this.#drained ??= this.#drain(reason, graceMs);
    return this.#drained;
  }

  /** Gives a drain that is under way no more time: WebSockets are closed now, and what does not end then is killed. */
  hurry(): void {
    this.#hurry();
  }

  /** Lets the app know that its workers are going to end: it may end streams that would else stay open. */
  announceEnd(): void {
    for (const { id } of this.#workers.values()) this.#zygote.announceEnd(id);
  }

  /** Ends the zygote and all workers at once; the zygote by force when it has not ended after so long. */
  async kill(mostMs?: number): Promise<void> {
    this.#closing = true;
    for (const timer of this.#timers) clearTimeout(timer);
    for (const { link } of this.#workers.values()) if (link) this.#context.dispatcher.remove(link);
    await this.#zygote.close(mostMs);
  }

  async #drain(reason: DrainReason, graceMs: number): Promise<void> {
    this.#closing = true;
    for (const timer of this.#timers) clearTimeout(timer);
    for (const worker of this.#workers.values()) {
      if (worker.link) this.#context.dispatcher.remove(worker.link);
      this.#move(worker, { name: 'drain', reason });
      if (worker.link) worker.link.drain();
      else this.#zygote.kill(worker.id);
    }
    this.announceEnd();
    const started = this.#context.now();
    const exited = this.#whenAllExited(graceMs);
    this.#hurry = this.#settled;
    await exited;
    this.#hurry = () => {};
    if (this.#restartWebSockets() > 0) await this.#whenAllExited(appShutdownMs);
    const left = this.#workers.size;
    if (left > 0 && graceMs > 0) {
      const tookMs = Math.round(this.#context.now() - started);
      this.#context.log.warn(`${left} workers had not ended after ${tookMs} ms and are killed`);
    }
    await this.kill();
  }

  async #whenAllExited(mostMs: number): Promise<void> {
    if (this.#workers.size === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#settled = resolve;
    const late = setTimeout(resolve, mostMs);
    await promise;
    clearTimeout(late);
  }

  #restartWebSockets(): number {
    let count = 0;
    for (const { link } of this.#workers.values()) count += link?.restartWebSockets() ?? 0;
    return count;
  }

  #fork(): void {
    const id = this.#context.nextWorkerId();
    this.#workers.set(id, { id, pid: undefined, state: { name: 'starting' }, readyAt: undefined, link: undefined });
    this.#zygote.fork(id);
  }

  #move(worker: Worker, event: WorkerEvent): void {
    worker.state = nextState(worker.state, event);
  }

  #exited(id: number, code: number | null, signal: string | null): void {
    const worker = this.#workers.get(id);
    if (!worker) return;
    this.#move(worker, { name: 'exit', code, signal });
    this.#workers.delete(id);
    worker.link?.destroy();
    if (this.#closing) {
      if (this.#workers.size === 0) this.#settled();
      return;
    }
    const how = signal ? `was killed by ${signal}` : `exited with code ${code}`;
    this.#failed(new AppStartError(`Worker ${id} ${how} before it was ready`, ''));
    if (!this.#serving) return;
    const steady = worker.readyAt !== undefined && this.#context.now() - worker.readyAt >= steadyMs;
    this.#failuresInRow = steady ? 1 : this.#failuresInRow + 1;
    const delayMs = restartDelayMs(this.#failuresInRow);
    this.#context.log.warn(`worker ${id} ${how}; a new one starts ${delayMs === 0 ? 'now' : `in ${delayMs} ms`}`, {
      pid: worker.pid,
    });
    if (delayMs === 0) this.#fork();
    else this.#later(delayMs, () => this.#fork());
  }

  #later(delayMs: number, action: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      action();
    }, delayMs);
    this.#timers.add(timer);
  }

  #gone(reason: string): void {
    for (const worker of this.#workers.values()) worker.link?.destroy();
    this.#workers.clear();
    this.#failed(new AppStartError(`The process that imports the app ended: ${reason}`, ''));
    this.#settled();
    if (!this.#closing && this.#serving) this.#context.lost(this, reason);
  }
}
