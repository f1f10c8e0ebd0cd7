import { emptyBody } from '../../core/body.ts';
import { PeerError } from '../../core/errors.ts';
import type { HeaderList } from '../../core/headers.ts';
import { type ConnectionTimeouts, sendBufferSize } from '../../core/limits.ts';
import type { Reply } from '../../core/reply.ts';
import type { ResponseFraming } from '../../protocol/http1/response.ts';
import type { FixedFields } from '../../protocol/http2/server-codec.ts';
import type { Http2Stream } from '../../protocol/http2/server-sink.ts';
import { serverName } from '../answer.ts';
import type { ConnectionContext } from '../connection-context.ts';
import { SlownessCheck } from '../slowness-check.ts';
import { type SendChannel, SendQueue } from './send-queue.ts';

/** What an answer needs of its connection. */
export interface AnswerChannel extends SendChannel {
  readonly codec: SendChannel['codec'] & {
    respond(stream: Http2Stream, status: number, headers: HeaderList, fixed: FixedFields, isEnd: boolean): number;
    inform(stream: Http2Stream, status: number, headers: HeaderList): number;
  };
  readonly context: ConnectionContext;
  readonly timeouts: ConnectionTimeouts;
  /** Whether the client has not taken what the socket has. */
  readonly isBehind: boolean;
}

/** What is sent on a stream: interim answers, one head and its content, as the client takes it. */
export class StreamAnswer {
  readonly #stream: Http2Stream;
  readonly #channel: AnswerChannel;
  /** Of content that could not be sent at once. */
  #queue: SendQueue | undefined;
  #resume: (() => void) | undefined;
  #isClosed = false;
  /** Content bytes sent without the queue, and bytes around the content: head and framing. */
  #sent = 0;
  #sentAround = 0;
  #pace: SlownessCheck | undefined;

  constructor(stream: Http2Stream, channel: AnswerChannel) {
    this.#stream = stream;
    this.#channel = channel;
  }

  /** What waits to be sent. */
  get queue(): SendQueue | undefined {
    return this.#queue;
  }

  /** Content bytes sent. */
  get bytes(): number {
    return this.#sent + (this.#queue?.sent ?? 0);
  }

  /** All bytes sent. */
  get sentBytes(): number {
    return this.bytes + this.#sentAround + (this.#queue?.sentAround ?? 0);
  }

  inform(status: number, headers: HeaderList): void {
    this.#sentAround += this.#channel.codec.inform(this.#stream, status, headers);
  }

  /** Sends the head. Gives how many bytes that are. */
  head(status: number, headers: HeaderList, contentLength: number | undefined, isEnd: boolean): number {
    const { codec, context } = this.#channel;
    const fixed = { date: context.date, server: serverName, contentLength };
    const size = codec.respond(this.#stream, status, headers, fixed, isEnd);
    this.#sentAround += size;
    return size;
  }

  /** Sends an answer whose content is at hand, or that has none. Gives whether all of it is sent; else `drained` says when. */
  whole(reply: Reply, framing: ResponseFraming): boolean {
    const { codec } = this.#channel;
    const stream = this.#stream;
    const content = framing.kind === 'none' ? emptyBody : (reply.body as Uint8Array);
    const size = content.length;
    this.head(reply.status, reply.headers, lengthOf(framing), size === 0);
    if (size === 0) return true;
    if (this.#channel.isFree && size <= sendBufferSize && size <= codec.sendable(stream)) {
      this.#sentAround += codec.data(stream, content, true) - size;
      this.#sent = size;
      return true;
    }
    const queue = this.#makeQueue();
    queue.write(content, true);
    return !queue.isWaiting;
  }

  /**
   * Sends an answer piece by piece, each as it comes, no faster than the client takes them. Rejects when the body breaks or is shorter
   * than declared (the stream must then be reset), and when it is closed.
   */
  async streamed({ status, headers, body, trailers }: Reply, framing: ResponseFraming): Promise<void> {
    this.head(status, headers, lengthOf(framing), false);
    const queue = this.#makeQueue();
    let left = framing.kind === 'length' ? framing.length : Number.POSITIVE_INFINITY;
    for await (const piece of body as AsyncIterable<Uint8Array>) {
      const chunk = piece.length > left ? piece.subarray(0, left) : piece;
      left -= chunk.length;
      this.#channel.context.garbage.streamed(chunk.length);
      queue.write(chunk, left === 0 && !trailers);
      if (queue.isWaiting) await this.drained();
      this.#checkOpen();
    }
    if (framing.kind === 'length' && left > 0) {
      throw new PeerError('app-response-invalid', `The app's answer ended ${left} bytes before its content-length`);
    }
    const last = trailers?.();
    queue.end(last && last.end > last.start ? last : undefined);
    if (queue.isWaiting) await this.drained();
    this.#checkOpen();
  }

  /** Resolves when nothing waits any more, or the stream is closed. */
  drained(): Promise<void> {
    return new Promise((resolve) => {
      this.#resume = resolve;
    });
  }

  /** Nothing more can be sent. */
  close(): void {
    this.#isClosed = true;
    this.#queue?.clear();
    this.#wake();
  }

  /** Whether the client has opened its windows for nothing that waits for too long. Asked at every sweep. */
  isStuck(now: number): boolean {
    const queue = this.#queue;
    if (!queue?.isWaiting) return false;
    const { codec, isBehind, timeouts } = this.#channel;
    this.#pace ??= new SlownessCheck(queue, timeouts, now);
    if (!isBehind && codec.sendable(this.#stream) === 0) return this.#pace.isSendingStuck(now);
    // Others are sent first: it is not the client's fault.
    this.#pace.restart(now);
    return false;
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new PeerError('client-closed', 'The client left');
  }

  #makeQueue(): SendQueue {
    this.#queue = new SendQueue(this.#stream, this.#channel, () => this.#wake());
    return this.#queue;
  }

  #wake(): void {
    const resume = this.#resume;
    this.#resume = undefined;
    resume?.();
  }
}

function lengthOf(framing: ResponseFraming): number | undefined {
  return framing.kind === 'length' || framing.kind === 'none' ? framing.length : undefined;
}
