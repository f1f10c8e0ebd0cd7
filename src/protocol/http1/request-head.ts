import { ProtocolError } from '../../core/errors.ts';
import type { RequestHead } from '../../core/exchange.ts';
import { HeaderList } from '../../core/headers.ts';
import type { HttpLimits } from '../../core/limits.ts';
import { CR, LF } from './ascii.ts';
import { FieldBlock } from './field-block.ts';
import { FieldSection } from './field-section.ts';
import { type Framing, RequestFraming } from './framing.ts';
import { RequestLine } from './request-line.ts';
import { readTarget } from './target.ts';

/** A request head with what its framing fields mean. */
export interface Http1RequestHead extends RequestHead, Framing {
  readonly version: '1.0' | '1.1';
  readonly hasForwarded: boolean;
  /** Bytes as received. */
  readonly headSize: number;
}

const maxEmptyLines = 4; // RFC 9112 §2.2 asks for at least one
const inEmptyLines = 0;
const inRequestLine = 1;
const inFields = 2;

/** Reads request heads (RFC 9112 §2 to §6) from bytes that come in any pieces, one after the other. */
export class RequestHeadReader {
  readonly #maxHeadSize: number;
  readonly #line: RequestLine;
  readonly #fields: FieldSection;
  readonly #framing: RequestFraming;
  readonly #block: FieldBlock = new FieldBlock();
  #state = inEmptyLines;
  #emptyLines = 0;
  #afterCarriageReturn = false;
  #size = 0;

  constructor(limits: HttpLimits) {
    this.#maxHeadSize = limits.maxHeadSize;
    this.#line = new RequestLine(limits.maxTargetSize);
    this.#framing = new RequestFraming(limits.maxBodySize, limits.dropsUnderscores);
    this.#fields = new FieldSection(
      {
        errorCode: 'header-field',
        bareLineFeed: true,
        maxFieldCount: limits.maxFieldCount,
        maxFieldSize: limits.maxFieldSize,
      },
      this.#framing,
    );
  }

  /** Bytes of a head that has begun; 0 between heads and in the empty lines before one. */
  get size(): number {
    return this.#size;
  }

  /** Gives the offset after the head, which `take` then makes, or -1 where the input ran out. Throws ProtocolError. */
  read(input: Buffer, from: number): number {
    let at = from;
    if (this.#state === inEmptyLines) {
      at = this.#skipEmptyLines(input, from);
      if (at < 0) return -1;
      this.#state = inRequestLine;
    }
    const begin = at;
    const to = Math.min(input.length, begin + this.#maxHeadSize - this.#size);
    this.#block.reserve(this.#fields.roomFor(to - begin));
    if (this.#state === inRequestLine) {
      at = this.#line.read(input, at, to, this.#block);
      if (at >= 0) this.#state = inFields;
    }
    if (at >= 0) at = this.#fields.read(input, at, to, this.#block);
    if (at >= 0) {
      this.#size += at - begin;
      return at;
    }
    if (to < input.length) {
      throw new ProtocolError(
        'header-too-large',
        `Cannot read the request: its head has more than ${this.#maxHeadSize} bytes`,
      );
    }
    this.#size += to - begin;
    this.#block.park();
    return -1;
  }

  /** Makes the head that was read and prepares for the next one. Throws ProtocolError. */
  take(): Http1RequestHead {
    const { method, version, target: received } = this.#line;
    const { target, path, query, normalizedPath, authority } = readTarget(method, received);
    const { bodyLength, keepAlive, expectsContinue, hasUpgrade, hasForwarded } = this.#framing.decide(version);
    const list = this.#block.close();
    const headers = authority === undefined ? list : withHost(list, authority);
    const headSize = this.#size;
    this.#state = inEmptyLines;
    this.#emptyLines = 0;
    this.#size = 0;
    this.#fields.reset();
    this.#framing.reset();
    return {
      method,
      target,
      path,
      query,
      normalizedPath,
      version,
      headers,
      bodyLength,
      keepAlive,
      expectsContinue,
      hasUpgrade,
      hasForwarded,
      headSize,
      ...(received === target ? undefined : { line: `${method} ${received} HTTP/${version}` }),
    };
  }

  #skipEmptyLines(input: Buffer, from: number): number {
    for (let at = from; at < input.length; at++) {
      const code = input[at];
      if (code === LF) {
        this.#afterCarriageReturn = false;
        if (++this.#emptyLines > maxEmptyLines) {
          throw new ProtocolError(
            'request-line',
            'Cannot read the request line: there are too many empty lines before it',
          );
        }
      } else if (this.#afterCarriageReturn) {
        throw new ProtocolError('request-line', 'Cannot read the request line: a carriage return stands before it');
      } else if (code === CR) {
        this.#afterCarriageReturn = true;
      } else {
        return at;
      }
    }
    return -1;
  }
}

/** RFC 9112 §3.2.2: what Host says is ignored where the target names the authority. */
function withHost(headers: HeaderList, authority: string): HeaderList {
  const host = headers.get('host');
  if (host === authority) return headers;
  if (host === undefined) return headers.with('host', authority);
  return HeaderList.of([...headers].map(([name, value]) => [name, name === 'host' ? authority : value] as const));
}
