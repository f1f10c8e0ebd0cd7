import type { HeaderList } from '../../core/headers.ts';
import type { Http2Limits, HttpLimits } from '../../core/limits.ts';
import type { Http2Code } from './codes.ts';
import type { FrameOutput, Http2ServerSink, Http2Stream } from './server-sink.ts';

/** What an answer's head gets from us. */
export interface FixedFields {
  /** IMF-fixdate (RFC 9110 §5.6.7), used where the headers have no `date`. */
  readonly date: string;
  /** Used where the headers have no `server`. */
  readonly server: string;
  /** Stands in for what the headers say; undefined where it is not known. What they say stays where there is no content. */
  readonly contentLength: number | undefined;
}

export interface Http2ServerOptions {
  readonly limits: HttpLimits;
  readonly http2: Http2Limits;
  readonly scheme: 'http' | 'https';
}

/**
 * The server's side of one HTTP/2 connection (RFC 9113): bytes in, requests out, and frames of answers. A connection error is written to the output as
 * GOAWAY and thrown as Http2Error; any further use throws it again.
 */
export class Http2ServerCodec<Turn> {
  constructor(_sink: Http2ServerSink<Turn>, _output: FrameOutput, _options: Http2ServerOptions) {
    throw new Error('not yet');
  }

  /** Streams that are not over. */
  readonly openStreams: number = 0;
  /** The latest stream that was given to the sink. */
  readonly lastStream: number = 0;
  /** Whether a field section has begun and has not ended. */
  readonly isInSection: boolean = false;
  /** Whether the client has not yet sent all of its preface, its SETTINGS with it. */
  readonly isPrefaceMissing: boolean = true;
  /** Bytes kept of what has not come whole. */
  readonly buffered: number = 0;

  /** Sends our preface. */
  start(): void {}
  receive(_chunk: Buffer): void {}
  /** The client ended its side. Throws where that is inside a frame or a request. */
  end(): void {}
  /** So much time has passed: budgets grow. */
  tick(_elapsedMs: number): void {}
  /** Sends the head of an answer. Gives how many bytes that are. */
  respond(_stream: Http2Stream, _status: number, _headers: HeaderList, _fixed: FixedFields, _isEnd: boolean): number {
    return 0;
  }
  /** Sends an interim answer (RFC 9110 §15.2), without the fields that have no meaning there. */
  inform(_stream: Http2Stream, _status: number, _headers: HeaderList): number {
    return 0;
  }
  /** Bytes of content that may be sent on it now. */
  sendable(_stream: Http2Stream): number {
    return 0;
  }
  /** Sends content, at most what is `sendable`. Gives how many bytes that are, with their frames. */
  data(_stream: Http2Stream, _bytes: Uint8Array, _isEnd: boolean): number {
    return 0;
  }
  /** Ends an answer with trailers, without those that may not stand there. */
  trailers(_stream: Http2Stream, _headers: HeaderList): number {
    return 0;
  }
  /** Sends RST_STREAM; nothing where the stream is over already. The sink is not told. */
  reset(_stream: Http2Stream, _code: Http2Code): void {}
  /** Content was read by whom it is for: the client may send as much again. */
  consumed(_stream: Http2Stream, _bytes: number): void {}
  ping(): void {}
  /** Tells the client to go. Requests that it sends are still taken until `refusesNew`. */
  goaway(_code: Http2Code, _refusesNew: boolean): void {}
}
