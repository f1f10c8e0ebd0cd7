import { ProtocolError } from '../../core/errors.ts';
import type { HeaderList } from '../../core/headers.ts';
import type { HttpLimits } from '../../core/limits.ts';
import { FieldBlock } from './field-block.ts';
import { type FieldReceiver, FieldSection } from './field-section.ts';

/**
 * Fields that must not come in a trailer section, because whoever merged them would frame, route, authenticate or read
 * the message anew (RFC 9110 §6.5.1).
 */
export const forbiddenTrailers: ReadonlySet<string> = new Set([
  'age',
  'authorization',
  'cache-control',
  'connection',
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'cookie',
  'date',
  'expect',
  'expires',
  'host',
  'http2-settings',
  'keep-alive',
  'location',
  'max-forwards',
  'pragma',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'range',
  'retry-after',
  'set-cookie',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'vary',
  'warning',
  'www-authenticate',
]);

const permitted: FieldReceiver = {
  field: (bytes, name, nameEnd) => !forbiddenTrailers.has(bytes.toString('latin1', name, nameEnd)),
};

/** Reads one trailer section (RFC 9112 §7.1.2), up to and with its empty line; forbidden fields are dropped. */
export class TrailerReader {
  readonly #limit: number;
  readonly #fields: FieldSection;
  readonly #block: FieldBlock = new FieldBlock();
  #size = 0;

  constructor(limits: HttpLimits) {
    this.#limit = limits.maxTrailerSize;
    this.#fields = new FieldSection(
      {
        errorCode: 'trailer-field',
        bareLineFeed: false,
        maxFieldCount: limits.maxFieldCount,
        maxFieldSize: limits.maxFieldSize,
      },
      permitted,
    );
  }

  /** Bytes read so far. */
  get size(): number {
    return this.#size;
  }

  /** Gives the offset after the section, which `take` then makes, or -1 where the input ran out. Throws ProtocolError. */
  read(input: Buffer, from: number): number {
    const to = Math.min(input.length, from + this.#limit - this.#size);
    this.#block.reserve(this.#fields.roomFor(to - from));
    const at = this.#fields.read(input, from, to, this.#block);
    if (at >= 0) return at;
    if (to < input.length) {
      throw new ProtocolError('header-too-large', `Cannot read the trailers: they have more than ${this.#limit} bytes`);
    }
    this.#size += to - from;
    this.#block.park();
    return -1;
  }

  /** The trailers that were read. */
  take(): HeaderList {
    return this.#block.close();
  }
}
