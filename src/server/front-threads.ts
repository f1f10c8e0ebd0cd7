import { join } from 'node:path';
import { MessageChannel, Worker } from 'node:worker_threads';
import type { AppCounters } from '../app/counters.ts';
import type { FromFront, ToWorkers } from '../app/front-message.ts';
import { restartDelayMs, steadyMs } from '../app/supervision/backoff.ts';
import type { WorkerFronts } from '../app/supervision/worker-pool.ts';
import { bindText, ListenError } from '../front/listen.ts';
import type { Log } from '../observe/log.ts';
import { type FrontSettings, FrontThread } from './front-thread.ts';
import type { FromFrontThread, ListeningSocket, ListenRequest, ToFrontThread } from './front-thread-message.ts';
import { fdsOfThread, type ListenPlan } from './inherited-sockets.ts';

const entry = new URL('./front-thread-entry.ts', import.meta.url);

/** What happens to front threads. */
export interface FrontThreadEvents {
  /** One says something of workers. */
  told(front: number, message: FromFront): void;
  /** One died. */
  closed(front: number): void;
  /** Another one has taken its place. */
  opened(front: number): void;
}

/** The line to a front thread. */
interface Line {
  postMessage(message: ToFrontThread): void;
}

/** One front thread as the main thread sees it. */
interface Thread {
  line: Line | undefined;
  startedAt: number;
  failuresInRow: number;
  restarts: number;
  waiting: { readonly kind: FromFrontThread['kind']; resolve(message: FromFrontThread | undefined): void } | undefined;
  restart: NodeJS.Timeout | undefined;
}

/**
 * The front threads. A single one runs in the main thread, where it costs no memory of its own; several are threads that share
 * the ports (decisions/0010-sharing-the-port.md). One that dies is replaced, and its clients' connections with it are lost.
 */
export class FrontThreads implements WorkerFronts {
  readonly sockets: readonly string[];
  readonly #settings: Omit<FrontSettings, 'front' | 'socket' | 'frontCount' | 'counters'>;
  readonly #counters: AppCounters;
  readonly #log: Log;
  readonly #now: () => number;
  readonly #events: FrontThreadEvents;
  readonly #threads: readonly Thread[];
  /** What all threads were told that one which comes later must know too. */
  readonly #standing: Map<ToFrontThread['kind'], ToFrontThread> = new Map();
  /** Where to listen, with the ports that were given. */
  #listening: readonly ListenRequest[] = [];
  #isClosing = false;

