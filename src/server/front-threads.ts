import { join } from 'node:path';
import { MessageChannel, Worker } from 'node:worker_threads';
import type { FromFront, ToWorkers } from '../app/front-message.ts';
import { restartDelayMs, steadyMs } from '../app/supervision/backoff.ts';
import type { WorkerFronts } from '../app/supervision/worker-pool.ts';
import type { CacheCounts } from '../cache/cache-event.ts';
import type { CachePurgeRequest } from '../cache/cache-store.ts';
import { FetchLocks } from '../cache/fetch-locks.ts';
import type { Bind } from '../core/bind.ts';
import { bindText, ListenError } from '../front/listen.ts';
import type { Log } from '../observe/log.ts';
import { clearFront, openZones } from '../site/limits/limit-zones.ts';
import type { WantedCertificate } from '../tls/supervision/tls-supervisor.ts';
import type { TlsMaterial } from '../tls/tls-material.ts';
import type { UpstreamMembers } from '../upstream/member.ts';
import { SharedConnectionCounts } from './connection-counts.ts';
import { FrontLine } from './front-line.ts';
import { type FrontSettings, FrontThread, type SharedFrontSettings } from './front-thread.ts';
import type { FromFrontThread, FrontApp, FrontSite, ListenRequest, ToFrontThread } from './front-thread-message.ts';
import { fdsOfThread, type ListenPlan } from './inherited-sockets.ts';
import { ServingError } from './serving.ts';

const entry = new URL('./front-thread-entry.ts', import.meta.url);

/** A listening socket of a front thread. */
export interface Listening {
  readonly listener: number;
  /** What it is for. */
  readonly plan: ListenPlan;
  /** Where it is. */
  readonly bind: Bind;
  readonly fd: number;
}

/** What happens to front threads. */
export interface FrontThreadEvents {
  /** One says something of the workers of an app. */
  told(front: number, app: number, message: FromFront): void;
  /** One asks for the certificate of a name, for an answer by `answerCertificate`. */
  certificateWanted(front: number, wanted: WantedCertificate): void;
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
  /** The listeners that it listens on, or is to listen on once it was replaced. */
  readonly listeners: Set<number>;
  /** The apps that it knows, or is told of, by their numbers. */
  readonly apps: Map<number, Promise<unknown>>;
  /** Whether it has all that it needs to serve. */
  isServing: boolean;
}

/**
 * The front threads. A single one runs in the main thread, where it costs no memory of its own; several are threads that share
 * the ports (decisions/0010-sharing-the-port.md). One that dies is replaced, and its clients' connections with it are lost.
 */
export class FrontThreads {
  readonly #settings: SharedFrontSettings;
  /** For the sockets of workers. */
  readonly #folder: string;
  readonly #counts: SharedConnectionCounts;
  readonly #cacheLocks: SharedArrayBuffer = FetchLocks.memory();
  readonly #log: Log;
  readonly #now: () => number;
  readonly #events: FrontThreadEvents;
  readonly #threads: readonly Thread[];
  /** What all threads were told that one which comes later must know too, by what it is of. */
  readonly #standing: Map<string, ToFrontThread> = new Map();
  readonly #apps: Map<number, FrontApp> = new Map();
  #site: FrontSite | undefined;
  /** By listener. */
  readonly #plans: Map<number, ListenPlan> = new Map();
  /** Where one that comes later is to listen, with the ports that were given; by listener. */
  readonly #requests: Map<number, ListenRequest> = new Map();
  #isClosing = false;

