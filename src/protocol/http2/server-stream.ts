import type { Http2Stream } from './server-sink.ts';

/** No content-length. */
export const unknownLength = -1;

/** What the codec keeps of a stream until both sides have ended it. */
export class ServerStream<Turn> implements Http2Stream {
  readonly id: number;
  sendWindow: number;
  urgency = 3;
  isIncremental = false;
  isSendClosed = false;
  isReceiveClosed = false;
  turn: Turn | undefined;
  /** Bytes that the client may still send, as it knows. */
  receiveWindow: number;
  /** Bytes of content that the sink has got and not yet said to have consumed. */
  unread = 0;
  /** Bytes that were consumed and of which the client has not been told. */
  unreturned = 0;
  /** Content so far. */
  contentSize = 0;
  contentLength: number = unknownLength;
  /** Another protocol is spoken on it (RFC 8441 §4): its content has no limit. */
  isTunnel = false;
  /** What still comes is for nobody. */
  isDiscarding = false;
  /** It was ended by RST_STREAM, of either side. */
  isReset = false;

  constructor(id: number, sendWindow: number, receiveWindow: number) {
    this.id = id;
    this.sendWindow = sendWindow;
    this.receiveWindow = receiveWindow;
  }

  /** Whether as much content has come as content-length says (RFC 9113 §8.1.1). */
  get isContentWhole(): boolean {
    return this.contentLength === unknownLength || this.contentLength === this.contentSize;
  }
}
