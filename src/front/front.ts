import type { Server, Socket } from 'node:net';
import type { Bind } from '../core/bind.ts';
import type { ConnectionFacts, Exchange } from '../core/exchange.ts';
import type { ExchangeRecord } from '../core/exchange-record.ts';
import type { Handler } from '../core/handler.ts';
import {
  type ConnectionTimeouts,
  lastAnswersMs,
  maxConnections,
  stopLastCallMs,
  type WebSocketLimits,
  type WebSocketTimeouts,
  webSocketLimits,
  webSocketTimeouts,
} from '../core/limits.ts';
import type { Log } from '../observe/log.ts';
import { BufferGarbage } from './buffer-garbage.ts';
import type { ClientConnection, ConnectionContext } from './connection-context.ts';
import { ConnectionLimit } from './connection-limit.ts';
import type { Forwarding } from './forwarding.ts';
import { HeldWrites } from './held-writes.ts';
import { FloodMemory } from './http2/flood-memory.ts';
import { type Http3Added, type Http3Hosts, Http3Listeners } from './http3/http3-listeners.ts';
import { IdleEnding } from './idle-ending.ts';
import { boundTo, descriptorOf, type ListenOptions, listen, peersOf } from './listen.ts';
import { type ListenerSettings, listenerSettings } from './listener-settings.ts';
import { openConnection } from './open-connection.ts';
import { OutputSlab } from './output-slab.ts';
import { ProxyProtocolConnection } from './proxy-protocol-connection.ts';
import { RefusalLog } from './refusal-log.ts';
import type { TlsHosts } from './tls/tls-hosts.ts';

const sweepMs = 250;

export interface FrontOptions {
  readonly handle: Handler;
  readonly log: Log;
  /** Called when an exchange is over. */
  readonly done?: ((record: ExchangeRecord) => void) | undefined;
  /** Refuses every request that has no answer yet, and those that still come. Called when the time for a stop is over. */
  readonly refuseAll?: (() => void) | undefined;
  /** Begins the ids of requests, so that those of several processes differ. */
  readonly idPrefix: string;
  /** Judges what proxies tell of their clients; left out where the handler does. */
  readonly forwarding?: Forwarding | undefined;
  /** What holds for the connections of all listening sockets that have no settings of their own. */
  readonly listeners?: ListenerSettings;
  /** Numbers connections: the first one is `first`, and each next one so much more. */
  readonly serials?: { readonly first: number; readonly step: number };
  /** What the front in whose place this one is had counted. */
  readonly before?: Pick<FrontCounts, 'accepted' | 'requests'>;
  readonly webSocketLimits?: WebSocketLimits;
  readonly webSocketTimeouts?: WebSocketTimeouts;
  readonly maxConnections?: number;
  /** For listeners with TLS. */
  readonly tls?: TlsHosts;
  /** For listeners with HTTP/3. */
  readonly http3?: Http3Hosts;
}

/** The client connections of a front. */
export interface FrontCounts {
  readonly accepted: number;
  readonly requests: number;
  readonly active: number;
  /** Those of the active ones that have no request. */
  readonly waiting: number;
}

/** Owns the listening sockets and every client connection. */
export class Front implements ConnectionContext {
  readonly handle: Handler;
  /** Those of WebSockets; other connections have their listener's. */
  readonly timeouts: ConnectionTimeouts;
  readonly webSocketLimits: WebSocketLimits;
  readonly webSocketTimeouts: WebSocketTimeouts;
  readonly done: ((record: ExchangeRecord) => void) | undefined;
  readonly slab: OutputSlab = new OutputSlab();
  readonly garbage: BufferGarbage = new BufferGarbage();
  readonly writes: HeldWrites = new HeldWrites();
  readonly forwarding: Forwarding | undefined;
  readonly tls: TlsHosts | undefined;
  coarseNow: number = performance.now();
  date: string = new Date().toUTCString();
  stopping = false;
  stoppedAt: number = Number.NEGATIVE_INFINITY;
  idleMs: number = Number.POSITIVE_INFINITY;
  readonly idleEnding: IdleEnding = new IdleEnding();
  readonly floods: FloodMemory = new FloodMemory();
  requests: number;

