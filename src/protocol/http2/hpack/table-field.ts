import type { HpackField } from '../hpack-field.ts';

/** A field whose place can change; see {@link HpackField}. */
export class TableField implements HpackField {
  bytes: Buffer;
  start: number;
  end: number;
  size: number;
  mark: number;
  kind = 0;
  /** How many entries its table has had before it. */
  readonly number: number;

  constructor(bytes: Buffer, start: number, end: number, size: number, mark: number, number: number) {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.size = size;
    this.mark = mark;
    this.number = number;
  }
}
