import type { RequestHead } from '../../core/exchange.ts';
import { type CancelReason, Flag, frameHeaderSize, Kind, maxPayloadSize } from './kinds.ts';

const slabSize = 256 * 1024;
// Codes of Python's marshal format (frame.md, "Heads").
const tupleCode = 0x28;
const listCode = 0x5b;
const textCode = 0x61;
const bytesCode = 0x73;

/** Up to this length a loop writes a string faster than a call of `write`. */
const longestLoop = 64;

/** Bodies from this size on are not copied into the slab. */
const copyLimit = 16 * 1024;

/**
 * Encodes frames (frame.md) and gathers them until `take`. Small ones are written one behind the other into a slab; a slab
 * is never written to twice, so that what was taken stays valid while a socket still holds it.
 */
export class FrameWriter {
  #slab: Buffer = Buffer.allocUnsafeSlow(slabSize);
  /** What is gathered and not yet taken begins here. */
  #start = 0;
  #at = 0;
  #parts: Uint8Array[] = [];

  get isEmpty(): boolean {
    return this.#at === this.#start && this.#parts.length === 0;
  }

  /** A REQUEST. `connection` is the connection field, marshalled. The body, if any, must fit the initial window. */
  request(stream: number, flags: number, connection: Uint8Array, request: RequestHead, body: Uint8Array): void {
    const { method, version, normalizedPath, path, query, headers } = request;
    const texts = method.length + version.length + normalizedPath.length + path.length + query.length;
    const fields = headers.end - headers.start;
    const head = 5 + connection.length + 5 * 5 + texts + 5 + fields;
    this.#header(Kind.request, flags, stream, 4 + head + body.length, 4 + head + this.#copied(body));
    const slab = this.#slab;
    let at = writeU32(slab, this.#at, head);
    at = writeCode(slab, at, tupleCode, 7);
    slab.set(connection, at);
    at += connection.length;
    at = writeString(slab, at, textCode, method);
    at = writeString(slab, at, textCode, version);
    at = writeString(slab, at, textCode, normalizedPath);
    at = writeString(slab, at, bytesCode, path);
    at = writeString(slab, at, bytesCode, query);
    at = writeCode(slab, at, listCode, headers.count);
    headers.bytes.copy(slab, at, headers.start, headers.end);
    this.#at = at + fields;
    this.#append(body);
  }

  /** A BODY of at most `maxBodyPiece` bytes. The bytes must not be changed afterwards. */
  body(stream: number, bytes: Uint8Array, end: boolean): void {
    this.frame(Kind.body, end ? Flag.end : 0, stream, bytes);
  }

  /** A CANCEL. */
  cancel(stream: number, reason: CancelReason): void {
    this.frame(Kind.cancel, 0, stream, Uint8Array.of(reason));
  }

  /** A WINDOW of `credit` bytes. */
  window(stream: number, credit: number): void {
    this.#header(Kind.window, 0, stream, 4, 4);
    this.#at = writeU32(this.#slab, this.#at, credit);
  }

  /** A WS_CLOSE; `isLast`: no WS_MESSAGE follows. */
  close(stream: number, code: number, reason: string, isLast: boolean): void {
    const payload = Buffer.from(`\0\0${reason}`);
    payload.writeUInt16LE(code);
    this.frame(Kind.wsClose, isLast ? Flag.end : 0, stream, payload);
  }

  /** A DRAIN. */
  drain(): void {
    this.frame(Kind.drain, 0, 0, new Uint8Array(0));
  }

  /** Any frame. Throws RangeError for a payload over `maxPayloadSize`. */
  frame(kind: number, flags: number, stream: number, payload: Uint8Array): void {
    this.#header(kind, flags, stream, payload.length, this.#copied(payload));
    this.#append(payload);
  }

  /** All that was gathered since the last call, in order. */
  take(): Uint8Array[] {
    this.#cut();
    const parts = this.#parts;
    this.#parts = [];
    return parts;
  }

  #copied(bytes: Uint8Array): number {
    return bytes.length < copyLimit ? bytes.length : 0;
  }

  #header(kind: number, flags: number, stream: number, length: number, room: number): void {
    if (length > maxPayloadSize)
      throw new RangeError(`Cannot send a frame of ${length} bytes: ${maxPayloadSize} is the most`);
    if (this.#at + frameHeaderSize + room > this.#slab.length) this.#renew(frameHeaderSize + room);
    const slab = this.#slab;
    const at = writeU32(slab, this.#at, length);
    slab[at] = kind;
    slab[at + 1] = flags;
    slab[at + 2] = 0;
    slab[at + 3] = 0;
    this.#at = writeU32(slab, at + 4, stream);
  }

  #append(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    if (bytes.length < copyLimit) {
      this.#slab.set(bytes, this.#at);
      this.#at += bytes.length;
    } else {
      this.#cut();
      this.#parts.push(bytes);
    }
  }

  #cut(): void {
    if (this.#at > this.#start) this.#parts.push(this.#slab.subarray(this.#start, this.#at));
    this.#start = this.#at;
  }

  #renew(room: number): void {
    this.#cut();
    this.#slab = Buffer.allocUnsafeSlow(Math.max(slabSize, room));
    this.#start = 0;
    this.#at = 0;
  }
}

function writeU32(into: Buffer, at: number, value: number): number {
  into[at] = value;
  into[at + 1] = value >>> 8;
  into[at + 2] = value >>> 16;
  into[at + 3] = value >>> 24;
  return at + 4;
}

function writeCode(into: Buffer, at: number, code: number, size: number): number {
  into[at] = code;
  return writeU32(into, at + 1, size);
}

function writeString(into: Buffer, at: number, code: number, text: string): number {
  let end = writeCode(into, at, code, text.length);
  if (text.length > longestLoop) return end + into.write(text, end, 'latin1');
  for (let index = 0; index < text.length; index++) into[end++] = text.charCodeAt(index);
  return end;
}
