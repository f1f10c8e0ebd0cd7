import { ProtocolError } from '../../core/errors.ts';
import { type HeaderList, nameAt, nameEnd } from '../../core/headers.ts';
import type { HttpLimits } from '../../core/limits.ts';
import { FieldBlock } from '../http1/field-block.ts';
import { forbiddenTrailers } from '../http1/trailers.ts';
import type { HpackField, HpackSink } from './hpack-field.ts';
import { fieldMask, RequestField, requestFieldKind } from './request-field.ts';

const firstRoom = 256;

/** Reads the trailers of one request after the other; forbidden ones are dropped. */
export class TrailerSection implements HpackSink {
  readonly #limits: HttpLimits;
  readonly #block: FieldBlock = new FieldBlock();
  #size = 0;
  #count = 0;
  #isMalformed = false;
  #isTooLarge = false;

  constructor(limits: HttpLimits) {
    this.#limits = limits;
  }

  begin(): void {
    this.#size = 0;
    this.#count = 0;
    this.#isMalformed = false;
    this.#isTooLarge = false;
    this.#block.reserve(firstRoom);
  }

  field(field: HpackField): void {
    const { bytes, start, end } = field;
    this.#size += field.size;
    if (++this.#count > this.#limits.maxFieldCount || this.#size > this.#limits.maxTrailerSize) this.tooLarge();
    if (this.#isTooLarge) return;
    if (field.kind === 0) field.kind = requestFieldKind(bytes, start, end);
    if ((field.kind & fieldMask) >= RequestField.method) this.#isMalformed = true;
    if (forbiddenTrailers.has(bytes.toString('latin1', start + nameAt, nameEnd(bytes, start)))) return;
    const block = this.#block;
    block.reserve(end - start);
    block.at += bytes.copy(block.bytes, block.at, start, end);
    block.marks |= field.mark;
  }

  tooLarge(): void {
    this.#isTooLarge = true;
  }

  /** The trailers, an error where they are more than is taken, or undefined where they are malformed (RFC 9113 §8.1). */
  take(): HeaderList | ProtocolError | undefined {
    const trailers = this.#block.close();
    if (this.#isMalformed) return undefined;
    if (!this.#isTooLarge) return trailers;
    return new ProtocolError('header-too-large', 'Cannot take the request: its trailers are too large');
  }
}
