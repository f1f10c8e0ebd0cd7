import type { ConnectionTimeouts } from '../core/limits.ts';
import type { ByteStream } from './byte-stream.ts';

/** What tells how far a client is. */
export type PacedStream = Pick<ByteStream, 'bytesWritten' | 'writableLength' | 'isPaused'>;

/** Tells when a client is too slow. Times are coarse milliseconds of the front; nothing here sets a timer. */
export class SlownessCheck {
  readonly #socket: PacedStream;
  readonly #timeouts: ConnectionTimeouts;
  #since: number;
  #bodyWaitedMs = 0;
  #lastLook: number;
  #sentBefore = 0;

  constructor(socket: PacedStream, timeouts: ConnectionTimeouts, now: number) {
    this.#socket = socket;
    this.#timeouts = timeouts;
    this.#since = now;
    this.#lastLook = now;
  }

  /** When what is waited for began, or last made progress. */
  get since(): number {
    return this.#since;
  }

  /** Something happened: waiting begins anew. */
  restart(now: number): void {
    this.#since = now;
  }

  /** A request with a body begins. */
  restartBody(now: number): void {
    this.#since = now;
    this.#lastLook = now;
    this.#bodyWaitedMs = 0;
  }

  isOver(timeout: 'headMs' | 'bodyMs' | 'halfClosedMs' | 'lingerMs', now: number): boolean {
    return now - this.#since >= this.#timeouts[timeout];
  }

  /** Whether the client has taken nothing of what waits to be sent for too long. */
  isSendingStuck(now: number): boolean {
    const sent = this.#socket.bytesWritten - this.#socket.writableLength;
    if (sent !== this.#sentBefore) {
      this.#sentBefore = sent;
      this.#since = now;
    }
    return now - this.#since >= this.#timeouts.sendMs;
  }

  /** Whether a body of which `size` bytes are here is silent for too long or too slow on the whole; time in which we did not read does not count. */
  isBodySlow(now: number, size: number): boolean {
    const elapsed = now - this.#lastLook;
    this.#lastLook = now;
    if (this.#socket.isPaused()) {
      this.#since = now;
      return false;
    }
    this.#bodyWaitedMs += elapsed;
    const { bodyMs, bodyMinRate, bodyRateGraceMs } = this.#timeouts;
    if (now - this.#since >= bodyMs) return true;
    return this.#bodyWaitedMs > bodyRateGraceMs && (size * 1000) / this.#bodyWaitedMs < bodyMinRate;
  }
}
