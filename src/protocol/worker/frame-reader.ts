import { ProtocolError } from '../../core/errors.ts';
import { Flag, frameHeaderSize, Kind, maxPayloadSize } from './kinds.ts';

/** Gets a worker's frames. The payload is `bytes[start, end)`, a view that stays valid while nobody changes the received chunk. */
export interface FrameSink {
  frame(kind: number, flags: number, stream: number, bytes: Buffer, start: number, end: number): void;
}

const knownKinds: ReadonlySet<number> = new Set(Object.values(Kind));
const knownFlags = Object.values(Flag).reduce((all, flag) => all | flag, 0);

/** Decodes frames (frame.md). Throws ProtocolError `worker-protocol` for a broken one and refuses further use. */
export class FrameReader {
  readonly #sink: FrameSink;
  #rest: Buffer | undefined;
  #dead = false;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  /** Bytes of a frame that has begun and is not complete. */
  get buffered(): number {
    return this.#rest?.length ?? 0;
  }

  receive(chunk: Buffer): void {
    if (this.#dead) throw new ProtocolError('worker-protocol', 'Cannot read frames after a broken one');
    const bytes = this.#rest ? Buffer.concat([this.#rest, chunk]) : chunk;
    this.#rest = undefined;
    let at = 0;
    while (bytes.length - at >= frameHeaderSize) {
      const length = bytes.readUInt32LE(at);
      const kind = bytes[at + 4] ?? 0;
      const flags = bytes[at + 5] ?? 0;
      if (length > maxPayloadSize) this.#fail(`its payload has ${length} bytes, ${maxPayloadSize} is the most`);
      if (!knownKinds.has(kind)) this.#fail(`its kind is ${kind}`);
      if ((flags & ~knownFlags) !== 0 || bytes[at + 6] !== 0 || bytes[at + 7] !== 0)
        this.#fail('reserved bits are set');
      const start = at + frameHeaderSize;
      const end = start + length;
      if (end > bytes.length) break;
      this.#sink.frame(kind, flags, bytes.readUInt32LE(at + 8), bytes, start, end);
      at = end;
    }
    if (at < bytes.length) this.#rest = at === 0 ? bytes : bytes.subarray(at);
  }

  /** The peer ended its side. Throws inside a frame. */
  end(): void {
    if (this.#rest) this.#fail('the connection ended inside it');
    this.#dead = true;
  }

  #fail(reason: string): never {
    this.#dead = true;
    throw new ProtocolError('worker-protocol', `Cannot read a frame of the worker protocol: ${reason}`);
  }
}
