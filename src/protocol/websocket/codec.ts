import type { WebSocketLimits } from '../../core/limits.ts';
import { isSendableCloseCode } from './close-codes.ts';
import { buildFrame, COMPRESSED, FINAL, maxControlSize, Opcode, writeFrameHead } from './frame.ts';
import { FrameParser } from './frame-parser.ts';
import { MessageAssembler } from './message-assembler.ts';
import { isUtf8 } from './utf8.ts';
import { WebSocketError } from './websocket-error.ts';

/**
 * Gets what a codec reads, in order. Bytes are views of the received chunk or of a buffer that nobody else has: valid as
 * long as nobody changes that chunk. It may send, but not call `receive` or `end`.
 */
export interface WebSocketSink {
  /** A whole message: decompressed, and valid UTF-8 where it is text. */
  message(data: Uint8Array, isText: boolean): void;
  /** To be answered by `codec.pong(payload)`. */
  ping(payload: Uint8Array): void;
  pong(payload: Uint8Array): void;
  /** The peer's close frame, the last event; `code` is undefined where it has none (1005 in RFC 6455 §7.1.5). */
  close(code: number | undefined, reason: string): void;
}

/**
 * The compression of permessage-deflate (RFC 7692) without context takeover: raw DEFLATE, one message for itself.
 * `deflate` ends with a sync flush, thus with the bytes 00 00 ff ff; what `inflate` gets ends with them too and need not
 * have a final block. `inflate` throws RangeError where the result has more than `maxSize` bytes, another error for bad data.
 */
export interface Deflate {
  deflate(bytes: Uint8Array): Uint8Array;
  inflate(bytes: Uint8Array, maxSize: number): Uint8Array;
}

/** Messages up to this size gain little by compression, which costs a whole compressor, in bytes. */
export const compressionThreshold = 1024; // ws 1024

const deflateTailSize = 4;
const noBytes = new Uint8Array(0);

/**
 * One end of a WebSocket after its handshake (RFC 6455, RFC 7692): bytes in, messages out, and back. `receive` throws
 * WebSocketError for what a peer may not send, and the same error on any further use; `close` still builds the frame that
 * says so. After the peer's close frame whatever comes is ignored; after our own, no frame is built any more (RFC 6455 §5.5.1).
 */
export class WebSocketCodec {
  readonly #sink: WebSocketSink;
  readonly #deflate: Deflate | undefined;
  readonly #mask: (() => Uint8Array) | undefined;
  readonly #assembler: MessageAssembler;
  readonly #parser: FrameParser;
  #isPeerClosed = false;
  #isClosed = false;
  /** A message that was begun is not complete. */
  #isContinuing = false;
  #failure: unknown;