  /** `folder`: for the sockets of workers. */
  constructor(
    settings: SharedFrontSettings,
    count: number,
    folder: string,
    log: Log,
    now: () => number,
    events: FrontThreadEvents,
  ) {
    this.#settings = settings;
    this.#folder = folder;
    this.#counts = new SharedConnectionCounts(count);
    this.#log = log;
    this.#now = now;
    this.#events = events;
    this.#threads = Array.from({ length: count }, () => ({
      line: undefined,
      startedAt: 0,
      failuresInRow: 0,
      restarts: 0,
      restart: undefined,
      sockets: [],
      listeners: new Set(),
      apps: new Map(),
      isServing: true,
    }));
  }

  get count(): number {
    return this.#threads.length;
  }

  /** Those that died and are not replaced yet. */
  get missing(): readonly number[] {
    return [...this.#threads.keys()].filter((front) => this.#threads[front]?.isServing === false);
  }

  /** How often each thread was replaced. */
  get restarts(): readonly number[] {
    return this.#threads.map(({ restarts }) => restarts);
  }

  /** The listening sockets of all that live. */
  get listening(): readonly Listening[] {
    return this.#threads.flatMap(({ sockets }) => sockets);
  }

  /** Starts all. */
  async open(): Promise<void> {
    await Promise.all(this.#threads.map((_, front) => this.#start(front)));
  }

  /** Lets the workers of an app connect; gives the ways to them. */
  async openApp(app: FrontApp): Promise<WorkerFronts> {
    this.#apps.set(app.id, app);
    await Promise.all(this.#threads.map(({ line }, front) => line && this.#openAppIn(line, front, app)));
    return {
      sockets: this.#threads.map((_, front) => this.#socketOf(app, front)),
      post: (message) => this.#post(toWorkers(app, message)),
      postTo: (front, message) => this.#threads[front]?.line?.post(toWorkers(app, message)),
    };
  }

  /** Its workers are gone. */
  closeApp(id: number): void {
    this.#apps.delete(id);
    for (const { apps } of this.#threads) apps.delete(id);
    this.#standing.delete(`start-failure ${id}`);
    this.#post({ kind: 'close-app', app: id });
  }

  /** Serves this from now on. Throws ServingError; some threads may have taken it, so that the one before is to be set again. */
  async use(site: FrontSite): Promise<void> {
    this.#site = site;
    const answers = await Promise.all(this.#threads.map(({ line }) => line?.ask({ kind: 'site', site }, 'site-ready')));
    for (const answer of answers) {
      if (answer?.kind === 'site-ready' && answer.error !== undefined) throw new ServingError(answer.error);
    }
  }

  /** Tells all threads, also those that come later. */
  announce(
    message: ToFrontThread & { readonly kind: 'start-failure' | 'log-level' | 'error-logs' | 'acme-challenges' },
  ): void {
    this.#standing.set(message.kind === 'start-failure' ? `${message.kind} ${message.app}` : message.kind, message);
    this.#post(message);
  }

  /** Tells all threads who the members of an upstream are from now on, also those that come later. */
  setMembers(members: UpstreamMembers): void {
    if (this.#site) {
      const upstreams = this.#site.upstreams.map((state) => {
        return state.upstream === members.upstream ? { ...state, ...members } : state;
      });
      this.#site = { ...this.#site, upstreams };
    }
    this.#post({ kind: 'upstream-members', members });
  }

  /** What the TLS of a site's servers is made of from now on, also in threads that come later; ignored where another site is in use. */
  setMaterials(materials: readonly (TlsMaterial | undefined)[], generation: number): void {
    if (this.#site?.generation === generation) this.#site = { ...this.#site, tls: materials };
    this.#post({ kind: 'tls-materials', generation, materials });
  }

  /** Threads that have the certificate of a name, which was got on demand, ask for it again. */
  forgetCertificate(name: string): void {
    this.#post({ kind: 'certificate-changed', name });
  }

  answerCertificate(front: number, wanted: WantedCertificate, material: TlsMaterial | undefined): void {
    const { generation, server, name } = wanted;
    this.#threads[front]?.line?.post({ kind: 'certificate', generation, server, name, material });
  }

  /** Removes what is meant from a cache. How many entries there were; undefined where there is no such cache. */
  async purge(cache: string, what: CachePurgeRequest): Promise<number | undefined> {
    const lines = this.#threads.flatMap(({ line }) => line ?? []);
    const asked = lines.map((line, index) => line.ask({ kind: 'purge', cache, what, isFirst: index === 0 }, 'purged'));
    const counts = (await Promise.all(asked)).flatMap((answer) => {
      return answer?.kind === 'purged' && answer.removed !== undefined ? [answer.removed] : [];
    });
    return counts.length === 0 ? undefined : counts.reduce((sum, count) => sum + count, 0);
  }

  /** What each thread that lives has in its caches. */
  async cacheCounts(): Promise<readonly (readonly CacheCounts[])[]> {
    const answers = await Promise.all(this.#threads.map(({ line }) => line?.ask({ kind: 'count-caches' }, 'caches')));
    return answers.map((answer) => (answer?.kind === 'caches' ? answer.caches : []));
  }

  /** The log files were rotated. */
  reopenLogs(): void {
    this.#post({ kind: 'reopen-logs' });
  }

  /** Accepts connections there as well; by listener. Throws ListenError; what was opened is listened on then until `unlisten` or `close`. */
  async listen(plans: ReadonlyMap<number, ListenPlan>): Promise<void> {
    const threads = this.#threads.length;
    for (const [listener, plan] of plans) this.#plans.set(listener, plan);
    // One that is missing listens as the others do, once it is replaced.
    const opening = Math.max(
      0,
      this.#threads.findIndex(({ line }) => line !== undefined),
    );
    const first = [...plans].map(
      ([listener, { bind, fds, backlog, ipv6Only = false }]): ListenRequest => ({
        listener,
        bind,
        reusePort: threads > 1 && bind.kind === 'tcp' ? 'first' : undefined,
        backlog,
        ipv6Only,
        fds: fdsOfThread(fds, opening, threads),
      }),
    );
    await this.#listenIn(opening, first);
    for (const [listener, asked] of plans) {
      const bind = this.listening.find((socket) => socket.plan === asked)?.bind ?? asked.bind;
      const reusePort = threads > 1 && bind.kind === 'tcp' ? 'join' : undefined;
      const { backlog, ipv6Only = false } = asked;
      this.#requests.set(listener, { listener, bind, reusePort, backlog, ipv6Only, fds: [] });
    }
    for (let front = 0; front < threads; front++) {
      if (front === opening) continue;
      for (const [listener, { fds: given }] of plans) {
        const request = this.#requests.get(listener) as ListenRequest;
        const fds = fdsOfThread(given, front, threads);
        // A Unix socket cannot be shared.
        if (request.bind.kind === 'unix' && fds.length === 0) continue;
        await this.#joinIn(front, { ...request, fds }, given.length > 0);
      }
    }
  }

  /** Accepts no more connections there; requests under way go on. */
  unlisten(listeners: readonly number[]): void {
    for (const listener of listeners) {
      const plan = this.#plans.get(listener);
      this.#plans.delete(listener);
      this.#requests.delete(listener);
      for (const thread of this.#threads) {
        thread.listeners.delete(listener);
        thread.sockets = thread.sockets.filter((socket) => socket.plan !== plan);
      }
    }
    this.#post({ kind: 'unlisten', listeners });
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

  #postToOthers(front: number, message: ToFrontThread): void {
    for (const [other, { line }] of this.#threads.entries()) if (other !== front) line?.post(message);
  }

  async #listenIn(front: number, requests: readonly ListenRequest[]): Promise<void> {
    const thread = this.#threads[front] as Thread;
    const answer = await thread.line?.ask({ kind: 'listen', requests }, 'listening');
    if (answer?.kind !== 'listening') throw new ListenError(`Cannot listen: front thread ${front} died`);
    const opened = answer.sockets.map(({ listener, bind, fd }): Listening => {
      return { listener, plan: this.#plans.get(listener) as ListenPlan, bind, fd };
    });
    thread.sockets = [...thread.sockets, ...opened];
    for (const { listener } of answer.sockets) thread.listeners.add(listener);
    this.#events.listening(opened);
    if (answer.error !== undefined) throw new ListenError(answer.error);
  }

  /** A socket that this process was given may be one that its maker does not let others share: then that thread has none there. */
  async #joinIn(front: number, request: ListenRequest, isGiven: boolean): Promise<void> {
    const thread = this.#threads[front] as Thread;
    thread.listeners.add(request.listener);
    if (!thread.line) return;
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
    const told = this.#standing.get('error-logs');
    const settings: FrontSettings = {
      ...this.#settings,
      ...(told?.kind === 'error-logs' && { errorLogs: told.errorLogs }),
      front,
      frontCount: this.#threads.length,
      counts: this.#counts.buffer,
      cacheLocks: this.#cacheLocks,
    };
    thread.startedAt = this.#now();
    if (this.#threads.length === 1) {
      const { port1, port2 } = new MessageChannel();
      const opened = this.#connect(front, port1).next('open');
      new FrontThread(port2, settings).run();
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
      if (message.kind === 'workers') this.#events.told(front, message.app, message.message);
      else if (message.kind === 'cache-news') this.#postToOthers(front, message);
      else if (message.kind === 'certificate-wanted') this.#events.certificateWanted(front, message);
      else line.receive(message);
    });
    (this.#threads[front] as Thread).line = line;
    return line;
  }

  #died(front: number, code: number, cause: unknown): void {
    const thread = this.#threads[front] as Thread;
    thread.line?.died();
    thread.line = undefined;
    thread.apps.clear();
    thread.isServing = false;
    if (this.#isClosing) return;
    const hadServiceSocket = thread.sockets.some(({ plan, fd }) => plan.origin === 'systemd' && plan.fds.includes(fd));
    thread.sockets = [];
    this.#counts.clearFront(front);
    FetchLocks.clearFront(this.#cacheLocks, front);
    if (this.#site) clearFront(openZones(this.#site.zones, front, this.#now), front);
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
    for (const app of this.#apps.values()) {
      await this.#openAppIn(line, front, app);
      // It may have died again meanwhile.
      if (thread.line !== line) return;
    }
    for (const message of this.#standing.values()) line.post(message);
    if (this.#site) await line.ask({ kind: 'site', site: this.#site }, 'site-ready');
    if (this.#isClosing || thread.line !== line) return;
    thread.isServing = true;
    this.#events.opened(front);
    const isOpen = (listener: number): boolean => thread.sockets.some(({ plan }) => plan === this.#plans.get(listener));
    const requests = [...this.#requests.values()].filter(({ listener }) => {
      return thread.listeners.has(listener) && !isOpen(listener);
    });
    await this.#listenAgain(front, line, requests, 2);
  }

  async #openAppIn(line: FrontLine, front: number, app: FrontApp): Promise<void> {
    const { apps } = this.#threads[front] as Thread;
    const opening =
      apps.get(app.id) ?? line.ask({ kind: 'open-app', app, socket: this.#socketOf(app, front) }, 'app-opened');
    apps.set(app.id, opening);
    await opening;
  }

  #socketOf({ id }: FrontApp, front: number): string {
    return join(this.#folder, `front-${front}-${id}.sock`);
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

function toWorkers({ id }: FrontApp, message: ToWorkers): ToFrontThread {
  return { kind: 'workers', app: id, message };
}

function textOf(cause: unknown): { readonly text?: string } {
  if (cause === undefined) return {};
  return { text: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause) };
}
