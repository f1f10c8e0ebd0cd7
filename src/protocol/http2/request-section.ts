import { type ErrorCode, ProtocolError } from '../../core/errors.ts';
import { completeField, fieldOverhead, type HeaderList, nameAt, nameEnd, valueStart } from '../../core/headers.ts';
import type { HttpLimits } from '../../core/limits.ts';
import { markOf } from '../../core/name-mark.ts';
import { FieldBlock } from '../http1/field-block.ts';
import { methodName } from '../http1/request-line.ts';
import { readTarget } from '../http1/target.ts';
import type { HpackField, HpackSink } from './hpack-field.ts';
import { defaultPriority, type Priority } from './priority.ts';
import {
  fieldMask,
  forwardedFlag,
  priorityShift,
  RequestField,
  requestFieldKind,
  underscoreFlag,
} from './request-field.ts';
import type { Http2RequestHead } from './server-sink.ts';

/** Room for a head of a browser: more is asked for where it is needed. */
const firstRoom = 2048;

const hostMark = markOf('host');
const absent = -1;

/** What came of a section: a head, what the client is told instead, or undefined where it is malformed (RFC 9113 §8.1.1). */
export type RequestOutcome = Http2RequestHead | ProtocolError | undefined;

/** Reads the fields of one request after the other (RFC 9113 §8.2, §8.3). */
export class RequestSection implements HpackSink {
  readonly #limits: HttpLimits;
  readonly #block: FieldBlock = new FieldBlock();
  #method = '';
  #hasScheme = false;
  #path = '';
  #protocol: string | undefined;
  #size = 0;
  #count = 0;
  #inFields = false;
  #isMalformed = false;
  #refusal: ProtocolError | undefined;
  /** Where the value of `host` is in the block, from its start, if it was `:authority`; `absent` where there is no host. */
  #host = absent;
  #hostEnd = absent;
  #isHostNamed = false;
  #cookie = absent;
  #contentLength = absent;
  #expects = false;
  #hasForwarded = false;
  #priority: Priority = defaultPriority;

  constructor(limits: HttpLimits) {
    this.#limits = limits;
  }

  /** The method, '' where it is not known. */
  get method(): string {
    return this.#method;
  }

  get priority(): Priority {
    return this.#priority;
  }

  begin(): void {
    this.#method = '';
    this.#hasScheme = false;
    this.#path = '';
    this.#protocol = undefined;
    this.#size = 0;
    this.#count = 0;
    this.#inFields = false;
    this.#isMalformed = false;
    this.#refusal = undefined;
    this.#host = absent;
    this.#isHostNamed = false;
    this.#cookie = absent;
    this.#contentLength = absent;
    this.#expects = false;
    this.#hasForwarded = false;
    this.#priority = defaultPriority;
    this.#block.reserve(firstRoom);
  }

