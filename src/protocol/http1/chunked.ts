import { ProtocolError } from '../../core/errors.ts';
import { type HeaderList, VALUE } from '../../core/headers.ts';
import type { HttpLimits } from '../../core/limits.ts';
import { CR, HEX, LF, SEMICOLON } from './ascii.ts';
import { TrailerReader } from './trailers.ts';

const maxSizeDigits = 16;

const inSize = 0;
const inExtension = 1;
const atSizeLineFeed = 2;
const inData = 3;
const afterData = 4;
const atDataLineFeed = 5;
const inTrailers = 6;

/** Decodes one body in the chunked transfer coding (RFC 9112 §7.1), strictly: CRLF alone ends a line. */
export class ChunkedDecoder {
  readonly #limits: HttpLimits;
  readonly #trailers: TrailerReader;
  #state = inSize;
  #digits = 0;
  #size = 0;
  #extension = 0;
  #remaining = 0;
  #total = 0;
  #overhead = 0;

  constructor(limits: HttpLimits) {
    this.#limits = limits;
    this.#trailers = new TrailerReader(limits);
  }

  /** Bytes of a trailer section that has begun. */
  get buffered(): number {
    return this.#trailers.size;
  }

  /**
   * Gives views of the input's data to `body`, then the offset after the coded body, or -1 where the input ran out.
   * Throws ProtocolError `chunk-framing`, `body-too-large`, `trailer-field` or `header-too-large`.
   */
  read(input: Buffer, from: number, body: (bytes: Uint8Array) => void): number {
    let at = from;
    while (at < input.length) {
      if (this.#state === inData) {
        const end = Math.min(input.length, at + this.#remaining);
        body(input.subarray(at, end));
        this.#remaining -= end - at;
        at = end;
        if (this.#remaining === 0) this.#state = afterData;
      } else if (this.#state === inTrailers) {
        return this.#trailers.read(input, at);
      } else {
        this.#takeFramingByte(input[at++] as number);
      }
    }
    return -1;
  }

  /** The trailers of the body that was read. */
  takeTrailers(): HeaderList {
    return this.#trailers.take();
  }

  #takeFramingByte(code: number): void {
    if (++this.#overhead > this.#limits.maxChunkOverhead) throw refusal('there is too much of it for so little data');
    switch (this.#state) {
      case inSize:
        this.#takeSizeByte(code);
        break;
      case inExtension:
        if (code === CR) this.#state = atSizeLineFeed;
        else if (VALUE[code] === 0) throw refusal('an extension holds a control character');
        else if (++this.#extension > this.#limits.maxChunkExtensionSize) throw refusal('an extension is too long');
        break;
      case atSizeLineFeed:
        if (code !== LF) throw refusal('a chunk size is not followed by CRLF');
        this.#beginData();
        break;
      case afterData:
        if (code !== CR) throw refusal('a chunk has more data than its size says');
        this.#state = atDataLineFeed;
        break;
      default:
        if (code !== LF) throw refusal('the data of a chunk is not followed by CRLF');
        this.#state = inSize;
    }
  }

  #takeSizeByte(code: number): void {
    const digit = HEX[code] as number;
    if (digit !== 255) {
      if (++this.#digits > maxSizeDigits) throw refusal(`a chunk size has more than ${maxSizeDigits} digits`);
      this.#size = this.#size * 16 + digit;
      if (this.#size > Number.MAX_SAFE_INTEGER) throw refusal('a chunk size is larger than 2^53 - 1');
    } else if (this.#digits === 0) {
      throw refusal('a chunk size does not begin with a hexadecimal digit');
    } else if (code === CR) {
      this.#state = atSizeLineFeed;
    } else if (code === SEMICOLON) {
      this.#extension = 1;
      this.#state = inExtension;
    } else {
      throw refusal('a chunk size is followed by something else than CRLF or an extension');
    }
  }

  #beginData(): void {
    this.#total += this.#size;
    if (this.#total > this.#limits.maxBodySize) {
      throw new ProtocolError('body-too-large', `Cannot take a body of more than ${this.#limits.maxBodySize} bytes`);
    }
    this.#remaining = this.#size;
    this.#state = this.#size === 0 ? inTrailers : inData;
    this.#digits = 0;
    this.#size = 0;
  }
}

function refusal(reason: string): ProtocolError {
  return new ProtocolError('chunk-framing', `Cannot read the chunked body: ${reason}`);
}
