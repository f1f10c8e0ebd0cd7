import type { KeepAlivePlan } from '../../plan/upstream-plan.ts';
import type { PeerConnections } from './peer-connections.ts';

/** A connection that may wait for its next request. */
export interface IdleConnection {
  readonly peer: PeerConnections;
  /** When it is too old to be used, in milliseconds of the monotonic clock. */
  readonly idleUntil: number;
  /** Closes it. */
  drop(): void;
}

/** How often connections are looked for that have been idle for too long, in milliseconds. */
const sweepMs = 1_000;

/** Idle connections to all peers of an upstream: of one peer the latest is used first, of all the oldest ends first. */
export class IdlePool<Connection extends IdleConnection> {
  readonly #plan: KeepAlivePlan;
  readonly #idle: Map<PeerConnections, Connection[]> = new Map();
  /** All of them, in the order in which they became idle. */
  readonly #all: Set<Connection> = new Set();
  #timer: NodeJS.Timeout | undefined;

  constructor(plan: KeepAlivePlan) {
    this.#plan = plan;
  }

  get size(): number {
    return this.#all.size;
  }

  /** The latest idle connection to a peer. */
  take(peer: PeerConnections, now: number): Connection | undefined {
    const idle = this.#idle.get(peer);
    if (!idle) return undefined;
    for (;;) {
      const connection = idle.pop();
      if (!connection) return undefined;
      this.#all.delete(connection);
      if (connection.idleUntil > now) return connection;
      connection.drop();
    }
  }

  /** Keeps a connection; where there are too many, ends the one that has been idle longest. */
  add(connection: Connection): void {
    const idle = this.#idle.get(connection.peer);
    if (idle) idle.push(connection);
    else this.#idle.set(connection.peer, [connection]);
    this.#all.add(connection);
    if (this.#all.size > this.#plan.idle) this.#dropOldest();
    this.#timer ??= setTimeout(() => this.#sweep(), Math.min(sweepMs, this.#plan.timeoutMs)).unref();
  }

  /** It is closed. */
  remove(connection: Connection): void {
    if (!this.#all.delete(connection)) return;
    const idle = this.#idle.get(connection.peer);
    if (idle) idle.splice(idle.indexOf(connection), 1);
  }

  /** Ends all connections to a peer. */
  forget(peer: PeerConnections): void {
    const idle = this.#idle.get(peer) ?? [];
    this.#idle.delete(peer);
    for (const connection of idle) {
      this.#all.delete(connection);
      connection.drop();
    }
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const peer of [...this.#idle.keys()]) this.forget(peer);
  }

  #dropOldest(): void {
    for (const oldest of this.#all) {
      this.remove(oldest);
      oldest.drop();
      return;
    }
  }

  #sweep(): void {
    this.#timer = undefined;
    const now = performance.now();
    for (const connection of this.#all) {
      if (connection.idleUntil > now) continue;
      this.remove(connection);
      connection.drop();
    }
    for (const [peer, idle] of this.#idle) if (idle.length === 0) this.#idle.delete(peer);
    if (this.#all.size > 0) {
      this.#timer = setTimeout(() => this.#sweep(), Math.min(sweepMs, this.#plan.timeoutMs)).unref();
    }
  }
}
