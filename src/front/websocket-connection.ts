import type { Exchange } from '../core/exchange.ts';
import {
  bufferedBodySize,
  type ConnectionTimeouts,
  sendBufferSize,
  type WebSocketLimits,
  type WebSocketTimeouts,
} from '../core/limits.ts';
import { pieceOverhead, type Upgrade, type WebSocketEnd } from '../core/websocket.ts';
import { isSendableCloseCode } from '../protocol/websocket/close-codes.ts';
import { compressionThreshold, type Deflate, WebSocketCodec } from '../protocol/websocket/codec.ts';
import { maxHeadSize } from '../protocol/websocket/frame.ts';
import { WebSocketError } from '../protocol/websocket/websocket-error.ts';
import type { ByteStream } from './byte-stream.ts';
import type { OutputSlab } from './output-slab.ts';
import { SlownessCheck } from './slowness-check.ts';
import { writeParts, writePiece } from './write-parts.ts';

/** What the WebSockets of one front share. */
export interface WebSocketContext {
  readonly timeouts: ConnectionTimeouts;
  readonly webSocketLimits: WebSocketLimits;
  readonly webSocketTimeouts: WebSocketTimeouts;
  readonly slab: OutputSlab;
  /** The time in milliseconds, as of the front's last sweep. */
  readonly coarseNow: number;
  /** Something was thrown that no peer is to blame for. */
  bug(error: unknown, exchange: Exchange | undefined): void;
}

/** Told once that a WebSocket is over: the payload bytes sent, and whether both sides said goodbye. */
export type WebSocketDone = (sent: number, complete: boolean) => void;

const noBytes = new Uint8Array(0);

/**
 * A client connection after its handshake, the client's end of a WebSocket (RFC 6455). It reads no faster than the app takes
 * messages, and lets the app send no faster than the client takes them.
 */
export class WebSocketConnection implements WebSocketEnd {
  readonly #socket: ByteStream;
  readonly #context: WebSocketContext;
  readonly #codec: WebSocketCodec;
  readonly #slowness: SlownessCheck;
  readonly #done: WebSocketDone;
  #app: WebSocketEnd | undefined;
  /** `closing`: our close frame was sent; `ended`: nothing follows, and the client is to close the connection. */
  #state: 'open' | 'closing' | 'ended' | 'gone' = 'open';
  #isComplete = false;
  #isAppTold = false;
  /** What the app was given and has not taken. */
  #untaken = 0;
  /** The codec waits with messages until the app has taken others. */
  #isHeld = false;
  /** What the app gave and was not told of as taken. */
  #unpaid = 0;
  /** Those of one received chunk leave together. */
  #pongs: Uint8Array[] = [];
  #sent = 0;
  /** When the client last sent something, or when closing began. */
  #since: number;
  #pingedAt: number | undefined;

