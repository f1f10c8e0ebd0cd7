import type { Server, Socket } from 'node:net';
import type { Exchange } from '../core/exchange.ts';
import type { ExchangeRecord } from '../core/exchange-record.ts';
import type { Handler } from '../core/handler.ts';
import {
  type ConnectionTimeouts,
  connectionTimeouts,
  type HttpLimits,
  httpLimits,
  maxConnections,
  type WebSocketLimits,
  type WebSocketTimeouts,
  webSocketLimits,
  webSocketTimeouts,
} from '../core/limits.ts';
import type { Log } from '../observe/log.ts';
import { BufferGarbage } from './buffer-garbage.ts';
import { Connection } from './connection.ts';
import type { ClientConnection, ConnectionContext } from './connection-context.ts';
import { Forwarding } from './forwarding.ts';
import { type Bind, boundTo, listen, peersOf } from './listen.ts';
import { OutputSlab } from './output-slab.ts';
import type { TrustedPeers } from './trusted-peers.ts';

const sweepMs = 250;

export interface FrontOptions {
  readonly handle: Handler;
  readonly log: Log;
  /** Called when an exchange is over. */
  readonly done?: ((record: ExchangeRecord) => void) | undefined;
  /** Begins the ids of requests, so that those of several processes differ. */
  readonly idPrefix: string;
  /** Who is believed when it tells of its clients; nobody where it is left out. */
  readonly trustedPeers?: TrustedPeers | undefined;
  readonly limits?: HttpLimits;
  readonly timeouts?: ConnectionTimeouts;
  readonly webSocketLimits?: WebSocketLimits;
  readonly webSocketTimeouts?: WebSocketTimeouts;
}

/** Owns the listening sockets and every client connection. */
export class Front implements ConnectionContext {
  readonly handle: Handler;
  readonly limits: HttpLimits;
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

  readonly #log: Log;
  readonly #idPrefix: string;
  readonly #servers: Server[] = [];
  readonly #connections: Set<ClientConnection> = new Set();
  readonly #sweep: NodeJS.Timeout;
  #requests = 0;
  #emptied: () => void = () => {};

  constructor(options: FrontOptions) {
    this.handle = options.handle;
    this.limits = options.limits ?? httpLimits;
    this.timeouts = options.timeouts ?? connectionTimeouts;
    this.webSocketLimits = options.webSocketLimits ?? webSocketLimits;
    this.webSocketTimeouts = options.webSocketTimeouts ?? webSocketTimeouts;
    this.done = options.done;
    this.forwarding = new Forwarding(options.trustedPeers);
    this.#log = options.log;
    this.#idPrefix = options.idPrefix;
    this.#sweep = setInterval(() => this.#look(), sweepMs);
  }

  /** Starts to accept connections. Gives where it listens. Throws ListenError. */
  async listen(bind: Bind): Promise<Bind> {
    const server = await listen(bind, maxConnections, (socket) => this.#accept(socket, bind));
    this.#servers.push(server);
    return boundTo(server);
  }

  /** Accepts no more connections, lets requests under way end, at most so long, then cuts what is left. Gives how many were cut. */
  async close(graceMs: number): Promise<number> {
    this.stopping = true;
    const closed = this.#servers.map((server) => new Promise((resolve) => server.close(resolve)));
    for (const connection of this.#connections) connection.stop();
    if (this.#connections.size > 0) {
      await new Promise<void>((resolve) => {
        const late = setTimeout(resolve, graceMs);
        this.#emptied = () => {
          clearTimeout(late);
          resolve();
        };
      });
    }
    const left = this.#connections.size;
    for (const connection of this.#connections) connection.destroy();
    clearInterval(this.#sweep);
    await Promise.all(closed);
    return left;
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

  #accept(socket: Socket, bind: Bind): void {
    const facts = { scheme: 'http' as const, ...peersOf(socket, bind) };
    this.#connections.add(new Connection(socket, facts, this));
  }

  #look(): void {
    this.coarseNow = performance.now();
    this.date = new Date().toUTCString();
    for (const connection of this.#connections) connection.check(this.coarseNow);
  }
}
