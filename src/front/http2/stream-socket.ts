import { EventEmitter } from 'node:events';
import { gather } from '../../core/body.ts';
import { Http2Code } from '../../protocol/http2/codes.ts';
import type { Http2Stream } from '../../protocol/http2/server-sink.ts';
import type { ByteStream } from '../byte-stream.ts';
import { type SendChannel, SendQueue } from './send-queue.ts';

/** What such a stream needs of its connection. */
export interface StreamSocketChannel extends SendChannel {
  readonly codec: SendChannel['codec'] & {
    consumed(stream: Http2Stream, bytes: number): void;
    reset(stream: Http2Stream, code: Http2Code): void;
  };
}

/** One stream of HTTP/2 that has become a stream of bytes in both directions (RFC 8441 §5): what a socket is to HTTP/1. */
export class StreamSocket extends EventEmitter implements ByteStream {
  readonly writableCorked = 0;
  readonly queue: SendQueue;
  readonly #stream: Http2Stream;
  readonly #channel: StreamSocketChannel;
  /** Received while nobody reads; bounded by the stream's window. */
  readonly #unread: Uint8Array[] = [];
  #unreadSize = 0;
  #isPaused = false;
  #hasPeerEnded = false;
  #isEndTold = false;
  #hasEnded = false;
  #needsDrain = false;
  #isClosed = false;

  constructor(stream: Http2Stream, channel: StreamSocketChannel) {
    super();
    this.#stream = stream;
    this.#channel = channel;
    this.queue = new SendQueue(stream, channel, () => this.#drained());
  }

  get writableLength(): number {
    return this.queue.writableLength;
  }

  get bytesWritten(): number {
    return this.queue.bytesWritten;
  }

  /** Bytes that came and that nobody has read. */
  get readableLength(): number {
    return this.#unreadSize;
  }

  write(bytes: Uint8Array): boolean {
    if (this.#isClosed || this.#hasEnded) return false;
    this.queue.write(bytes, false);
    if (this.queue.writableLength > 0) this.#needsDrain = true;
    return !this.#needsDrain;
  }

  cork(): void {}

  uncork(): void {}

  end(): void {
    if (this.#hasEnded || this.#isClosed) return;
    this.#hasEnded = true;
    this.queue.end();
    this.#closeIfOver();
  }

  destroy(): void {
    if (this.#isClosed) return;
    this.#channel.codec.reset(this.#stream, Http2Code.cancel);
    this.gone();
  }

  pause(): void {
    this.#isPaused = true;
  }

  /** What waits is read later: as with a socket, nothing comes from within. */
  resume(): void {
    this.#isPaused = false;
    if (this.#unread.length > 0 || this.#hasPeerEnded) process.nextTick(() => this.#read());
  }

  isPaused(): boolean {
    return this.#isPaused;
  }

  /** Bytes came. */
  receive(bytes: Uint8Array): void {
    gather(this.#unread, bytes);
    this.#unreadSize += bytes.length;
    this.#read();
  }

  /** The client has ended its side. */
  receiveEnd(): void {
    this.#hasPeerEnded = true;
    this.#read();
  }

  /** The stream is over. */
  gone(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#channel.codec.consumed(this.#stream, this.#unreadSize);
    this.#unread.length = 0;
    this.#unreadSize = 0;
    this.queue.clear();
    this.emit('close');
  }

  #read(): void {
    if (this.#isClosed) return;
    const { codec } = this.#channel;
    while (this.#unread.length > 0 && !this.#isPaused) {
      const bytes = this.#unread.shift() as Uint8Array;
      this.#unreadSize -= bytes.length;
      this.emit('data', Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
      codec.consumed(this.#stream, bytes.length);
    }
    if (!this.#hasPeerEnded || this.#isEndTold || this.#unread.length > 0) return;
    this.#isEndTold = true;
    this.emit('end');
    this.#closeIfOver();
  }

  #drained(): void {
    if (this.#needsDrain) {
      this.#needsDrain = false;
      this.emit('drain');
    }
    this.#closeIfOver();
  }

  #closeIfOver(): void {
    if (this.#hasEnded && this.#isEndTold && !this.queue.isWaiting) this.gone();
  }
}
