import type { HeaderList } from '../core/headers.ts';
import { bufferedBodySize, type ConnectionTimeouts } from '../core/limits.ts';
import type { Tunnel, TunnelEnd } from '../core/tunnel.ts';
import type { ByteStream } from './byte-stream.ts';
import type { ClientConnection, ConnectionContext } from './connection-context.ts';
import { releaseWrites } from './held-writes.ts';
import { SlownessCheck } from './slowness-check.ts';

/** Told once that a tunnel is over: the bytes that the client got of it, those with the head, and whether both sides have ended theirs. */
export type TunnelDone = (bytes: number, sentBytes: number, complete: boolean) => void;

/** What tunnels need of their front. */
export type TunnelContext = Pick<ConnectionContext, 'coarseNow' | 'garbage' | 'writes'>;

/** Fields of an upstream's 101 that would be about content or the peer's own connection. */
const unsent = ['connection', 'keep-alive', 'proxy-connection', 'content-length', 'transfer-encoding', 'trailer'];

/** Those of the answer to the client that opens the tunnel. */
export function tunnelHeaders({ headers }: Tunnel): HeaderList {
  return headers.without(...unsent);
}

/**
 * A client connection that has become a stream of bytes: the client's end of a tunnel. It reads no faster than the other end takes,
 * and lets that send no faster than the client takes. How long it may be silent is the other end's to say.
 */
export class TunnelConnection implements ClientConnection, TunnelEnd {
  readonly #socket: ByteStream;
  readonly #context: TunnelContext;
  readonly #slowness: SlownessCheck;
  readonly #done: TunnelDone;
  #peer: TunnelEnd | undefined;
  /** `ended`: the other end is gone, and the client is to close the connection. */
  #state: 'open' | 'ended' | 'gone' = 'open';
  #hasClientEnded = false;
  #hasPeerEnded = false;
  /** What the other end was given and has not taken. */
  #untaken = 0;
  /** What the other end gave and was not told of as taken. */
  #unpaid = 0;
  #sent = 0;
  #headSize = 0;

  constructor(socket: ByteStream, timeouts: ConnectionTimeouts, context: TunnelContext, done: TunnelDone) {
    this.#socket = socket;
    this.#context = context;
    this.#done = done;
    this.#slowness = new SlownessCheck(socket, timeouts, context.coarseNow);
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('end', () => this.#clientEnd());
    socket.on('drain', () => this.#pay());
    socket.on('error', () => this.#gone());
    socket.on('close', () => this.#gone());
  }

  /**
   * Joins both ends behind an answer of `headSize` bytes; `early` is what the client has sent behind its request, `hasEnded` whether it
   * sends no more.
   */
  start(tunnel: Tunnel, headSize: number, early: Buffer | undefined, hasEnded: boolean): void {
    this.#headSize = headSize;
    this.#peer = tunnel.open(this);
    this.#pay();
    if (early) this.#receive(early);
    else this.#readOn();
    if (hasEnded) this.#clientEnd();
  }

  /** The other end sends. */
  bytes(chunk: Uint8Array): void {
    this.#unpaid += chunk.length;
    if (this.#state === 'open' && !this.#hasPeerEnded && chunk.length > 0) {
      this.#sent += chunk.length;
      this.#write(chunk);
      this.#context.garbage.streamed(chunk.length);
    }
    this.#pay();
  }

  /** The other end sends no more. */
  end(): void {
    if (this.#hasPeerEnded || this.#state !== 'open') return;
    this.#hasPeerEnded = true;
    this.#socket.end();
  }

  /** The other end is gone: the client gets what was sent, and what it still sends is thrown away. */
  close(): void {
    if (this.#state !== 'open') return;
    this.#state = 'ended';
    this.#slowness.restart(this.#context.coarseNow);
    this.#socket.end();
    this.#socket.resume();
  }

  /** The other end took bytes. */
  taken(bytes: number): void {
    this.#untaken -= bytes;
    this.#readOn();
  }

  get idleSince(): undefined {
    return undefined;
  }

  get isAwaited(): boolean {
    return this.#state !== 'gone';
  }

  giveUp(): 'cut' {
    this.destroy();
    return 'cut';
  }

  /** Cuts the connection. */
  destroy(): void {
    releaseWrites(this.#socket);
    this.#socket.destroy();
    this.#gone();
  }

  /** Ends what the client is too slow for. Called at every sweep. */
  check(now: number): void {
    if (this.#socket.writableLength > 0) {
      if (this.#slowness.isSendingStuck(now)) this.destroy();
    } else if (this.#state === 'ended') {
      if (this.#slowness.isOver('lingerMs', now)) this.destroy();
    } else {
      this.#slowness.restart(now);
    }
  }

  /** Small pieces of one turn of the event loop leave together. */
  #write(bytes: Uint8Array): void {
    this.#context.writes.hold(this.#socket);
    this.#socket.write(bytes);
  }

  #receive(chunk: Buffer): void {
    if (this.#state !== 'open') return;
    this.#untaken += chunk.length;
    this.#context.garbage.streamed(chunk.length);
    this.#peer?.bytes(chunk);
    this.#readOn();
  }

  /** Reads no more while the other end has not taken enough. */
  #readOn(): void {
    if (this.#state !== 'open' || this.#hasClientEnded) return;
    const isFull = this.#untaken >= bufferedBodySize;
    if (isFull === this.#socket.isPaused()) return;
    if (isFull) this.#socket.pause();
    else this.#socket.resume();
  }

  #pay(): void {
    if (this.#unpaid === 0 || !this.#peer || this.#socket.writableLength > bufferedBodySize) return;
    const bytes = this.#unpaid;
    this.#unpaid = 0;
    this.#peer.taken(bytes);
  }

  #clientEnd(): void {
    if (this.#hasClientEnded) return;
    this.#hasClientEnded = true;
    if (this.#state === 'open') this.#peer?.end();
  }

  #gone(): void {
    if (this.#state === 'gone') return;
    const wasOpen = this.#state === 'open';
    const isComplete = this.#hasPeerEnded || !wasOpen;
    this.#state = 'gone';
    if (wasOpen) this.#peer?.close();
    this.#done(this.#sent, this.#sent + this.#headSize, isComplete);
  }
}
