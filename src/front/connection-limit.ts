import type { Log } from '../observe/log.ts';
import type { ClientConnection } from './connection-context.ts';

interface IdleSince {
  readonly connection: ClientConnection;
  readonly since: number;
}

const reportMs = 1_000;

/** Bounds the connections of a front. For each one too many the longest idle one is cut; where none is idle, the new one. */
export class ConnectionLimit {
  readonly #connections: ReadonlySet<ClientConnection>;
  readonly #most: number;
  readonly #log: Log;
  /** New connections, each one too many. */
  #newcomers: ClientConnection[] = [];
  /** The idle connections as of the first need since the last sweep, the longest idle one last. */
  #idle: IdleSince[] | undefined;
  #sweptAt = 0;
  #refused = 0;
  #reportedAt = Number.NEGATIVE_INFINITY;

  constructor(connections: ReadonlySet<ClientConnection>, most: number, log: Log) {
    this.#connections = connections;
    this.#most = most;
    this.#log = log;
  }

  /** A connection was added. */
  added(connection: ClientConnection): void {
    if (this.#connections.size <= this.#most) return;
    // Only after this turn of the event loop is all read that has come, and known who is idle.
    if (this.#newcomers.length === 0) setImmediate(() => this.#makeRoom());
    this.#newcomers.push(connection);
  }

  /** Called at every sweep, with its time in milliseconds. */
  sweep(now: number): void {
    this.#idle = undefined;
    this.#sweptAt = now;
    if (this.#refused === 0 || now - this.#reportedAt < reportMs) return;
    this.#log.warn(`${this.#refused} connections refused: ${this.#most} are open, and none of them is idle`);
    this.#refused = 0;
    this.#reportedAt = now;
  }

  #makeRoom(): void {
    for (const newcomer of this.#newcomers.splice(0)) {
      if (this.#connections.size <= this.#most) continue;
      const idle = this.#longestIdle();
      if (!idle) this.#refused++;
      (idle ?? newcomer).destroy();
    }
  }

  #longestIdle(): ClientConnection | undefined {
    this.#idle ??= this.#findIdle();
    for (let last = this.#idle.pop(); last; last = this.#idle.pop()) {
      if (last.connection.idleSince === last.since) return last.connection;
    }
    return undefined;
  }

  /** Those that were idle at the last sweep already, which no newcomer is. */
  #findIdle(): IdleSince[] {
    const idle: IdleSince[] = [];
    for (const connection of this.#connections) {
      const since = connection.idleSince;
      if (since !== undefined && since < this.#sweptAt) idle.push({ connection, since });
    }
    // Reversed, since of those that are equal the oldest is to be the last.
    return idle.reverse().sort((one, other) => other.since - one.since);
  }
}
