import { join } from 'node:path';
import { MessageChannel, Worker } from 'node:worker_threads';
import type { AppCounters } from '../app/counters.ts';
import type { FromFront, ToWorkers } from '../app/front-message.ts';
import { restartDelayMs, steadyMs } from '../app/supervision/backoff.ts';
import type { WorkerFronts } from '../app/supervision/worker-pool.ts';
import type { Bind } from '../core/bind.ts';
import { bindText, ListenError } from '../front/listen.ts';
import type { Log } from '../observe/log.ts';
import { FrontLine } from './front-line.ts';
import { type FrontSettings, FrontThread, type SharedFrontSettings } from './front-thread.ts';
import type { FromFrontThread, ListenRequest, ToFrontThread } from './front-thread-message.ts';
import { fdsOfThread, type ListenPlan } from './inherited-sockets.ts';

const entry = new URL('./front-thread-entry.ts', import.meta.url);

/** A listening socket of a front thread. */
export interface Listening {
  /** What it is for. */
  readonly plan: ListenPlan;
  /** Where it is. */
  readonly bind: Bind;
  readonly fd: number;
}

/** What happens to front threads. */
export interface FrontThreadEvents {
  /** One says something of workers. */
  told(front: number, message: FromFront): void;
  /** One died. */
  closed(front: number): void;
  /** Another one has taken its place. */
  opened(front: number): void;
  /** One listens on these from now on. */
  listening(sockets: readonly Listening[]): void;
  /** One died with what only the service manager can give: this process is to end, for another one to be started. */
  failed(why: string): void;
}

/** Where messages of a front thread come and go. */
interface Port {
  postMessage(message: ToFrontThread): void;
  on(event: 'message', receive: (message: FromFrontThread) => void): unknown;
}

/** One front thread as the main thread sees it. */
interface Thread {
  line: FrontLine | undefined;
  startedAt: number;
  failuresInRow: number;
  restarts: number;
  restart: NodeJS.Timeout | undefined;
  sockets: readonly Listening[];
  /** What it listens on, or is to listen on once it was replaced. */
  readonly plans: Set<number>;
}

/**
 * The front threads. A single one runs in the main thread, where it costs no memory of its own; several are threads that share
 * the ports (decisions/0010-sharing-the-port.md). One that dies is replaced, and its clients' connections with it are lost.
 */
export class FrontThreads implements WorkerFronts {
  readonly sockets: readonly string[];
  readonly #settings: SharedFrontSettings;
  readonly #counters: AppCounters;
  readonly #log: Log;
  readonly #now: () => number;
  readonly #events: FrontThreadEvents;
  readonly #threads: readonly Thread[];
  /** What all threads were told that one which comes later must know too. */
  readonly #standing: Map<ToFrontThread['kind'], ToFrontThread> = new Map();
  #plans: readonly ListenPlan[] = [];
  /** Where one that comes later is to listen, with the ports that were given. */
  #requests: readonly ListenRequest[] = [];
  #isClosing = false;

