/** A field section that has begun: what came of it in HEADERS and CONTINUATION, put together. */
export class FieldFragments {
  /** The stream, 0 where no section has begun. */
  stream = 0;
  /** Of its HEADERS. */
  flags = 0;
  bytes: Buffer = Buffer.alloc(0);
  size = 0;

  begin(stream: number, flags: number): void {
    this.stream = stream;
    this.flags = flags;
    this.size = 0;
  }

  add(bytes: Buffer, from: number, to: number): void {
    const size = this.size + to - from;
    if (size > this.bytes.length) {
      const grown = Buffer.allocUnsafe(2 * size);
      this.bytes.copy(grown, 0, 0, this.size);
      this.bytes = grown;
    }
    bytes.copy(this.bytes, this.size, from, to);
    this.size = size;
  }

  end(): void {
    this.stream = 0;
    this.bytes = Buffer.alloc(0);
    this.size = 0;
  }
}
