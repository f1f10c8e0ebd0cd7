import { randomBytes } from 'node:crypto';
import type { MessagePort } from 'node:worker_threads';
import { AppCounters } from '../app/counters.ts';
import { AppFront } from '../app/dispatch/app-front.ts';
import type { Handler } from '../core/handler.ts';
import type { QueueLimits, WebSocketLimits, WebSocketTimeouts } from '../core/limits.ts';
import { Front } from '../front/front.ts';
import { ListenError } from '../front/listen.ts';
import { TrustedPeers } from '../front/trusted-peers.ts';
import { AccessLog, combinedFormat, jsonFormat } from '../observe/access-log.ts';
import { createLog, type LogLevel, type LogThreshold } from '../observe/log.ts';
import { createSite } from '../site/site.ts';
import { StartErrorPage } from '../site/start-error-page.ts';
import type { FromFrontThread, ListeningSocket, ListenRequest, ToFrontThread } from './front-thread-message.ts';
import { sharedNow } from './shared-clock.ts';

/** What all front threads are started with; can be sent to a thread. */
export interface SharedFrontSettings {
  readonly queue: QueueLimits;
  readonly requestTimeoutMs: number;
  /** Whether why the app cannot start is shown to whoever asks. */
  readonly showsStartFailure: boolean;
  /** The list that TrustedPeers reads. */
  readonly trustedPeers: string | undefined;
  readonly accessLog: 'combined' | 'json' | 'off';
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
  /** See AppCounters. */
  readonly counters: SharedArrayBuffer;
  /** Where workers connect. */
  readonly socket: string;
}

/** One front: its client connections, and the ways from there to the workers. In a thread of its own, or in the main one where it is the only one. */
export class FrontThread {
  readonly #port: MessagePort;
  readonly #threshold: LogThreshold;
  readonly #front: Front;
  readonly #app: AppFront;
  readonly #page: StartErrorPage | undefined;
  readonly #accessLog: AccessLog | undefined;

  /** `port`: the line to the main thread. */
  constructor(port: MessagePort, settings: FrontSettings) {
    const { front, frontCount, socket, queue, requestTimeoutMs, trustedPeers } = settings;
    this.#port = port;
    this.#threshold = { level: settings.logLevel };
    const log = createLog(
      this.#threshold,
      (text) => process.stderr.write(text),
      () => new Date(),
    );
    this.#app = new AppFront({
      socket,
      queue,
      requestTimeoutMs,
      counters: new AppCounters(frontCount, settings.counters),
      front,
      log,
      now: sharedNow(),
      tell: (message) => this.#tell({ kind: 'workers', message }),
    });
    const page = settings.showsStartFailure ? new StartErrorPage() : undefined;
    const dispatch: Handler = (exchange) => this.#app.dispatch(exchange);
    const accessLog = createAccessLog(settings.accessLog);
    this.#page = page;
    this.#accessLog = accessLog;
    this.#front = new Front({
      handle: createSite(page ? (exchange) => page.answer(exchange) ?? dispatch(exchange) : dispatch),
      log,
      done: accessLog && ((record) => accessLog.add(record)),
      refuseAll: () => this.#app.refuseAll(),
      idPrefix: randomBytes(4).toString('hex'),
      trustedPeers: trustedPeers === undefined ? undefined : new TrustedPeers(trustedPeers),
      webSocketLimits: settings.webSocketLimits,
      webSocketTimeouts: settings.webSocketTimeouts,
      maxConnections: settings.maxConnections,
    });
  }

  /** Lets workers connect, and does what the main thread says until it says `end`. */
  async run(): Promise<void> {
    this.#port.on('message', (message: ToFrontThread) => this.#receive(message));
    await this.#app.open();
    this.#tell({ kind: 'open' });
  }

  #tell(message: FromFrontThread): void {
    this.#port.postMessage(message);
  }

  #receive(message: ToFrontThread): void {
    switch (message.kind) {
      case 'workers':
        this.#app.receive(message.message);
        break;
      case 'start-failure':
        this.#page?.show(message.failure);
        break;
      case 'log-level':
        this.#threshold.level = message.level;
        break;
      case 'listen':
        void this.#listen(message.requests);
        break;
      case 'close':
        void this.#close(message.graceMs, message.lastCallMs);
        break;
      case 'end':
        void this.#end();
        break;
    }
  }

  async #listen(requests: readonly ListenRequest[]): Promise<void> {
    const sockets: ListeningSocket[] = [];
    try {
      for (const { plan, bind, reusePort, fds } of requests) {
        const ways = fds.length === 0 ? [{ reusePort }] : fds.map((fd) => ({ fd }));
        for (const way of ways) sockets.push({ plan, ...(await this.#front.listen(bind, way)) });
      }
      this.#tell({ kind: 'listening', sockets, error: undefined });
    } catch (error) {
      if (!(error instanceof ListenError)) throw error;
      this.#tell({ kind: 'listening', sockets, error: error.message });
    }
  }

  async #close(graceMs: number, lastCallMs: number): Promise<void> {
    this.#page?.close();
    this.#tell({ kind: 'closed', cut: await this.#front.close(graceMs, lastCallMs) });
  }

  async #end(): Promise<void> {
    await this.#app.close();
    this.#accessLog?.flush();
    // In a thread of its own what is written goes through the main thread.
    await new Promise((resolve) => process.stdout.write('', resolve));
    this.#tell({ kind: 'ended' });
    this.#port.close();
  }
}

function createAccessLog(kind: FrontSettings['accessLog']): AccessLog | undefined {
  if (kind === 'off') return undefined;
  const format = kind === 'json' ? jsonFormat : combinedFormat;
  return new AccessLog(
    format,
    (text) => process.stdout.write(text),
    () => new Date(),
  );
}
