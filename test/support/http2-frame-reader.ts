/** A frame as it came (RFC 9113 §4.1). */
export interface ReadFrame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

/** Cuts what comes over a connection into frames. */
export class FrameReader {
  #bytes: Buffer = Buffer.alloc(0);
  #skipped: number;

  /** `skipped`: bytes before the first frame, a preface. */
  constructor(skipped = 0) {
    this.#skipped = skipped;
  }

  /** The frames that these bytes complete. */
  read(chunk: Uint8Array): ReadFrame[] {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    if (this.#bytes.length < this.#skipped) return [];
    this.#bytes = this.#bytes.subarray(this.#skipped);
    this.#skipped = 0;
    const frames: ReadFrame[] = [];
    for (;;) {
      const bytes = this.#bytes;
      const end = bytes.length < 9 ? 9 : 9 + bytes.readUIntBE(0, 3);
      if (bytes.length < end) return frames;
      const [type, flags] = [bytes[3]!, bytes[4]!];
      frames.push({ type, flags, stream: bytes.readUInt32BE(5), payload: bytes.subarray(9, end) });
      this.#bytes = bytes.subarray(end);
    }
  }
}
