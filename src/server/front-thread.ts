import { randomBytes } from 'node:crypto';
import type { MessagePort } from 'node:worker_threads';
import { Caches } from '../cache/caches.ts';
import type { WebSocketLimits, WebSocketTimeouts } from '../core/limits.ts';
import { Forwarding } from '../front/forwarding.ts';
import { Front } from '../front/front.ts';
import { ListenError } from '../front/listen.ts';
import { TrustedPeers } from '../front/trusted-peers.ts';
import type { ErrorLogTarget } from '../observe/error-log.ts';
import type { LogLevel, LogThreshold } from '../observe/log.ts';
import { LogFileError } from '../observe/log-file.ts';
import { LogFiles } from '../observe/log-files.ts';
import { FileCache } from '../site/files/file-cache.ts';
import { Upstreams } from '../upstream/upstreams.ts';
import { AcmeAnswers } from './acme-answers.ts';
import { SharedConnectionCounts } from './connection-counts.ts';
import { FrontApps } from './front-apps.ts';
import { FrontSites } from './front-sites.ts';
import type {
  FromFrontThread,
  FrontSite,
  ListeningSocket,
  ListenRequest,
  ToFrontThread,
} from './front-thread-message.ts';
import { FrontTls } from './front-tls.ts';
import { OwnLog } from './own-log.ts';
import { sharedTurnNow } from './shared-clock.ts';
import { version } from './version.ts';

/** What all front threads are started with; can be sent to a thread. */
export interface SharedFrontSettings {
  /**
   * Who is believed when it tells of its clients: the list that TrustedPeers reads, or nobody; `site` where each server of the
   * site has a list of its own.
   */
  readonly trustedPeers: { readonly list: string | undefined } | 'site';
  /** Where Galley's own events are written, in nginx's format; none for readable lines on standard error. */
  readonly errorLogs: readonly ErrorLogTarget[];
  readonly logLevel: LogLevel;
  readonly webSocketLimits: WebSocketLimits;
  readonly webSocketTimeouts: WebSocketTimeouts;
  readonly maxConnections: number;
}

/** What one front thread is started with. */
export interface FrontSettings extends SharedFrontSettings {
  /** Which one it is, from 0. */
  readonly front: number;
  readonly frontCount: number;
  /** See SharedConnectionCounts. */
  readonly counts: SharedArrayBuffer;
  /** See FetchLocks. */
  readonly cacheLocks: SharedArrayBuffer;
}

/** How often other threads can see how many connections there are here, in milliseconds. */
const countsMs = 250;

/** One front: its client connections, the site, and the ways to the workers of apps. In a thread of its own, or in the main one where it is the only one. */
export class FrontThread {
  readonly #port: MessagePort;
  readonly #threshold: LogThreshold;
  readonly #ownLog: OwnLog;
  readonly #front: Front;
  readonly #apps: FrontApps;
  readonly #caches: Caches;
  readonly #upstreams: Upstreams;
  readonly #sites: FrontSites;
  readonly #acme: AcmeAnswers = new AcmeAnswers();
  readonly #tls: FrontTls;
  readonly #files: LogFiles;
  readonly #counting: NodeJS.Timeout;

