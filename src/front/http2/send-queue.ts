import type { HeaderList } from '../../core/headers.ts';
import { sendBufferSize } from '../../core/limits.ts';
import type { Http2Stream } from '../../protocol/http2/server-sink.ts';
import type { PacedStream } from '../slowness-check.ts';
import type { Sender } from './send-order.ts';

/** What a queue needs of its connection. */
export interface SendChannel {
  readonly codec: {
    sendable(stream: Http2Stream): number;
    data(stream: Http2Stream, bytes: Uint8Array, isEnd: boolean): number;
    trailers(stream: Http2Stream, headers: HeaderList): number;
  };
  /** Whether no other stream waits to send, and the client is not behind. */
  readonly isFree: boolean;
  /** It has something to send as soon as it is its turn. */
  waits(queue: SendQueue): void;
}

const noBytes = new Uint8Array(0);

/** Content on its way to one stream, which leaves as the client opens its windows and as others let it. */
export class SendQueue implements Sender, PacedStream {
  readonly stream: Http2Stream;
  readonly #channel: SendChannel;
  /** Told when nothing waits any more. */
  readonly #drained: () => void;
  #pieces: Uint8Array[] = [];
  /** Which of them is next, and what of it was sent. */
  #next = 0;
  #at = 0;
  #length = 0;
  #end: 'none' | 'waiting' | 'sent' = 'none';
  #trailers: HeaderList | undefined;
  /** Content bytes sent, and those around them. */
  sent = 0;
  sentAround = 0;

  constructor(stream: Http2Stream, channel: SendChannel, drained: () => void) {
    this.stream = stream;
    this.#channel = channel;
    this.#drained = drained;
  }

  /** Content bytes that wait. */
  get writableLength(): number {
    return this.#length;
  }

  get bytesWritten(): number {
    return this.sent + this.#length;
  }

  /** Whether something waits: content, or the end. */
  get isWaiting(): boolean {
    return this.#length > 0 || this.#end === 'waiting';
  }

  isPaused(): boolean {
    return false;
  }

  /** Sends, now or later. `isEnd`: nothing follows. The bytes must not be changed afterwards. */
  write(bytes: Uint8Array, isEnd: boolean): void {
    if (this.#end !== 'none') return;
    if (bytes.length > 0) {
      this.#pieces.push(bytes);
      this.#length += bytes.length;
    }
    if (isEnd) this.#end = 'waiting';
    this.#begin();
  }

  /** Ends behind what was written. */
  end(trailers?: HeaderList): void {
    if (this.#end !== 'none') return;
    this.#end = 'waiting';
    this.#trailers = trailers;
    this.#begin();
  }

  /** Nothing of it can be sent any more. */
  clear(): void {
    this.#pieces = [];
    this.#next = 0;
    this.#length = 0;
    this.#end = 'sent';
  }

  /** Sends what waits, at most so many bytes of it. Gives how many that are. */
  send(most: number): number {
    const { codec } = this.#channel;
    const { stream } = this;
    let left = Math.min(most, this.#length, codec.sendable(stream));
    const total = left > 0 ? left : 0;
    while (left > 0) {
      const piece = this.#pieces[this.#next] as Uint8Array;
      const end = Math.min(this.#at + left, piece.length);
      const part = end - this.#at < piece.length ? piece.subarray(this.#at, end) : piece;
      left -= part.length;
      this.#length -= part.length;
      this.sent += part.length;
      if (end === piece.length) this.#pass();
      else this.#at = end;
      const isEnd = this.#length === 0 && this.#end === 'waiting' && !this.#trailers;
      if (isEnd) this.#end = 'sent';
      this.sentAround += codec.data(stream, part, isEnd) - part.length;
    }
    if (this.#length > 0) return total;
    if (this.#end === 'waiting') {
      this.#end = 'sent';
      this.sentAround += this.#trailers ? codec.trailers(stream, this.#trailers) : codec.data(stream, noBytes, true);
    }
    return total;
  }

  /** What the connection sends of it when it is its turn. */
  sendSlice(most: number): number {
    const bytes = this.send(most);
    if (!this.isWaiting) this.#drained();
    return bytes;
  }

  #begin(): void {
    // An end alone needs no window: who waits for it must not wait for what others get.
    if (this.#channel.isFree || this.#length === 0) this.send(sendBufferSize);
    if (this.isWaiting) this.#channel.waits(this);
  }

  #pass(): void {
    this.#at = 0;
    if (++this.#next < this.#pieces.length) return;
    this.#pieces.length = 0;
    this.#next = 0;
  }
}