  readonly #log: Log;
  readonly #idPrefix: string;
  /** By their listeners. */
  readonly #servers: Map<number, Server[]> = new Map();
  readonly #connections: Set<ClientConnection> = new Set();
  readonly #limit: ConnectionLimit;
  readonly #refusals: RefusalLog;
  readonly #http3: Http3Listeners | undefined;
  readonly #refuseAll: (() => void) | undefined;
  readonly #sweep: NodeJS.Timeout;
  readonly #listeners: ListenerSettings;
  #settings: ReadonlyMap<number, ListenerSettings> = new Map();
  readonly #serials: { readonly first: number; readonly step: number };
  #accepted: number;
  #ids = 0;
  #emptied: () => void = () => {};

  constructor(options: FrontOptions) {
    this.handle = options.handle;
    this.#listeners = options.listeners ?? listenerSettings;
    this.timeouts = this.#listeners.timeouts;
    this.webSocketLimits = options.webSocketLimits ?? webSocketLimits;
    this.webSocketTimeouts = options.webSocketTimeouts ?? webSocketTimeouts;
    this.done = options.done;
    this.forwarding = options.forwarding;
    this.tls = options.tls;
    this.#serials = options.serials ?? { first: 1, step: 1 };
    this.#accepted = options.before?.accepted ?? 0;
    this.requests = options.before?.requests ?? 0;
    this.#log = options.log;
    this.#idPrefix = options.idPrefix;
    this.#refuseAll = options.refuseAll;
    this.#refusals = new RefusalLog(options.log);
    this.#limit = new ConnectionLimit(this.#connections, options.maxConnections ?? maxConnections, options.log);
    const added: Http3Added = (ends, make) => this.#addHttp3(ends, make);
    this.#http3 = options.http3 && new Http3Listeners(this, options.http3, added, options.log);
    this.#sweep = setInterval(() => this.#look(performance.now()), sweepMs);
  }

