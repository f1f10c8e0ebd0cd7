import { type ErrorCode, ProtocolError } from '../../core/errors.ts';
import { isForwardedName } from '../../http/forwarded-name.ts';
import { matches } from './ascii.ts';
import type { FieldReceiver } from './field-section.ts';
import { isAuthority } from './host.ts';

const registeredCodings: ReadonlySet<string> = new Set(['gzip', 'x-gzip', 'compress', 'x-compress', 'deflate']);
const listSeparator = /[ \t]*,[ \t]*/;
const unknown = -1;
const UNDERSCORE = 95;

/** How a request's body is framed, what its connection is for afterwards, and which rare fields are worth a look. */
export interface Framing {
  /** 0 where there is no body. */
  readonly bodyLength: number | 'chunked';
  readonly keepAlive: boolean;
  readonly expectsContinue: boolean;
  /** Whether there is an Upgrade field, so that only such requests are looked at for a handshake. */
  readonly hasUpgrade: boolean;
  /** Whether there is a field by which a proxy tells of its client ({@link isForwardedName}). */
  readonly hasForwarded: boolean;
}

function hasUnderscore(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] === UNDERSCORE) return true;
  return false;
}

/** Notes the fields that frame a request as they go by, and decides by RFC 9112 §6.3 and §9.3. */
export class RequestFraming implements FieldReceiver {
  readonly #maxBodySize: number;
  readonly #dropsUnderscores: boolean;
  #hasHost = false;
  #contentLength = unknown;
  #transferEncoding: string | undefined;
  #close = false;
  #keepAlive = false;
  #expect: string | undefined;
  #hasUpgrade = false;
  #hasForwarded = false;

  constructor(maxBodySize: number, dropsUnderscores: boolean) {
    this.#maxBodySize = maxBodySize;
    this.#dropsUnderscores = dropsUnderscores;
  }

  reset(): void {
    this.#hasHost = false;
    this.#contentLength = unknown;
    this.#transferEncoding = undefined;
    this.#close = false;
    this.#keepAlive = false;
    this.#expect = undefined;
    this.#hasUpgrade = false;
    this.#hasForwarded = false;
  }

  /** Keeps every field but those with underscores, where they are not wanted. Throws ProtocolError for a value that no version of HTTP/1 allows. */
  field(bytes: Buffer, name: number, nameEnd: number, value: number, valueEnd: number): boolean {
    switch (nameEnd - name) {
      case 4:
        if (matches(bytes, name, 'host')) this.#noteHost(bytes, value, valueEnd);
        break;
      case 6:
        if (matches(bytes, name, 'expect')) this.#noteExpect(bytes.toString('latin1', value, valueEnd));
        break;
      case 7:
        if (matches(bytes, name, 'upgrade')) this.#hasUpgrade = true;
        break;
      case 10:
        if (matches(bytes, name, 'connection')) this.#noteConnection(bytes, value, valueEnd);
        break;
      case 14:
        if (matches(bytes, name, 'content-length')) this.#noteContentLength(bytes, value, valueEnd);
        break;
      case 17:
        if (matches(bytes, name, 'transfer-encoding')) {
          this.#noteTransferEncoding(bytes.toString('latin1', value, valueEnd));
        }
        break;
    }
    if (isForwardedName(bytes, name, nameEnd)) this.#hasForwarded = true;
    return !(this.#dropsUnderscores && hasUnderscore(bytes, name, nameEnd));
  }

  /** Decides once all fields are noted. Throws ProtocolError where they contradict each other or ask for too much. */
  decide(version: '1.0' | '1.1'): Framing {
    const current = version === '1.1';
    if (current && !this.#hasHost) throw refusal('host-header', 'there is no Host');
    const bodyLength = this.#bodyLength(current);
    if (current && this.#expect !== undefined && this.#expect !== '100-continue') {
      throw new ProtocolError('expectation-unknown', 'Cannot meet the expectation: it is not 100-continue');
    }
    return {
      bodyLength,
      keepAlive: !this.#close && (current || this.#keepAlive),
      expectsContinue: current && this.#expect !== undefined && bodyLength !== 0,
      hasUpgrade: this.#hasUpgrade,
      hasForwarded: this.#hasForwarded,
    };
  }

  #bodyLength(current: boolean): number | 'chunked' {
    if (this.#transferEncoding !== undefined) {
      if (this.#contentLength !== unknown) throw refusal('transfer-encoding', 'Content-Length stands beside it');
      if (!current) throw refusal('transfer-encoding', 'HTTP/1.0 has none');
      checkCoding(this.#transferEncoding);
      return 'chunked';
    }
    if (this.#contentLength > this.#maxBodySize) {
      throw new ProtocolError('body-too-large', `Cannot take a body of more than ${this.#maxBodySize} bytes`);
    }
    return Math.max(this.#contentLength, 0);
  }

  #noteHost(bytes: Buffer, value: number, valueEnd: number): void {
    if (this.#hasHost) throw refusal('host-header', 'there is more than one Host');
    if (!isAuthority(bytes, value, valueEnd)) throw refusal('host-header', 'it is not a host with an optional port');
    this.#hasHost = true;
  }

  #noteContentLength(bytes: Buffer, value: number, valueEnd: number): void {
    if (this.#contentLength !== unknown) throw refusal('content-length', 'there is more than one');
    if (value === valueEnd) throw refusal('content-length', 'it is empty');
    let length = 0;
    for (let at = value; at < valueEnd; at++) {
      const digit = (bytes[at] as number) - 48;
      if (digit < 0 || digit > 9) throw refusal('content-length', 'it is not made of digits');
      length = length * 10 + digit;
      if (length > Number.MAX_SAFE_INTEGER) throw refusal('content-length', 'it is larger than 2^53 - 1');
    }
    this.#contentLength = length;
  }

  #noteTransferEncoding(value: string): void {
    if (this.#transferEncoding !== undefined) throw refusal('transfer-encoding', 'there is more than one');
    this.#transferEncoding = value.toLowerCase();
  }

  #noteConnection(bytes: Buffer, value: number, valueEnd: number): void {
    if (valueEnd - value === 10 && matches(bytes, value, 'keep-alive')) {
      this.#keepAlive = true;
      return;
    }
    for (const option of bytes.toString('latin1', value, valueEnd).toLowerCase().split(listSeparator)) {
      if (option === 'close') this.#close = true;
      if (option === 'keep-alive') this.#keepAlive = true;
    }
  }

  #noteExpect(value: string): void {
    // A second one can only be there to confuse, so that both together are no known expectation (http.md 211).
    this.#expect = this.#expect === undefined ? value.toLowerCase() : '';
  }
}

function checkCoding(value: string): void {
  if (value === 'chunked') return;
  const codings = value.split(listSeparator);
  if (codings.pop() === 'chunked' && codings.every((coding) => registeredCodings.has(coding))) {
    throw new ProtocolError('transfer-coding-unknown', 'Cannot decode the body: only the coding chunked is known');
  }
  throw refusal('transfer-encoding', 'it is not chunked alone');
}

function refusal(code: ErrorCode, reason: string): ProtocolError {
  const name = code === 'host-header' ? 'Host' : code === 'content-length' ? 'Content-Length' : 'Transfer-Encoding';
  return new ProtocolError(code, `Cannot use ${name} of the request: ${reason}`);
}