  /** `folder`: for the sockets of workers. As many threads as the counters are for. */
  constructor(
    settings: SharedFrontSettings,
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
      restart: undefined,
      sockets: [],
      plans: new Set(),
    }));
  }

  /** How often each thread was replaced. */
  get restarts(): readonly number[] {
    return this.#threads.map(({ restarts }) => restarts);
  }

  /** The listening sockets of all that live. */
  get listening(): readonly Listening[] {
    return this.#threads.flatMap(({ sockets }) => sockets);
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
    this.#threads[front]?.line?.post({ kind: 'workers', message });
  }

  /** Tells all threads, also those that come later. */
  announce(message: ToFrontThread & { readonly kind: 'start-failure' | 'log-level' }): void {
    this.#standing.set(message.kind, message);
    this.#post(message);
  }

  /** Accepts connections there. Throws ListenError; what was opened is listened on then until `close`. */
  async listen(plans: readonly ListenPlan[]): Promise<void> {
    this.#plans = plans;
    const threads = this.#threads.length;
    const first = plans.map(
      ({ bind, fds }, plan): ListenRequest => ({
        plan,
        bind,
        reusePort: threads > 1 && bind.kind === 'tcp' ? 'first' : undefined,
        fds: fdsOfThread(fds, 0, threads),
      }),
    );
    await this.#listenIn(0, first);
    this.#requests = plans.map((asked, plan): ListenRequest => {
      const bind = this.listening.find((socket) => socket.plan === asked)?.bind ?? asked.bind;
      return { plan, bind, reusePort: threads > 1 && bind.kind === 'tcp' ? 'join' : undefined, fds: [] };
    });
    for (let front = 1; front < threads; front++) {
      for (const request of this.#requests) {
        const given = plans[request.plan]?.fds ?? [];
        const fds = fdsOfThread(given, front, threads);
        // A Unix socket cannot be shared.
        if (request.bind.kind === 'unix' && fds.length === 0) continue;
        await this.#joinIn(front, { ...request, fds }, given.length > 0);
      }
    }
  }

  /** Accepts no more connections and lets requests end; see Front.close. Gives how many connections were cut. */
  async close(graceMs: number, lastCallMs: number): Promise<number> {
    this.#isClosing = true;
    for (const { restart } of this.#threads) clearTimeout(restart);
    const counts = this.#threads.map(async ({ line }) => {
      const answer = await line?.ask({ kind: 'close', graceMs, lastCallMs }, 'closed');
      return answer?.kind === 'closed' ? answer.cut : 0;
    });
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  }

  /** Ends the threads, once the workers are gone. */
  async end(): Promise<void> {
    await Promise.all(this.#threads.map(({ line }) => line?.ask({ kind: 'end' }, 'ended')));
  }

  #post(message: ToFrontThread): void {
    for (const { line } of this.#threads) line?.post(message);
  }

  async #listenIn(front: number, requests: readonly ListenRequest[]): Promise<void> {
    const thread = this.#threads[front] as Thread;
    const answer = await thread.line?.ask({ kind: 'listen', requests }, 'listening');
    if (answer?.kind !== 'listening') throw new ListenError(`Cannot listen: front thread ${front} died`);
    const opened = answer.sockets.map(({ plan, bind, fd }): Listening => {
      return { plan: this.#plans[plan] as ListenPlan, bind, fd };
    });
    thread.sockets = [...thread.sockets, ...opened];
    for (const { plan } of answer.sockets) thread.plans.add(plan);
    this.#events.listening(opened);
    if (answer.error !== undefined) throw new ListenError(answer.error);
  }

  /** A socket that this process was given may be one that its maker does not let others share: then that thread has none there. */
  async #joinIn(front: number, request: ListenRequest, isGiven: boolean): Promise<void> {
    try {
      await this.#listenIn(front, [request]);
    } catch (error) {
      if (!(error instanceof ListenError) || !isGiven) throw error;
      this.#log.warn(
        `front thread ${front} does not listen on ${bindText(request.bind)}: it cannot share the socket that Galley was given`,
      );
    }
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
    thread.startedAt = this.#now();
    if (this.#threads.length === 1) {
      const { port1, port2 } = new MessageChannel();
      const opened = this.#connect(front, port1).next('open');
      await new FrontThread(port2, settings).run();
      await opened;
      return;
    }
    const worker = new Worker(entry, { workerData: settings, name: `front ${front}` });
    let cause: unknown;
    worker.on('error', (error) => {
      cause = error;
    });
    worker.on('exit', (code) => this.#died(front, code, cause));
    await this.#connect(front, worker).next('open');
  }

  #connect(front: number, port: Port): FrontLine {
    const line = new FrontLine((message) => port.postMessage(message));
    port.on('message', (message) => {
      if (message.kind === 'workers') this.#events.told(front, message.message);
      else line.receive(message);
    });
    (this.#threads[front] as Thread).line = line;
    return line;
  }

  #died(front: number, code: number, cause: unknown): void {
    const thread = this.#threads[front] as Thread;
    thread.line?.died();
    thread.line = undefined;
    if (this.#isClosing) return;
    const hadServiceSocket = thread.sockets.some(({ plan, fd }) => plan.origin === 'systemd' && plan.fds.includes(fd));
    thread.sockets = [];
    this.#counters.clearFront(front);
    const how = `front thread ${front} died (exit code ${code}) and its connections are lost`;
    if (hadServiceSocket) {
      // Its sockets are closed, and the service manager's own cannot be opened beside them.
      const next = 'Galley stops with exit code 1, for the service manager to start it again';
      this.#log.error(`${how}, with them the socket of the service manager; ${next}`, textOf(cause));
      this.#events.failed(`front thread ${front} died with a socket of the service manager`);
    } else {
      thread.restarts++;
      this.#replaceLater(front, how, cause);
    }
    this.#events.closed(front);
  }

  /** After a pause that grows with the failures. `what` has happened. */
  #replaceLater(front: number, what: string, cause: unknown): void {
    const thread = this.#threads[front] as Thread;
    const wasSteady = this.#now() - thread.startedAt >= steadyMs;
    thread.failuresInRow = wasSteady ? 1 : thread.failuresInRow + 1;
    const delayMs = restartDelayMs(thread.failuresInRow);
    const next = `a new one starts ${delayMs === 0 ? 'now' : `in ${delayMs} ms`}`;
    this.#log.error(`${what}; ${next}`, textOf(cause));
    clearTimeout(thread.restart);
    thread.restart = setTimeout(() => void this.#replace(front), delayMs);
  }

  async #replace(front: number): Promise<void> {
    const thread = this.#threads[front] as Thread;
    try {
      await this.#start(front);
    } catch (error) {
      if (!this.#isClosing) this.#replaceLater(front, `front thread ${front} cannot be started`, error);
      return;
    }
    const { line } = thread;
    if (this.#isClosing || !line) return;
    for (const message of this.#standing.values()) line.post(message);
    this.#events.opened(front);
    await this.#listenAgain(
      front,
      line,
      this.#requests.filter(({ plan }) => thread.plans.has(plan)),
      2,
    );
  }

  /** Tries until it listens on all, after growing pauses; `attempt` counts as restarts do. */
  async #listenAgain(
    front: number,
    line: FrontLine,
    requests: readonly ListenRequest[],
    attempt: number,
  ): Promise<void> {
    const thread = this.#threads[front] as Thread;
    const failed: ListenRequest[] = [];
    const reasons: string[] = [];
    for (const request of requests) {
      try {
        await this.#listenIn(front, [request]);
      } catch (error) {
        failed.push(request);
        reasons.push((error as Error).message);
      }
      if (this.#isClosing || thread.line !== line) return;
    }
    if (failed.length === 0) return;
    const delayMs = restartDelayMs(attempt);
    this.#log.error(`front thread ${front} tries again in ${delayMs} ms: ${reasons.join('; ')}`);
    thread.restart = setTimeout(() => void this.#listenAgain(front, line, failed, attempt + 1), delayMs);
  }
}

function textOf(cause: unknown): { readonly text?: string } {
  if (cause === undefined) return {};
  return { text: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause) };
}