  /**
   * Starts to accept connections, unless it was closed meanwhile; their facts name `listener`. Gives where it listens, and the socket's descriptor.
   * Throws ListenError.
   */
  async listen(
    bind: Bind,
    options: ListenOptions = {},
    listener = 0,
  ): Promise<{ readonly bind: Bind; readonly fd: number }> {
    const server = await listen(bind, (socket) => this.#accept(socket, bind, listener), options);
    const servers = this.#servers.get(listener);
    if (servers) servers.push(server);
    else this.#servers.set(listener, [server]);
    const opened = { bind: boundTo(server), fd: descriptorOf(server) };
    if (this.stopping) server.close();
    else await this.#http3?.listening(listener, opened.bind);
    return opened;
  }

  /** What holds from now on for new connections of these listeners. */
  configure(settings: ReadonlyMap<number, ListenerSettings>): void {
    this.#settings = settings;
    this.renewHttp3();
  }

  /** Certificates have changed. */
  renewHttp3(): void {
    this.#http3?.configure(this.#settings).catch((error: unknown) => this.bug(error, undefined));
  }

  /** Accepts no more connections there. Those that are open end as at a stop, but that requests may take any time. */
  unlisten(listener: number): void {
    for (const server of this.#servers.get(listener) ?? []) server.close();
    this.#servers.delete(listener);
    this.#http3?.unlisten(listener);
    for (const connection of this.#connections) connection.unlistened?.(listener);
  }

  counts(): FrontCounts {
    let waiting = 0;
    for (const { idleSince } of this.#connections) if (idleSince !== undefined) waiting++;
    return { accepted: this.#accepted, requests: this.requests, active: this.#connections.size, waiting };
  }

  /**
   * Accepts no more connections and lets requests end, at most for `graceMs`. Every answer says `connection: close`, so that nothing
   * behind it is looked at (RFC 9112 §9.6). A connection without a request is ended after `lastCallMs` of silence since then. When the time is
   * over, requests without an answer are refused with 503 and answers that have begun are cut; gives how many were cut.
   */
  async close(graceMs: number, lastCallMs: number = stopLastCallMs): Promise<number> {
    this.stopping = true;
    this.stoppedAt = performance.now();
    this.idleMs = Math.min(lastCallMs, graceMs);
    // A timer may be a fraction of a millisecond early.
    const lastCall = setTimeout(() => this.#look(performance.now()), this.idleMs + 1);
    for (const connection of this.#connections) connection.stop?.();
    this.#http3?.close();
    const closed = await this.#stopListening();
    await this.#emptiedWithin(Math.max(0, this.stoppedAt + graceMs - performance.now()));
    clearTimeout(lastCall);
    let cut = this.#giveUp(graceMs);
    await this.#emptiedWithin(lastAnswersMs);
    for (const connection of this.#connections) {
      if (connection.isAwaited) cut++;
      connection.destroy();
    }
    clearInterval(this.#sweep);
    await Promise.all(closed);
    return cut;
  }

  now(): number {
    return performance.now();
  }

  nextRequestId(): string {
    return `${this.#idPrefix}-${(++this.#ids).toString(36)}`;
  }

  bug(error: unknown, exchange: Exchange | undefined): void {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#log.error('a defect of Galley, please report it', { request: exchange?.id, text });
  }

  refused(reason: string, { client }: ConnectionFacts): void {
    this.#refusals.add(reason, client.address);
  }

  replaced(connection: ClientConnection, next: ClientConnection): void {
    this.#connections.delete(connection);
    this.#connections.add(next);
  }

  closed(connection: ClientConnection): void {
    this.#connections.delete(connection);
    if (this.#connections.size === 0) this.#emptied();
  }

  #accept(socket: Socket, bind: Bind, listener: number): void {
    const serial = this.#nextSerial();
    const { client, server } = peersOf(socket, bind);
    const facts = { scheme: 'http' as const, listener, client, server, serial, openedAt: Date.now() };
    const settings = this.#settings.get(listener) ?? this.#listeners;
    const connection = settings.takesProxyProtocol
      ? new ProxyProtocolConnection(socket, facts, this, settings)
      : openConnection(socket, facts, this, settings);
    this.#connections.add(connection);
    this.#limit.added(connection);
  }

  #addHttp3(
    ends: Pick<ConnectionFacts, 'listener' | 'client' | 'server'>,
    make: (facts: ConnectionFacts) => ClientConnection,
  ): void {
    const connection = make({ ...ends, scheme: 'https', serial: this.#nextSerial(), openedAt: Date.now() });
    this.#connections.add(connection);
    this.#limit.added(connection);
  }

  #nextSerial(): number {
    const { first, step } = this.#serials;
    return first + this.#accepted++ * step;
  }

  /** Closes the listening sockets once nothing waits there to be accepted, unless it never ends: what does wait is reset. */
  async #stopListening(): Promise<Promise<unknown>[]> {
    const latest = performance.now() + stopLastCallMs;
    let before: number;
    await turnOfTheLoop();
    do {
      before = this.#accepted;
      await turnOfTheLoop();
    } while (this.#accepted > before && performance.now() < latest);
    return [...this.#servers.values()].flat().map((server) => new Promise((resolve) => server.close(resolve)));
  }

  /** Resolves when no connection is left, or after so long. */
  async #emptiedWithin(mostMs: number): Promise<void> {
    if (this.#connections.size === 0) return;
    await new Promise<void>((resolve) => {
      const late = setTimeout(resolve, mostMs);
      this.#emptied = () => {
        clearTimeout(late);
        resolve();
      };
    });
  }

  /** Ends all that is left, as far as it can be ended in order; gives how many were cut. */
  #giveUp(graceMs: number): number {
    let cut = 0;
    let refused = 0;
    this.#refuseAll?.();
    for (const connection of this.#connections) {
      const outcome = connection.giveUp();
      if (outcome === 'cut') cut++;
      else if (outcome === 'refused') refused++;
    }
    this.idleMs = 0;
    this.#look(performance.now());
    if (refused > 0) this.#log.warn(`${refused} requests had no answer after ${graceMs} ms and got 503`);
    return cut;
  }

  #look(now: number): void {
    this.coarseNow = now;
    this.date = new Date().toUTCString();
    this.#limit.sweep(now);
    this.#refusals.sweep(now);
    for (const connection of this.#connections) connection.check(this.coarseNow);
  }
}

/** Resolves after the sockets were looked at once more. */
function turnOfTheLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
