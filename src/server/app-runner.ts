import { setTimeout } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { AppCounters } from '../app/counters.ts';
import type { FromFront } from '../app/front-message.ts';
import type { AppOptions } from '../app/options.ts';
import { findPython, type PythonFound } from '../app/python.ts';
import { AppStartError, StartGivenUp } from '../app/start-error.ts';
import { AppSupervisor } from '../app/supervision/supervisor.ts';
import type { LoadedApp } from '../app/supervision/zygote.ts';
import type { Log } from '../observe/log.ts';
import { describeStartFailure } from '../site/start-failure/start-failure.ts';
import type { FrontThreads } from './front-threads.ts';
import { gilNote } from './gil-note.ts';
import { watchPythonFiles } from './watch.ts';

/** What apps are run with. */
export interface AppSurroundings {
  readonly fronts: FrontThreads;
  /** Where the workers' sockets are. */
  readonly folder: string;
  readonly log: Log;
  /** A monotonic clock in milliseconds that all threads share. */
  now(): number;
}

/** How often the queue of an app that is to end is looked at, in milliseconds. */
const queueLookMs = 20;

let lastId = 0;

/** One app that runs: its interpreter, its workers, and what front threads know of it. */
export class AppRunner {
  readonly id: number;
  readonly options: AppOptions;
  /** Which interpreter runs the app and why that one, in a few words. */
  readonly python: PythonFound;
  readonly supervisor: AppSupervisor;
  /** Undefined where it could not start and a change is waited for, with `--reload`. */
  loaded: LoadedApp | undefined;
  /** Whether there is no app yet since its start was given up for one with a newer version, which is under way. */
  isRestarting = false;
  readonly #counters: AppCounters;
  readonly #surroundings: AppSurroundings;
  #unwatch: (() => void) | undefined;

  private constructor(
    id: number,
    options: AppOptions,
    python: PythonFound,
    counters: AppCounters,
    supervisor: AppSupervisor,
    surroundings: AppSurroundings,
  ) {
    this.id = id;
    this.options = options;
    this.python = python;
    this.supervisor = supervisor;
    this.#counters = counters;
    this.#surroundings = surroundings;
  }

  /** Makes all ready for its start. Throws PythonNotFound. */
  static async open(options: AppOptions, surroundings: AppSurroundings): Promise<AppRunner> {
    const { fronts, folder, log, now } = surroundings;
    const python = await findPython(options);
    const counters = new AppCounters(fronts.count);
    const id = ++lastId;
    const { queue, requestTimeoutMs, reload } = options;
    const ways = await fronts.openApp({
      id,
      queue,
      requestTimeoutMs,
      showsStartFailure: reload,
      counters: counters.buffer,
    });
    const supervisor = new AppSupervisor({
      app: options,
      python: python.path,
      counters,
      fronts: ways,
      folder,
      log,
      now,
      failed: (error) => {
        const failure = error && reload ? describeStartFailure(error, options.directory) : undefined;
        fronts.announce({ kind: 'start-failure', app: id, failure });
      },
    });
    for (const front of fronts.missing) supervisor.frontClosed(front);
    return new AppRunner(id, options, python, counters, supervisor, surroundings);
  }

  /** Resolves when its workers are ready. Throws AppStartError; with `--reload` the next change is waited for instead. */
  async start(): Promise<void> {
    const { options, supervisor } = this;
    const { log } = this.#surroundings;
    const starting = supervisor.start();
    if (options.reload) {
      this.#unwatch = watchPythonFiles(options.directory, log, () => void supervisor.restart());
    }
    const first = await (options.reload ? orWaiting(starting, log) : starting);
    this.isRestarting = first === 'restarting';
    if (typeof first !== 'object') return;
    this.loaded = first;
    const note = gilNote(first);
    if (note) log.info(note);
  }

  /** Whether it would run no other way with these options. */
  isAs(options: AppOptions): boolean {
    return isDeepStrictEqual(this.options, options);
  }

  /** What a front thread says. */
  receive(front: number, message: FromFront): void {
    this.supervisor.receive(front, message);
  }

  /** A front thread died. */
  frontClosed(front: number): void {
    this.#counters.clearFront(front);
    this.supervisor.frontClosed(front);
  }

  /** One has taken its place. */
  frontOpened(front: number): void {
    this.supervisor.frontOpened(front);
  }

  /** No change of its files is looked for any more. */
  unwatch(): void {
    this.#unwatch?.();
    this.#unwatch = undefined;
  }

  /** Nothing leads to it any more: ends its workers, when what waits for them has been taken, within so long. */
  async leave(graceMs: number): Promise<void> {
    const { now } = this.#surroundings;
    const deadline = now() + graceMs;
    this.unwatch();
    const isAwaited = (): boolean => this.#counters.queueDepth + this.#counters.againDepth > 0;
    while (isAwaited() && now() < deadline) await setTimeout(queueLookMs);
    await this.stop(Math.max(0, deadline - now()));
  }

  /** Ends its workers, within so long. */
  async stop(graceMs: number): Promise<void> {
    this.unwatch();
    await this.supervisor.stop(graceMs);
    this.#surroundings.fronts.closeApp(this.id);
  }
}

/** The app; undefined where it cannot start, which is said in the log. */
async function orWaiting(starting: Promise<LoadedApp>, log: Log): Promise<LoadedApp | 'restarting' | undefined> {
  try {
    return await starting;
  } catch (error) {
    if (error instanceof StartGivenUp) return 'restarting';
    if (!(error instanceof AppStartError)) throw error;
    const text = error.traceback ? { text: error.traceback } : {};
    log.error(`the app cannot start, the browser shows why until the next change: ${error.message}`, text);
    return undefined;
  }
}