  constructor(socket: ByteStream, deflate: Deflate | undefined, context: WebSocketContext, done: WebSocketDone) {
    this.#socket = socket;
    this.#context = context;
    this.#done = done;
    this.#since = context.coarseNow;
    this.#slowness = new SlownessCheck(socket, context.timeouts, context.coarseNow);
    const sink = {
      message: (data: Uint8Array, isText: boolean) => this.#messageCame(data, isText),
      ping: (payload: Uint8Array) => void this.#pongs.push(...this.#codec.pong(payload)),
      pong: () => {},
      close: (code: number | undefined, reason: string) => this.#closeCame(code, reason),
    };
    this.#codec = new WebSocketCodec('server', sink, context.webSocketLimits, deflate);
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('end', () => this.#peerEnd());
    socket.on('drain', () => this.#drained());
    socket.on('error', () => this.#gone());
    socket.on('close', () => this.#gone());
  }

  /** Joins both ends; `early` is what the client has sent behind its handshake. */
  start(upgrade: Upgrade, early: Buffer | undefined): void {
    this.#app = upgrade.open(this);
    this.#pay();
    if (early) this.#receive(early);
    else this.#holdBack();
  }

  /** The app sends. */
  message(bytes: Uint8Array, isText: boolean, more: boolean): void {
    this.#unpaid += bytes.length + pieceOverhead;
    if (this.#state === 'open') {
      this.#sent += bytes.length;
      if (bytes.length > compressionThreshold) this.#write(this.#codec.message(bytes, isText, more));
      else this.#writeShort(bytes, isText, more);
    }
    this.#pay();
  }

  /** The app closes. */
  close(code: number, reason: string): void {
    if (this.#state !== 'open') return;
    this.#state = 'closing';
    this.#since = this.#context.coarseNow;
    this.#write(this.#codec.close(code, reason));
    this.#readOn();
  }

  /** The app took messages. */
  taken(amount: number): void {
    this.#untaken -= amount;
    this.#readOn();
  }

  /** The front is stopping: both ends are told. */
  stop(): void {
    this.#tellApp(1012, '');
    this.close(1012, '');
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
    this.#socket.destroy();
    this.#gone();
  }

  /** Ends what the client is too slow for, and pings it when it is silent. Called at every sweep. */
  check(now: number): void {
    const isBehind = this.#socket.writableLength > 0;
    if (isBehind && this.#slowness.isSendingStuck(now)) {
      this.destroy();
    } else if (this.#state !== 'open') {
      const { timeouts, webSocketTimeouts } = this.#context;
      if (now - this.#since >= (isBehind ? timeouts.sendMs : webSocketTimeouts.closeMs)) this.destroy();
    } else if (!isBehind) {
      this.#checkSilence(now);
    }
  }

  #checkSilence(now: number): void {
    const { pingIntervalMs, pingTimeoutMs } = this.#context.webSocketTimeouts;
    if (pingIntervalMs === 0) return;
    if (this.#pingedAt === undefined) {
      if (now - this.#since < pingIntervalMs) return;
    } else {
      if (now - this.#pingedAt < (pingTimeoutMs || pingIntervalMs)) return;
      // While we do not read, its pong may lie there unread; a client that has left answers a ping with a reset all the same.
      if (pingTimeoutMs > 0 && !this.#socket.isPaused()) {
        this.destroy();
        return;
      }
    }
    this.#pingedAt = now;
    this.#write(this.#codec.ping(noBytes));
  }

  #heard(now: number): void {
    this.#since = now;
    this.#pingedAt = undefined;
  }

  #receive(chunk: Buffer): void {
    if (this.#state === 'ended' || this.#state === 'gone') return;
    if (this.#state === 'open') this.#heard(this.#context.coarseNow);
    this.#read(() => this.#codec.receive(chunk));
    this.#readOn();
  }

  #read(read: () => void): void {
    try {
      read();
    } catch (error) {
      if (!(error instanceof WebSocketError)) this.#context.bug(error, undefined);
      this.#fail(error instanceof WebSocketError ? error.closeCode : 1011);
      return;
    }
    if (this.#pongs.length > 0) this.#write([]);
  }

  /** Takes up the messages that wait in the codec, where the app or the closing handshake wants them, or holds the client back. */
  #readOn(): void {
    while (this.#isHeld && (this.#state === 'closing' || (this.#state === 'open' && !this.#isAppFull))) {
      this.#isHeld = false;
      this.#read(() => this.#codec.resume());
    }
    this.#holdBack();
  }

  get #isAppFull(): boolean {
    return this.#untaken >= bufferedBodySize;
  }

  #messageCame(data: Uint8Array, isText: boolean): void {
    if (this.#state !== 'open') return;
    this.#untaken += data.length + pieceOverhead;
    this.#app?.message(data, isText, false);
    if (!this.#isAppFull) return;
    // What follows may be small and become large when it is decompressed.
    this.#isHeld = true;
    this.#codec.pause();
  }

  /** The client's close frame is answered with its own code (RFC 6455 §5.5.1); or it is itself the answer to ours. */
  #closeCame(code: number | undefined, reason: string): void {
    this.#isComplete = true;
    if (this.#state === 'open') this.#write(this.#codec.close(code, ''));
    this.#tellApp(code ?? 1005, reason);
    this.#end();
  }

  /** The client sent what it may not. */
  #fail(code: number): void {
    if (this.#state === 'open' && isSendableCloseCode(code)) this.#write(this.#codec.close(code, ''));
    this.#tellApp(code, '');
    this.#end();
  }

  /** The server closes the connection first (RFC 6455 §7.1.1); what the client still sends is thrown away. */
  #end(): void {
    if (this.#state === 'ended' || this.#state === 'gone') return;
    this.#state = 'ended';
    this.#since = this.#context.coarseNow;
    this.#socket.end();
    this.#socket.resume();
  }

  #peerEnd(): void {
    this.#tellApp(1006, '');
    this.#end();
  }

  #gone(): void {
    if (this.#state === 'gone') return;
    this.#state = 'gone';
    this.#tellApp(1006, '');
    this.#done(this.#sent, this.#isComplete);
  }

  #tellApp(code: number, reason: string): void {
    if (this.#isAppTold) return;
    this.#isAppTold = true;
    this.#app?.close(code, reason);
  }

  /** What is read from a client that does not take our answers, or whose app does not take its messages, would only gather. */
  #holdBack(): void {
    const isFull = this.#isAppFull || this.#socket.writableLength > sendBufferSize;
    const mustPause = isFull && this.#state === 'open';
    if (mustPause === this.#socket.isPaused()) return;
    if (mustPause) this.#socket.pause();
    else this.#socket.resume();
  }

  #drained(): void {
    this.#pay();
    this.#holdBack();
  }

  #pay(): void {
    if (this.#unpaid === 0 || !this.#app || this.#socket.writableLength > sendBufferSize) return;
    const amount = this.#unpaid;
    this.#unpaid = 0;
    this.#app.taken(amount);
  }

  #writeShort(bytes: Uint8Array, isText: boolean, more: boolean): void {
    writePiece(this.#socket, this.#context.slab, maxHeadSize + bytes.length, (into, at) =>
      this.#codec.writeShortMessage(into, at, bytes, isText, more),
    );
  }

  #write(parts: readonly Uint8Array[]): void {
    const pongs = this.#pongs;
    if (pongs.length > 0) this.#pongs = [];
    const all = pongs.length > 0 ? [...pongs, ...parts] : parts;
    if (all.length > 0) writeParts(this.#socket, this.#context.slab, all);
  }
}