  /** `deflate` where the handshake agreed on it; `mask` gives four unpredictable bytes a call and is what a client, and only a client, needs. */
  constructor(
    role: 'server' | 'client',
    sink: WebSocketSink,
    limits: WebSocketLimits,
    deflate: Deflate | undefined,
    mask?: () => Uint8Array,
  ) {
    if ((role === 'client') !== (mask !== undefined)) throw new TypeError(`Cannot make a ${role} with this mask`);
    this.#sink = sink;
    this.#deflate = deflate;
    this.#mask = mask;
    this.#assembler = new MessageAssembler(
      (data, isText) => sink.message(data, isText),
      limits,
      deflate && ((bytes, maxSize) => deflate.inflate(bytes, maxSize)),
    );
    this.#parser = new FrameParser(
      this.#assembler,
      (opcode, payload) => this.#control(opcode, payload),
      role === 'server',
      deflate !== undefined,
    );
  }

  /** Bytes kept of a frame or message that is not complete. */
  get buffered(): number {
    return this.#parser.buffered + this.#assembler.buffered;
  }

  /** Whether a frame or message has begun and is not complete. */
  get midMessage(): boolean {
    return this.#parser.midFrame || this.#assembler.isOpen;
  }

  /** Reads bytes, unmasking them in place: the chunk is the codec's from now on. Throws WebSocketError 1002, 1007 or 1009. */
  receive(chunk: Buffer): void {
    this.#refuseAfterFailure();
    try {
      this.#parser.receive(chunk);
    } catch (error) {
      this.#failure = error;
      throw error;
    }
  }

  /** Reads no further message until `resume`; what comes meanwhile is kept as it is. To be called by a sink. */
  pause(): void {
    this.#parser.pause();
  }

  /** Reads on after a `pause`. Throws as `receive`. */
  resume(): void {
    this.#refuseAfterFailure();
    try {
      this.#parser.resume();
    } catch (error) {
      this.#failure = error;
      throw error;
    }
  }

  /** The connection ended. Throws WebSocketError 1006 where no close frame had come. */
  end(): void {
    this.#refuseAfterFailure();
    if (this.#isPeerClosed) return;
    const where = this.midMessage ? 'inside a message' : 'without a close frame';
    this.#failure = new WebSocketError(1006, `Cannot go on with the WebSocket: the connection ended ${where}`);
    throw this.#failure;
  }

  /**
   * The bytes of a message, or of a piece of one where `more` says that it goes on. A whole one is compressed where that was
   * agreed on and makes it shorter. A server's payload is not copied.
   */
  message(data: Uint8Array, isText: boolean, more = false): Uint8Array[] {
    if (this.#isClosed) return [];
    const isPiece = more || this.#isContinuing;
    const first = this.#firstByte(isText, more);
    if (this.#deflate && !isPiece && data.length > compressionThreshold) {
      const deflated = this.#deflate.deflate(data);
      const size = deflated.length - deflateTailSize;
      if (size < data.length) return this.#frame(first | COMPRESSED, deflated.subarray(0, size));
    }
    return this.#frame(first, data);
  }

  /**
   * A server's message or piece of at most `compressionThreshold` bytes, written into memory that has room for `maxHeadSize` bytes
   * more. Gives the offset after it.
   */
  writeShortMessage(into: Uint8Array, at: number, data: Uint8Array, isText: boolean, more: boolean): number {
    if (this.#isClosed) return at;
    const start = writeFrameHead(into, at, this.#firstByte(isText, more), data.length);
    into.set(data, start);
    return start + data.length;
  }

  /** The bytes of a ping. Throws RangeError for more than 125 bytes. */
  ping(payload: Uint8Array): Uint8Array[] {
    return this.#controlFrame(Opcode.ping, payload);
  }

  /** The bytes of a pong. Throws RangeError for more than 125 bytes. */
  pong(payload: Uint8Array): Uint8Array[] {
    return this.#controlFrame(Opcode.pong, payload);
  }

  /**
   * The bytes of a close frame; without code it has no payload. A reason that does not fit is cut at a character.
   * Throws RangeError for a code that must not be sent.
   */
  close(code: number | undefined, reason: string): Uint8Array[] {
    if (code !== undefined && !isSendableCloseCode(code)) {
      throw new RangeError(`Cannot close a WebSocket with code ${code}: it must not be sent`);
    }
    const frame = this.#controlFrame(Opcode.close, code === undefined ? noBytes : closePayload(code, reason));
    this.#isClosed = true;
    return frame;
  }

  #firstByte(isText: boolean, more: boolean): number {
    const opcode = this.#isContinuing ? Opcode.continuation : isText ? Opcode.text : Opcode.binary;
    this.#isContinuing = more;
    return more ? opcode : FINAL | opcode;
  }

  #controlFrame(opcode: number, payload: Uint8Array): Uint8Array[] {
    if (payload.length > maxControlSize) {
      throw new RangeError(`Cannot send a control frame of ${payload.length} bytes: ${maxControlSize} is the most`);
    }
    return this.#isClosed ? [] : this.#frame(FINAL | opcode, payload);
  }

  #frame(first: number, payload: Uint8Array): Uint8Array[] {
    return buildFrame(first, payload, this.#mask?.());
  }

  #control(opcode: number, payload: Buffer): void {
    if (opcode === Opcode.ping) this.#sink.ping(payload);
    else if (opcode === Opcode.pong) this.#sink.pong(payload);
    else this.#peerClose(payload);
  }

  #peerClose(payload: Buffer): void {
    if (payload.length === 0) {
      this.#isPeerClosed = true;
      this.#parser.stop();
      this.#sink.close(undefined, '');
      return;
    }
    if (payload.length === 1) throw new WebSocketError(1002, 'Cannot read a close frame: its payload has one byte');
    const code = payload.readUInt16BE(0);
    if (!isSendableCloseCode(code)) throw new WebSocketError(1002, `Cannot read a close frame: its code is ${code}`);
    const reason = payload.subarray(2);
    if (!isUtf8(reason)) throw new WebSocketError(1007, 'Cannot read a close frame: its reason is not UTF-8');
    this.#isPeerClosed = true;
    this.#parser.stop();
    this.#sink.close(code, reason.toString());
  }

  #refuseAfterFailure(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }
}

function closePayload(code: number, reason: string): Buffer {
  const payload = Buffer.from(`\0\0${reason}`);
  payload.writeUInt16BE(code);
  let end = Math.min(payload.length, maxControlSize);
  // 10xxxxxx at the cut means that it would be inside a character.
  while (end < payload.length && ((payload[end] as number) & 0xc0) === 0x80) end--;
  return payload.subarray(0, end);
}