  /** `folder`: for the sockets of workers. As many threads as the counters are for. */
  constructor(
    settings: Omit<FrontSettings, 'front' | 'socket' | 'frontCount' | 'counters'>,
    counters: AppCounters,
    folder: string,
    log: Log,
    now: () => number,
    events: FrontThreadEvents,
  ) {
    this.#settings = settings;
    this.#counters = counters;
    this.#log = log;
    this.#now = now;
    this.#events = events;
    const indices = [...Array(counters.frontCount).keys()];
    this.sockets = indices.map((front) => join(folder, `front-${front}.sock`));
    this.#threads = indices.map(() => ({
      line: undefined,
      startedAt: 0,
      failuresInRow: 0,
      restarts: 0,
      waiting: undefined,
      restart: undefined,
    }));
  }

  /** How often each thread was replaced. */
  get restarts(): readonly number[] {
    return this.#threads.map(({ restarts }) => restarts);
  }

  /** Starts all; resolves when workers may connect. */
  async open(): Promise<void> {
    await Promise.all(this.#threads.map((_, front) => this.#start(front)));
  }

  /** Tells all threads something of the workers. */
  post(message: ToWorkers): void {
    this.#post({ kind: 'workers', message });
  }

  postTo(front: number, message: ToWorkers): void {
    this.#threads[front]?.line?.postMessage({ kind: 'workers', message });
  }

  /** Tells all threads, also those that come later. */
  announce(message: ToFrontThread & { readonly kind: 'start-failure' | 'log-level' }): void {
    this.#standing.set(message.kind, message);
    this.#post(message);
  }

  /** Accepts connections there. Gives the listening sockets, the addresses with the ports they really have. Throws ListenError. */
  async listen(plans: readonly ListenPlan[]): Promise<readonly ListeningSocket[]> {
    const threads = this.#threads.length;
    const first = plans.map(
      ({ bind, fds }, plan): ListenRequest => ({
        plan,
        bind,
        reusePort: threads > 1 && bind.kind === 'tcp' ? 'first' : undefined,
        fds: fdsOfThread(fds, 0, threads),
      }),
    );
    const sockets = [...(await this.#listenIn(0, first))];
    this.#listening = plans.map(({ bind: asked }, plan): ListenRequest => {
      const bind = sockets.find((socket) => socket.plan === plan)?.bind ?? asked;
      return { plan, bind, reusePort: threads > 1 && bind.kind === 'tcp' ? 'join' : undefined, fds: [] };
    });
    for (let front = 1; front < threads; front++) {
      for (const request of this.#listening) {
        const given = plans[request.plan]?.fds ?? [];
        const fds = fdsOfThread(given, front, threads);
        // A Unix socket cannot be shared.
        if (request.bind.kind === 'unix' && fds.length === 0) continue;
        sockets.push(...(await this.#joinIn(front, { ...request, fds }, given.length > 0)));
      }
    }
    return sockets;
  }

  /** Accepts no more connections and lets requests end; see Front.close. Gives how many connections were cut. */
  async close(graceMs: number, lastCallMs: number): Promise<number> {
    this.#isClosing = true;
    const counts = this.#threads.map(async (_, front) => {
      const answer = await this.#ask(front, { kind: 'close', graceMs, lastCallMs }, 'closed');
      return answer?.kind === 'closed' ? answer.cut : 0;
    });
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  }

  /** Ends the threads, once the workers are gone. */
  async end(): Promise<void> {
    this.#isClosing = true;
    for (const { restart } of this.#threads) clearTimeout(restart);
    await Promise.all(this.#threads.map((_, front) => this.#ask(front, { kind: 'end' }, 'ended')));
  }

  #post(message: ToFrontThread): void {
    for (const { line } of this.#threads) line?.postMessage(message);
  }

  async #listenIn(front: number, requests: readonly ListenRequest[]): Promise<readonly ListeningSocket[]> {
    const answer = await this.#ask(front, { kind: 'listen', requests }, 'listening');
    if (answer?.kind !== 'listening') throw new ListenError(`Cannot listen: front thread ${front} died`);
    if (answer.error !== undefined) throw new ListenError(answer.error);
    return answer.sockets;
  }

  /** A socket that this process was given may be one that its maker does not let others share: then that thread has none there. */
  async #joinIn(front: number, request: ListenRequest, isGiven: boolean): Promise<readonly ListeningSocket[]> {
    try {
      return await this.#listenIn(front, [request]);
    } catch (error) {
      if (!(error instanceof ListenError) || !isGiven) throw error;
      this.#log.warn(
        `front thread ${front} does not listen on ${bindText(request.bind)}: it cannot share the socket that Galley was given`,
      );
      return [];
    }
  }

  /** Tells a thread something and waits for its answer; undefined where it died. */
  #ask(front: number, message: ToFrontThread, kind: FromFrontThread['kind']): Promise<FromFrontThread | undefined> {
    const thread = this.#threads[front];
    if (!thread?.line) return Promise.resolve(undefined);
    const { promise, resolve } = Promise.withResolvers<FromFrontThread | undefined>();
    thread.waiting = { kind, resolve };
    thread.line.postMessage(message);
    return promise;
  }

  async #start(front: number): Promise<void> {
    const thread = this.#threads[front] as Thread;
    const settings: FrontSettings = {
      ...this.#settings,
      front,
      frontCount: this.#threads.length,
      counters: this.#counters.buffer,
      socket: this.sockets[front] as string,
    };
    const { promise, resolve } = Promise.withResolvers<FromFrontThread | undefined>();
    thread.waiting = { kind: 'open', resolve };
    thread.startedAt = this.#now();
    if (this.#threads.length === 1) {
      const { port1, port2 } = new MessageChannel();
      thread.line = { postMessage: (message) => port1.postMessage(message) };
      port1.on('message', (message: FromFrontThread) => this.#receive(front, message));
      await new FrontThread(port2, settings).run();
    } else {
      const worker = new Worker(entry, { workerData: settings, name: `front ${front}` });
      thread.line = { postMessage: (message) => worker.postMessage(message) };
      worker.on('message', (message: FromFrontThread) => this.#receive(front, message));
      let cause: unknown;
      worker.on('error', (error) => {
        cause = error;
      });
      worker.on('exit', (code) => this.#died(front, code, cause));
    }
    await promise;
  }

  #receive(front: number, message: FromFrontThread): void {
    if (message.kind === 'workers') {
      this.#events.told(front, message.message);
      return;
    }
    const thread = this.#threads[front];
    if (thread?.waiting?.kind !== message.kind) return;
    const { resolve } = thread.waiting;
    thread.waiting = undefined;
    resolve(message);
  }

  #died(front: number, code: number, cause: unknown): void {
    const thread = this.#threads[front] as Thread;
    thread.line = undefined;
    thread.waiting?.resolve(undefined);
    thread.waiting = undefined;
    if (this.#isClosing) return;
    this.#counters.clearFront(front);
    const wasSteady = this.#now() - thread.startedAt >= steadyMs;
    thread.failuresInRow = wasSteady ? 1 : thread.failuresInRow + 1;
    thread.restarts++;
    const delayMs = restartDelayMs(thread.failuresInRow);
    const text = cause instanceof Error ? cause.stack : cause === undefined ? undefined : String(cause);
    const how = `front thread ${front} died (exit code ${code})`;
    const next = `a new one starts ${delayMs === 0 ? 'now' : `in ${delayMs} ms`}`;
    this.#log.error(`${how} and its connections are lost; ${next}`, text ? { text } : {});
    this.#events.closed(front);
    thread.restart = setTimeout(() => void this.#replace(front), delayMs);
  }

  async #replace(front: number): Promise<void> {
    await this.#start(front);
    if (this.#isClosing || !this.#threads[front]?.line) return;
    for (const message of this.#standing.values()) this.#threads[front]?.line?.postMessage(message);
    this.#events.opened(front);
    const requests = this.#listening.filter(({ bind }) => front === 0 || bind.kind === 'tcp');
    try {
      await this.#listenIn(front, requests);
    } catch (error) {
      this.#log.error(`front thread ${front} cannot listen: ${(error as Error).message}`);
    }
  }
}
