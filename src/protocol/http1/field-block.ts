import { HeaderList } from '../../core/headers.ts';

const slabSize = 64 * 1024; // about a hundred browser heads
const nothing = Buffer.alloc(0);

let slab = Buffer.allocUnsafeSlow(slabSize);
let slabUsed = 0;

/**
 * Where the text of one head or trailer section is written while it is parsed, in the form that HeaderList views.
 * A section that arrives whole lands in a slab shared by all connections of the thread, which is never written twice;
 * one that arrives in pieces moves to memory of its own between them.
 */
export class FieldBlock {
  bytes: Buffer = nothing;
  start = 0;
  at = 0;
  /** Of the names of its fields, see HeaderList. */
  marks = 0;

  /** Makes room for `size` more bytes, which is never less than what will be written before `park` or `close`. */
  reserve(size: number): void {
    if (this.bytes === nothing) {
      if (slab.length - slabUsed < size) {
        slab = Buffer.allocUnsafeSlow(Math.max(slabSize, size));
        slabUsed = 0;
      }
      this.bytes = slab;
      this.start = this.at = slabUsed;
    } else if (this.bytes.length - this.at < size) {
      this.#move(this.at - this.start + Math.max(size, this.at - this.start));
    }
  }

  /** The input ran out inside the section: leaves the slab to others. */
  park(): void {
    if (this.bytes === slab) this.#move(this.at - this.start);
  }

  /** The section is complete. Gives what was written since `start` and lets go of the memory. */
  close(): HeaderList {
    const { bytes, start, at, marks } = this;
    if (bytes === slab) slabUsed = at;
    this.bytes = nothing;
    this.marks = 0;
    return start === at ? HeaderList.empty : HeaderList.ofValidBlock(bytes, start, at, marks);
  }

  #move(size: number): void {
    const own = Buffer.allocUnsafeSlow(size);
    this.bytes.copy(own, 0, this.start, this.at);
    this.bytes = own;
    this.at -= this.start;
    this.start = 0;
  }
}
