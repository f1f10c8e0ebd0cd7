import type { Socket } from 'node:net';
import type { HeaderList } from '../../core/headers.ts';
import type { Tunnel, TunnelEnd } from '../../core/tunnel.ts';
import { type Http1Exchange, unreadSize } from './http1-exchange.ts';

const firstProtocol = /^[^\s,]+/;

/** Whether an answer upgrades to what was asked for: both name the same protocol first. */
export function agreesOn(asked: string | undefined, answered: string | undefined): boolean {
  const wanted = firstProtocol.exec(asked ?? '')?.[0].toLowerCase();
  return wanted !== undefined && firstProtocol.exec(answered ?? '')?.[0].toLowerCase() === wanted;
}

/** The connection that a tunnel is on. */
export interface TunnelCarrier {
  /** Bytes went one way or the other. */
  active(): void;
  /** Nothing follows. */
  close(): void;
}

/** A connection to a peer that goes on in another protocol after 101: bytes both ways, with as many under way as the other end takes. */
export class Http1Tunnel implements Tunnel, TunnelEnd {
  readonly kind = 'tunnel';
  readonly headers: HeaderList;
  readonly #socket: Socket;
  readonly #exchange: Http1Exchange;
  readonly #carrier: TunnelCarrier;
  #client: TunnelEnd | undefined;
  #early: Buffer | undefined;
  /** Given to the client and not passed on yet. */
  #untaken = 0;
  #unsent = 0;
  #isPaused = true;
  #hasPeerEnded = false;
  #hasClientEnded = false;
  #isBegun = false;
  #isOver = false;
  /** It was closed or given up from the client's side, which is told nothing more. */
  #hasClientLeft = false;

  /** `early`: what came behind the head. */
  constructor(
    socket: Socket,
    exchange: Http1Exchange,
    headers: HeaderList,
    early: Buffer | undefined,
    carrier: TunnelCarrier,
  ) {
    this.#socket = socket;
    this.#exchange = exchange;
    this.headers = headers;
    this.#early = early && Buffer.from(early);
    this.#carrier = carrier;
  }

  open(client: TunnelEnd): TunnelEnd {
    this.#client = client;
    // Who opens it must have this end before its own is told anything.
    queueMicrotask(() => this.#begin(client));
    return this;
  }

  cancel(): void {
    this.#hasClientLeft = true;
    this.#over('cancelled');
  }

  /** The client's bytes. */
  bytes(chunk: Uint8Array): void {
    if (this.#isOver || this.#hasClientEnded || chunk.length === 0) return;
    this.#carrier.active();
    this.#exchange.attempt.sent(chunk.length);
    this.#unsent += chunk.length;
    if (this.#socket.write(chunk)) this.drained();
  }

  end(): void {
    if (this.#isOver || this.#hasClientEnded) return;
    this.#hasClientEnded = true;
    this.#socket.end();
    this.#endIfBoth();
  }

  close(): void {
    this.#hasClientLeft = true;
    this.#client = undefined;
    if (this.#hasPeerEnded && this.#hasClientEnded) this.#endIfBoth();
    else this.#over('complete');
  }

  taken(bytes: number): void {
    this.#untaken -= bytes;
    if (!this.#isPaused || this.#isOver || this.#untaken >= unreadSize) return;
    this.#isPaused = false;
    this.#socket.resume();
  }

  /** The peer sent bytes. Answers whether more is wanted now. */
  received(bytes: Buffer): boolean {
    this.#carrier.active();
    this.#exchange.attempt.received(bytes.length);
    const copy = Buffer.from(bytes);
    if (this.#client && !this.#early) this.#give(copy);
    else this.#early = this.#early ? Buffer.concat([this.#early, copy]) : copy;
    return !this.#isPaused;
  }

  /** The socket has room again. */
  drained(): void {
    const sent = this.#unsent;
    this.#unsent = 0;
    if (sent > 0) this.#client?.taken(sent);
  }

  /** The peer sends no more. */
  ended(): void {
    if (this.#isOver || this.#hasPeerEnded) return;
    this.#hasPeerEnded = true;
    if (!this.#isBegun) return;
    this.#client?.end();
    this.#endIfBoth();
  }

  /** The peer is gone, or was silent for too long. */
  broke(): void {
    const client = this.#isBegun ? this.#client : undefined;
    this.#over('failed');
    client?.close();
  }

  #begin(client: TunnelEnd): void {
    if (this.#hasClientLeft) return;
    this.#isBegun = true;
    const early = this.#early;
    this.#early = undefined;
    this.#isPaused = false;
    if (early) this.#give(early);
    if (this.#hasPeerEnded) client.end();
    if (this.#isOver) client.close();
    else if (!this.#isPaused) this.#socket.resume();
    this.#endIfBoth();
  }

  #give(bytes: Buffer): void {
    this.#untaken += bytes.length;
    this.#isPaused = this.#untaken >= unreadSize;
    this.#client?.bytes(bytes);
  }

  /** Where both have ended, what the client sent still goes to the peer, as long as it takes it. */
  #endIfBoth(): void {
    if (!this.#hasPeerEnded || !this.#hasClientEnded || this.#isOver) return;
    if (!this.#socket.writableFinished) {
      this.#socket.once('finish', () => this.#endIfBoth());
      return;
    }
    const client = this.#client;
    this.#over('complete');
    client?.close();
  }

  #over(how: 'complete' | 'cancelled' | 'failed'): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#client = undefined;
    this.#carrier.close();
    this.#exchange.ended(how);
  }
}