  /** `port`: the line to the main thread. */
  constructor(port: MessagePort, settings: FrontSettings) {
    const { front, frontCount, trustedPeers } = settings;
    this.#port = port;
    this.#threshold = { level: settings.logLevel };
    this.#files = new LogFiles((problem) => log.error(problem));
    this.#ownLog = new OwnLog([], this.#files, this.#threshold);
    this.#useErrorLogs(settings.errorLogs);
    const { log } = this.#ownLog;
    const write = (): void => counts.write(front, this.#front.counts());
    const counts = new SharedConnectionCounts(frontCount, settings.counts, write);
    this.#apps = new FrontApps(front, frontCount, log, (app, message) => this.#tell({ kind: 'workers', app, message }));
    const shared = { version, log, files: this.#files, cache: new FileCache(), connections: counts, now: Date.now };
    this.#caches = new Caches({
      front,
      frontCount,
      locks: settings.cacheLocks,
      log,
      now: Date.now,
      tell: (news) => this.#tell({ kind: 'cache-news', news }),
    });
    this.#upstreams = new Upstreams({ front, frontCount, now: sharedTurnNow(), random: Math.random });
    this.#sites = new FrontSites(front, shared, this.#apps, this.#upstreams, this.#caches, trustedPeers === 'site');
    this.#tls = new FrontTls({
      serverFor: (facts, name) => this.#sites.serverFor(facts, name),
      acme: this.#acme,
      now: () => performance.now(),
      want: (server, name) => {
        const { generation } = this.#sites;
        this.#tell({ kind: 'certificate-wanted', generation, server, name });
      },
    });
    this.#front = new Front({
      handle: (exchange) => this.#acme.reply(exchange) ?? this.#sites.handle(exchange),
      tls: this.#tls,
      http3: this.#sites,
      log,
      done: this.#sites.refused,
      refuseAll: () => this.#apps.refuseAll(),
      idPrefix: randomBytes(4).toString('hex'),
      forwarding: trustedPeers === 'site' ? undefined : forwardingOf(trustedPeers.list),
      webSocketLimits: settings.webSocketLimits,
      webSocketTimeouts: settings.webSocketTimeouts,
      maxConnections: settings.maxConnections,
      serials: { first: front + 1, step: frontCount },
      before: counts.totalsOf(front),
    });
    this.#counting = setInterval(write, countsMs);
    this.#counting.unref();
  }

  /** Does what the main thread says until it says `end`. */
  run(): void {
    this.#port.on('message', (message: ToFrontThread) => this.#receive(message));
    this.#tell({ kind: 'open' });
  }

  #tell(message: FromFrontThread): void {
    this.#port.postMessage(message);
  }

  #receive(message: ToFrontThread): void {
    switch (message.kind) {
      case 'workers':
        this.#apps.receive(message.app, message.message);
        break;
      case 'open-app':
        void this.#apps.open(message.app, message.socket).then(() => this.#tell({ kind: 'app-opened' }));
        break;
      case 'close-app':
        void this.#apps.close(message.app);
        break;
      case 'start-failure':
        this.#apps.show(message.app, message.failure);
        break;
      case 'site':
        this.#use(message.site);
        break;
      case 'upstream-members':
        this.#upstreams.setMembers(message.members);
        break;
      case 'tls-materials':
        if (message.generation !== this.#sites.generation) break;
        this.#sites.setMaterials(message.materials);
        this.#tls.use(message.materials, false);
        this.#front.renewHttp3();
        break;
      case 'certificate':
        if (message.generation !== this.#sites.generation) break;
        this.#tls.setCertificate(message.server, message.name, message.material);
        break;
      case 'certificate-changed':
        this.#tls.forget(message.name);
        break;
      case 'acme-challenges':
        this.#acme.set(message.challenges);
        break;
      case 'log-level':
        this.#threshold.level = message.level;
        break;
      case 'error-logs':
        this.#useErrorLogs(message.errorLogs);
        break;
      case 'reopen-logs':
        this.#files.reopen();
        break;
      case 'cache-news':
        for (const news of message.news) this.#caches.heard(news);
        break;
      case 'purge':
        void this.#purge(message);
        break;
      case 'count-caches':
        this.#tell({ kind: 'caches', caches: this.#caches.counts });
        break;
      case 'listen':
        void this.#listen(message.requests);
        break;
      case 'unlisten':
        for (const listener of message.listeners) this.#front.unlisten(listener);
        break;
      case 'close':
        void this.#close(message.graceMs, message.lastCallMs);
        break;
      case 'end':
        void this.#end();
        break;
    }
  }

  /** Where they cannot be opened it says so in the log before, and goes on: without a thread nothing is served. */
  #useErrorLogs(errorLogs: readonly ErrorLogTarget[]): void {
    try {
      this.#ownLog.use(errorLogs);
    } catch (error) {
      if (!(error instanceof LogFileError)) throw error;
      this.#ownLog.log.error(error.message);
    }
  }

  #use(site: FrontSite): void {
    const settings = this.#sites.use(site);
    const isRefused = typeof settings === 'string';
    if (!isRefused) {
      this.#front.configure(settings);
      this.#tls.use(site.tls, true);
    }
    this.#tell({ kind: 'site-ready', error: isRefused ? settings : undefined });
  }

  async #purge({ cache, what, isFirst }: ToFrontThread & { readonly kind: 'purge' }): Promise<void> {
    this.#tell({ kind: 'purged', removed: await this.#caches.purge(cache, what, isFirst) });
  }

  async #listen(requests: readonly ListenRequest[]): Promise<void> {
    const sockets: ListeningSocket[] = [];
    try {
      for (const { listener, bind, fds, ...how } of requests) {
        const ways = fds.length === 0 ? [how] : fds.map((fd) => ({ fd, backlog: how.backlog }));
        for (const way of ways) sockets.push({ listener, ...(await this.#front.listen(bind, way, listener)) });
      }
      this.#tell({ kind: 'listening', sockets, error: undefined });
    } catch (error) {
      if (!(error instanceof ListenError)) throw error;
      this.#tell({ kind: 'listening', sockets, error: error.message });
    }
  }

  async #close(graceMs: number, lastCallMs: number): Promise<void> {
    this.#apps.closePages();
    this.#tell({ kind: 'closed', cut: await this.#front.close(graceMs, lastCallMs) });
  }

  async #end(): Promise<void> {
    clearInterval(this.#counting);
    this.#upstreams.close();
    await this.#apps.closeAll();
    await this.#caches.close();
    await this.#files.close();
    // In a thread of its own what is written goes through the main thread.
    await new Promise((resolve) => process.stdout.write('', resolve));
    this.#tell({ kind: 'ended' });
    this.#port.close();
  }
}

function forwardingOf(list: string | undefined): Forwarding {
  return new Forwarding(list === undefined ? undefined : new TrustedPeers(list));
}