  field(field: HpackField): void {
    this.#size += field.size;
    if (this.#size > this.#limits.maxHeadSize) {
      this.#refuse('header-too-large', `its head has more than ${this.#limits.maxHeadSize} bytes`);
      return;
    }
    let { kind } = field;
    if (kind === 0) kind = field.kind = requestFieldKind(field.bytes, field.start, field.end);
    const what = kind & fieldMask;
    if (what >= RequestField.method) {
      this.#takePseudo(field, what);
      return;
    }
    this.#inFields = true;
    if (what === RequestField.cookie) {
      this.#takeCookie(field);
      return;
    }
    if (++this.#count > this.#limits.maxFieldCount) {
      this.#refuse('header-too-large', `it has more than ${this.#limits.maxFieldCount} fields`);
      return;
    }
    if (what !== RequestField.regular && !this.#note(field, what, kind)) return;
    if ((kind & forwardedFlag) !== 0) this.#hasForwarded = true;
    if ((kind & underscoreFlag) !== 0 && this.#limits.dropsUnderscores) return;
    this.#append(field);
  }

  tooLarge(): void {
    this.#refuse('header-too-large', `a field has more than ${this.#limits.maxFieldSize} bytes`);
  }

  /** What the section was, which ended after so many bytes. `isEnd`: no content follows. */
  take(headSize: number, isEnd: boolean): RequestOutcome {
    const headers = this.#block.close();
    if (this.#isMalformed) return undefined;
    if (this.#refusal) return this.#refusal;
    const method = this.#method;
    if (method === '') return undefined;
    const protocol = this.#protocol;
    if (method === 'CONNECT' ? protocol === undefined : protocol !== undefined) {
      // RFC 9113 §8.5; RFC 8441 §4.
      if (method !== 'CONNECT' || this.#hasScheme || this.#path !== '') return undefined;
      return new ProtocolError('method-not-allowed', 'Cannot answer CONNECT: this is no tunnel');
    }
    if (!this.#hasScheme || this.#path === '') return undefined;
    if (this.#host === absent) return refusal('host-header', 'it has neither :authority nor host');
    const length = this.#contentLength;
    // RFC 9113 §8.1.1
    if (isEnd && length > 0) return undefined;
    if (length > this.#limits.maxBodySize) {
      return new ProtocolError('body-too-large', `Cannot take a body of more than ${this.#limits.maxBodySize} bytes`);
    }
    return this.#head(headers, headSize, isEnd ? 0 : length === absent ? undefined : length);
  }

  #head(headers: HeaderList, headSize: number, bodyLength: number | undefined): RequestOutcome {
    try {
      // An extended CONNECT has the target of any other request.
      const method = this.#method;
      const { target, path, query, normalizedPath } = readTarget(method === 'CONNECT' ? 'GET' : method, this.#path);
      return {
        method,
        target,
        path,
        query,
        normalizedPath,
        version: '2',
        headers,
        hasForwarded: this.#hasForwarded,
        bodyLength,
        expectsContinue: this.#expects && bodyLength !== 0,
        protocol: this.#protocol,
        headSize,
      };
    } catch (error) {
      if (error instanceof ProtocolError) return error;
      throw error;
    }
  }

  #takePseudo(field: HpackField, what: number): void {
    const { bytes, start, end } = field;
    // RFC 9113 §8.3: before all other fields, each once.
    if (this.#inFields || what >= RequestField.invalid) {
      this.#isMalformed = true;
      return;
    }
    const value = valueStart(bytes, start);
    switch (what) {
      case RequestField.method:
        if (this.#method !== '') this.#isMalformed = true;
        this.#method = methodName(bytes, value, end);
        break;
      case RequestField.scheme:
      case RequestField.badScheme:
        if (this.#hasScheme) this.#isMalformed = true;
        this.#hasScheme = true;
        if (what === RequestField.badScheme) this.#refuse('request-target', 'its :scheme is neither http nor https');
        break;
      case RequestField.authority:
      case RequestField.badAuthority:
        if (this.#host !== absent) this.#isMalformed = true;
        this.#appendHost(bytes, value, end);
        if (what === RequestField.badAuthority)
          this.#refuse('host-header', ':authority is not a host with an optional port');
        break;
      case RequestField.path:
      case RequestField.badPath:
        if (this.#path !== '') this.#isMalformed = true;
        this.#takePath(bytes, value, end, what === RequestField.path);
        break;
      default:
        if (this.#protocol !== undefined) this.#isMalformed = true;
        this.#protocol = bytes.toString('latin1', value, end).toLowerCase();
    }
  }

  #takePath(bytes: Buffer, value: number, end: number, isValid: boolean): void {
    const first = bytes[value];
    if (end - value > this.#limits.maxTargetSize) {
      this.#refuse('target-too-long', `its target has more than ${this.#limits.maxTargetSize} bytes`);
    } else if (!isValid || (first !== 47 && first !== 42)) {
      this.#refuse('request-target', 'its :path is none');
    }
    this.#path = end - value === 1 && first === 47 ? '/' : bytes.toString('latin1', value, end);
  }

  /** Notes what a field means. Gives whether it goes into the list. */
  #note(field: HpackField, what: number, kind: number): boolean {
    const { bytes, start, end } = field;
    switch (what) {
      case RequestField.badHost:
        this.#refuse('host-header', 'host is not a host with an optional port');
        return false;
      case RequestField.host: {
        if (this.#isHostNamed) this.#refuse('host-header', 'there is more than one host');
        this.#isHostNamed = true;
        const value = valueStart(bytes, start);
        if (this.#host !== absent) {
          // RFC 9113 §8.3.1; http.md 290.
          if (!this.#isHost(bytes, value, end)) this.#refuse('host-header', ':authority and host differ');
          return false;
        }
        this.#appendHost(bytes, value, end);
        return false;
      }
      case RequestField.contentLength:
        this.#noteContentLength(bytes, valueStart(bytes, start), end);
        return true;
      case RequestField.expectContinue:
      case RequestField.expectUnknown:
        if (this.#expects || what === RequestField.expectUnknown) {
          this.#refusal ??= new ProtocolError(
            'expectation-unknown',
            'Cannot meet the expectation: it is not 100-continue',
          );
        }
        this.#expects = true;
        return true;
      default:
        this.#priority = kind >>> priorityShift;
        return true;
    }
  }

  #noteContentLength(bytes: Buffer, value: number, end: number): void {
    let length = 0;
    for (let at = value; at < end; at++) {
      const digit = (bytes[at] as number) - 48;
      if (digit < 0 || digit > 9) this.#isMalformed = true;
      length = length * 10 + digit;
    }
    if (value === end || length > Number.MAX_SAFE_INTEGER || this.#contentLength !== absent) this.#isMalformed = true;
    this.#contentLength = length;
  }

  /** RFC 9113 §8.2.3: all crumbs are one field, which is moved to the end where others came between. */
  #takeCookie(field: HpackField): void {
    const { bytes, start, end } = field;
    const block = this.#block;
    if (this.#cookie === absent) {
      this.#cookie = block.at - block.start;
      this.#count++;
      this.#append(field);
      return;
    }
    const value = valueStart(bytes, start);
    this.#block.reserve(end - value + 2);
    const out = block.bytes;
    const at = block.start + this.#cookie;
    const own = nameEnd(out, at) + 5;
    const ownEnd = own + out.readUInt32LE(own - 4);
    if (ownEnd !== block.at) {
      const cookie = Buffer.from(out.subarray(at, ownEnd));
      out.copyWithin(at, ownEnd, block.at);
      cookie.copy(out, block.at - cookie.length);
      this.#cookie += block.at - ownEnd;
    }
    out[block.at++] = 59;
    out[block.at++] = 32;
    block.at += bytes.copy(out, block.at, value, end);
    const moved = block.start + this.#cookie;
    const length = block.at - (nameEnd(out, moved) + 5);
    completeField(out, moved, nameEnd(out, moved) - moved - nameAt, length);
    if (length > this.#limits.maxHeadSize) this.#refuse('header-too-large', 'its cookies are too long');
  }

  #append({ bytes, start, end, mark }: HpackField): void {
    const block = this.#block;
    if (block.bytes.length - block.at < end - start) this.#block.reserve(end - start);
    block.at += bytes.copy(block.bytes, block.at, start, end);
    block.marks |= mark;
  }

  #appendHost(bytes: Buffer, value: number, end: number): void {
    const block = this.#block;
    this.#block.reserve(fieldOverhead + 4 + end - value);
    const out = block.bytes;
    const name = block.at + nameAt;
    out[name] = 104;
    out[name + 1] = 111;
    out[name + 2] = 115;
    out[name + 3] = 116;
    let to = name + 9;
    this.#host = to - block.start;
    for (let from = value; from < end; ) out[to++] = bytes[from++] as number;
    this.#hostEnd = to - block.start;
    block.at = completeField(out, block.at, 4, end - value);
    block.marks |= hostMark;
  }

  #isHost(bytes: Buffer, value: number, end: number): boolean {
    const { bytes: own, start } = this.#block;
    if (end - value !== this.#hostEnd - this.#host) return false;
    for (let at = value, other = start + this.#host; at < end; at++, other++) {
      if (lower(bytes[at] as number) !== lower(own[other] as number)) return false;
    }
    return true;
  }

  #refuse(code: ErrorCode, reason: string): void {
    this.#refusal ??= refusal(code, reason);
  }
}

function lower(code: number): number {
  return code >= 65 && code <= 90 ? code + 32 : code;
}

function refusal(code: ErrorCode, reason: string): ProtocolError {
  return new ProtocolError(code, `Cannot take the request: ${reason}`);
}
