import { ProtocolError } from '../../core/errors.ts';
import type { HeaderList } from '../../core/headers.ts';
import type { HttpLimits } from '../../core/limits.ts';
import { FieldBlock } from './field-block.ts';
import { FieldSection, type FieldSectionRules } from './field-section.ts';
import { type IncomingFraming, ResponseFraming } from './response-framing.ts';
import { StatusLine } from './status-line.ts';

/** The head of an upstream's answer. */
export interface Http1ResponseHead {
  readonly version: '1.0' | '1.1';
  /** 100 to 599. */
  readonly status: number;
  /** '' where there is none. */
  readonly reason: string;
  /** Without the fields of the connection and what `connection` names (RFC 9110 §7.6.1), but with `upgrade` of 101 and 426. */
  readonly headers: HeaderList;
  /** 0 where there is no content. */
  readonly framing: IncomingFraming;
  /** Whether the connection may be used again after the answer. */
  readonly persists: boolean;
  /** How long the upstream says that it keeps an idle connection, in milliseconds. */
  readonly keepAliveMs: number | undefined;
  /** The value of `upgrade`, of any status. */
  readonly upgrade: string | undefined;
}

/** Reads heads of answers (RFC 9112 §4 to §6) from bytes that come in any pieces, one after the other. */
export class ResponseHeadReader {
  /** Largest head, in bytes. */
  maxHeadSize: number;
  readonly #line: StatusLine = new StatusLine();
  readonly #framing: ResponseFraming = new ResponseFraming();
  readonly #rules: { -readonly [Key in keyof FieldSectionRules]: FieldSectionRules[Key] };
  readonly #fields: FieldSection;
  readonly #block: FieldBlock = new FieldBlock();
  #inFields = false;
  #size = 0;

  constructor(limits: HttpLimits) {
    this.maxHeadSize = limits.maxHeadSize;
    this.#rules = {
      errorCode: 'header-field',
      bareLineFeed: false,
      maxFieldCount: limits.maxFieldCount,
      maxFieldSize: limits.maxFieldSize,
    };
    this.#fields = new FieldSection(this.#rules, this.#framing);
  }

  /** Bytes of a head that has begun. */
  get size(): number {
    return this.#size;
  }

  /** Gives the offset after the head, which `take` then makes, or -1 where the input ran out. Throws ProtocolError. */
  read(input: Buffer, from: number): number {
    const to = Math.min(input.length, from + this.maxHeadSize - this.#size);
    this.#block.reserve(this.#fields.roomFor(to - from));
    let at = from;
    if (!this.#inFields) {
      at = this.#line.read(input, at, to, this.#block);
      if (at >= 0) {
        this.#inFields = true;
        // Among lines that end as they should, LF alone is one in a value (http.md 220).
        this.#rules.bareLineFeed = this.#line.endsInLineFeed;
      }
    }
    if (at >= 0) at = this.#fields.read(input, at, to, this.#block);
    if (at >= 0) return at;
    if (to < input.length) {
      throw new ProtocolError(
        'upstream-response-too-large',
        `Cannot read the answer of the upstream: its head has more than ${this.maxHeadSize} bytes`,
      );
    }
    this.#size += to - from;
    this.#block.park();
    return -1;
  }

  /** Makes the head that was read and prepares for the next one. `isHead`: the request's method was HEAD. Throws ProtocolError. */
  take(isHead: boolean): Http1ResponseHead {
    const { version, status, reason } = this.#line;
    const framing = this.#framing;
    const { keepAliveMs, upgrade, named } = framing;
    const decided = status < 200 ? 0 : framing.decide(version);
    const hasContent = status >= 200 && status !== 204 && status !== 304 && !isHead;
    // What a 204 announces would be taken for the next answer.
    const isWhole = status !== 204 || decided === 0 || decided === 'close';
    const persists = framing.persists(version) && isWhole && !(hasContent && decided === 'close');
    let headers = this.#block.close();
    if (upgrade !== undefined && status !== 101 && status !== 426) headers = headers.without('upgrade');
    if (named) headers = headers.without(...named);
    this.#inFields = false;
    this.#size = 0;
    this.#line.reset();
    this.#fields.reset();
    framing.reset();
    return {
      version,
      status,
      reason,
      headers,
      framing: hasContent ? decided : 0,
      persists,
      keepAliveMs,
      upgrade,
    };
  }
}
