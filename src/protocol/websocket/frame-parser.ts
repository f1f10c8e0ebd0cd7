import { COMPRESSED, FINAL, MASKED, maxControlSize, Opcode } from './frame.ts';
import { applyMask, maskingKey, rotatedKey } from './mask.ts';
import { WebSocketError } from './websocket-error.ts';

/** Gets the data frames that a parser reads. It throws WebSocketError for a frame that may not come now. */
export interface DataFrameSink {
  /** A frame's head; `length` is that of its payload in bytes. */
  begin(opcode: number, isFinal: boolean, isCompressed: boolean, length: number): void;
  /** The next part of its payload, unmasked: `bytes[start, end)`, empty only for an empty frame. */
  data(bytes: Buffer, start: number, end: number, isLast: boolean): void;
}

const knownOpcodes: ReadonlySet<number> = new Set(Object.values(Opcode));

/**
 * Reads frames (RFC 6455 §5.2) of which each by itself must be right: what may follow what is the sinks' matter. It
 * unmasks in place, so that received chunks belong to it. Control frames come whole, data frames as they arrive.
 */
export class FrameParser {
  readonly #dataSink: DataFrameSink;
  readonly #control: (opcode: number, payload: Buffer) => void;
  readonly #isMasked: boolean;
  readonly #reservedBits: number;
  #rest: Buffer | undefined;
  #remaining = 0;
  #key = 0;
  #stopped = false;
  #isPaused = false;
  /** What is not read since the pause. */
  #held: Buffer | undefined;

  /** `isMasked`: the peer is a client, whose frames are all masked; a server's never are (RFC 6455 §5.1). */
  constructor(
    dataSink: DataFrameSink,
    control: (opcode: number, payload: Buffer) => void,
    isMasked: boolean,
    allowsCompression: boolean,
  ) {
    this.#dataSink = dataSink;
    this.#control = control;
    this.#isMasked = isMasked;
    this.#reservedBits = allowsCompression ? 0x30 : 0x30 | COMPRESSED;
  }

  /** Bytes kept of a frame's head or of a control frame, or since a pause. */
  get buffered(): number {
    return (this.#rest?.length ?? 0) + (this.#held?.length ?? 0);
  }

  /** Whether a frame has begun and is not complete. */
  get midFrame(): boolean {
    return this.#remaining > 0 || this.#rest !== undefined;
  }

  /** Throws WebSocketError 1002 for a broken frame. */
  receive(chunk: Buffer): void {
    if (this.#isPaused) {
      this.#held = this.#held ? Buffer.concat([this.#held, chunk]) : chunk;
      return;
    }
    const bytes = this.#rest ? Buffer.concat([this.#rest, chunk]) : chunk;
    this.#rest = undefined;
    let at = 0;
    while (at < bytes.length && !this.#stopped) {
      if (this.#isPaused) {
        this.#held = bytes.subarray(at);
        return;
      }
      const next = this.#remaining > 0 ? this.#readData(bytes, at) : this.#readFrame(bytes, at);
      if (next < 0) {
        // A copy, since the few bytes would keep the whole chunk alive.
        this.#rest = Buffer.from(bytes.subarray(at));
        return;
      }
      at = next;
    }
  }

  /** Ignores whatever follows. */
  stop(): void {
    this.#stopped = true;
    this.#held = undefined;
  }

  /** Reads no further frame until `resume`. To be called by a sink. */
  pause(): void {
    this.#isPaused = true;
  }

  /** Reads on. Throws as `receive`. */
  resume(): void {
    const held = this.#held;
    this.#isPaused = false;
    this.#held = undefined;
    if (held) this.receive(held);
  }

  #readFrame(bytes: Buffer, at: number): number {
    if (bytes.length - at < 2) return -1;
    const first = bytes[at] as number;
    const second = bytes[at + 1] as number;
    this.#checkStart(first, second);
    const shortLength = second & ~MASKED;
    const keyAt = at + (shortLength < 126 ? 2 : shortLength === 126 ? 4 : 10);
    const start = this.#isMasked ? keyAt + 4 : keyAt;
    if (start > bytes.length) return -1;
    const key = this.#isMasked ? maskingKey(bytes, keyAt) : 0;
    const opcode = first & 0x0f;
    if (opcode >= Opcode.close) {
      const end = start + shortLength;
      if (end > bytes.length) return -1;
      if (this.#isMasked) applyMask(bytes, start, end, key);
      this.#control(opcode, bytes.subarray(start, end));
      return end;
    }
    const length = shortLength < 126 ? shortLength : extendedLength(bytes, at + 2, shortLength);
    this.#dataSink.begin(opcode, (first & FINAL) !== 0, (first & COMPRESSED) !== 0, length);
    this.#remaining = length;
    this.#key = key;
    if (length === 0) this.#dataSink.data(bytes, start, start, true);
    return start;
  }

  #readData(bytes: Buffer, start: number): number {
    const end = Math.min(bytes.length, start + this.#remaining);
    if (this.#isMasked) {
      applyMask(bytes, start, end, this.#key);
      this.#key = rotatedKey(this.#key, end - start);
    }
    this.#remaining -= end - start;
    this.#dataSink.data(bytes, start, end, this.#remaining === 0);
    return end;
  }

  #checkStart(first: number, second: number): void {
    const opcode = first & 0x0f;
    if ((first & this.#reservedBits) !== 0) throw broken('a reserved bit is set');
    if (!knownOpcodes.has(opcode)) throw broken(`opcode ${opcode} is reserved`);
    if (((second & MASKED) !== 0) !== this.#isMasked)
      throw broken(this.#isMasked ? 'it is not masked' : 'it is masked');
    if (opcode < Opcode.close) return;
    if ((first & FINAL) === 0) throw broken('a control frame is fragmented');
    if ((first & COMPRESSED) !== 0) throw broken('a control frame is compressed');
    if ((second & ~MASKED) > maxControlSize) throw broken(`a control frame has more than ${maxControlSize} bytes`);
  }
}

function extendedLength(bytes: Buffer, at: number, shortLength: number): number {
  if (shortLength === 126) {
    const length = bytes.readUInt16BE(at);
    if (length < 126) throw broken('its length is not in the shortest form');
    return length;
  }
  const high = bytes.readUInt32BE(at);
  const low = bytes.readUInt32BE(at + 4);
  if (high >= 2 ** 31) throw broken('its length has the highest bit set');
  if (high === 0 && low < 65_536) throw broken('its length is not in the shortest form');
  return high * 2 ** 32 + low;
}

function broken(reason: string): WebSocketError {
  return new WebSocketError(1002, `Cannot read a WebSocket frame: ${reason}`);
}
