import type { Server, Socket } from 'node:net';
import type { Bind } from '../core/bind.ts';
import type { Exchange } from '../core/exchange.ts';
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
import { Connection } from './connection.ts';
import type { ClientConnection, ConnectionContext } from './connection-context.ts';
import { ConnectionLimit } from './connection-limit.ts';
import { Forwarding } from './forwarding.ts';
import { IdleEnding } from './idle-ending.ts';
import { boundTo, descriptorOf, type ListenOptions, listen, peersOf } from './listen.ts';
import { type ListenerSettings, listenerSettings } from './listener-settings.ts';
import { OutputSlab } from './output-slab.ts';
import type { TrustedPeers } from './trusted-peers.ts';

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
  /** Who is believed when it tells of its clients; nobody where it is left out. */
  readonly trustedPeers?: TrustedPeers | undefined;
  readonly listeners?: ListenerSettings;
  readonly webSocketLimits?: WebSocketLimits;
  readonly webSocketTimeouts?: WebSocketTimeouts;
  readonly maxConnections?: number;
}

/** What is known of a listening socket besides where it is. */
export interface ListenerOptions {
  /** What its connections' facts say; 0 where it is left out. */
  readonly listener?: number | undefined;
  /** Those of the front where they are left out. */
  readonly settings?: ListenerSettings | undefined;
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
  readonly forwarding: Forwarding;
  coarseNow: number = performance.now();
  date: string = new Date().toUTCString();
  stopping = false;
  stoppedAt: number = Number.NEGATIVE_INFINITY;
  idleMs: number = Number.POSITIVE_INFINITY;
  readonly idleEnding: IdleEnding = new IdleEnding();

  readonly #log: Log;
  readonly #idPrefix: string;
  readonly #servers: Server[] = [];
  readonly #connections: Set<ClientConnection> = new Set();
  readonly #limit: ConnectionLimit;
  readonly #refuseAll: (() => void) | undefined;
  readonly #sweep: NodeJS.Timeout;
  readonly #listeners: ListenerSettings;
  #accepted = 0;
  #requests = 0;
  #emptied: () => void = () => {};

  constructor(options: FrontOptions) {
    this.handle = options.handle;
    this.#listeners = options.listeners ?? listenerSettings;
    this.timeouts = this.#listeners.timeouts;
    this.webSocketLimits = options.webSocketLimits ?? webSocketLimits;
    this.webSocketTimeouts = options.webSocketTimeouts ?? webSocketTimeouts;
    this.done = options.done;
    this.forwarding = new Forwarding(options.trustedPeers);
    this.#log = options.log;
    this.#idPrefix = options.idPrefix;
    this.#refuseAll = options.refuseAll;
    this.#limit = new ConnectionLimit(this.#connections, options.maxConnections ?? maxConnections, options.log);
    this.#sweep = setInterval(() => this.#look(performance.now()), sweepMs);
  }

  /**
   * Starts to accept connections, unless it was closed meanwhile. Gives where it listens, and the socket's descriptor.
   * Throws ListenError.
   */
  async listen(
    bind: Bind,
    options: ListenOptions & ListenerOptions = {},
  ): Promise<{ readonly bind: Bind; readonly fd: number }> {
    const listener = options.listener ?? 0;
    const settings = options.settings ?? this.#listeners;
    const server = await listen(bind, (socket) => this.#accept(socket, bind, listener, settings), options);
    this.#servers.push(server);
    const opened = { bind: boundTo(server), fd: descriptorOf(server) };
    if (this.stopping) server.close();
    return opened;
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
    return `${this.#idPrefix}-${(++this.#requests).toString(36)}`;
  }

  bug(error: unknown, exchange: Exchange | undefined): void {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#log.error('a defect of Galley, please report it', { request: exchange?.id, text });
  }

  replaced(connection: ClientConnection, next: ClientConnection): void {
    this.#connections.delete(connection);
    this.#connections.add(next);
  }

  closed(connection: ClientConnection): void {
    this.#connections.delete(connection);
    if (this.#connections.size === 0) this.#emptied();
  }

  #accept(socket: Socket, bind: Bind, listener: number, settings: ListenerSettings): void {
    const facts = { scheme: 'http' as const, listener, ...peersOf(socket, bind) };
    const connection = new Connection(socket, facts, this, settings);
    this.#accepted++;
    this.#connections.add(connection);
    this.#limit.added(connection);
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
    return this.#servers.map((server) => new Promise((resolve) => server.close(resolve)));
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
    for (const connection of this.#connections) connection.check(this.coarseNow);
  }
}

/** Resolves after the sockets were looked at once more. */
function turnOfTheLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
