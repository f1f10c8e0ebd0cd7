import { ProtocolError } from '../../core/errors.ts';
import { matches } from './ascii.ts';
import type { FieldReceiver } from './field-section.ts';

const unknown = -1;
const listSeparator = /[ \t]*,[ \t]*/;

/** How the content of an upstream's answer ends (RFC 9112 §6.3): after so many bytes, by its last chunk, or with the connection. */
export type IncomingFraming = number | 'chunked' | 'close';

/**
 * Fields that frame, route, secure or describe an answer for all of its recipients: they stay although `connection` names them
 * (RFC 9110 §7.6.1 forbids senders to do that; http.md 212).
 */
const endToEnd: ReadonlySet<string> = new Set([
  'age',
  'authorization',
  'cache-control',
  'content-encoding',
  'content-length',
  'content-location',
  'content-range',
  'content-security-policy',
  'content-type',
  'date',
  'etag',
  'expires',
  'host',
  'last-modified',
  'location',
  'pragma',
  'set-cookie',
  'strict-transport-security',
  'vary',
  'www-authenticate',
  'x-content-type-options',
  'x-frame-options',
]);

/** Notes the fields that frame an answer as they go by, and leaves out those of the connection (RFC 9110 §7.6.1). */
export class ResponseFraming implements FieldReceiver {
  #contentLength = unknown;
  #isChunked = false;
  #close = false;
  #keepAlive = false;
  #keepAliveMs: number | undefined;
  #named: string[] | undefined;
  #upgrade: string | undefined;

  reset(): void {
    this.#contentLength = unknown;
    this.#isChunked = false;
    this.#close = false;
    this.#keepAlive = false;
    this.#keepAliveMs = undefined;
    this.#named = undefined;
    this.#upgrade = undefined;
  }

  /** What `connection` names beyond its own options, lower-case: they are left out as well. */
  get named(): readonly string[] | undefined {
    return this.#named;
  }

  /** The value of `upgrade`. */
  get upgrade(): string | undefined {
    return this.#upgrade;
  }

  /** How long the upstream says that it keeps an idle connection, in milliseconds. */
  get keepAliveMs(): number | undefined {
    return this.#keepAliveMs;
  }

  /** Keeps fields that are not of the connection, and `upgrade`. Throws ProtocolError for what frames no answer. */
  field(bytes: Buffer, name: number, nameEnd: number, value: number, valueEnd: number): boolean {
    switch (nameEnd - name) {
      case 2:
        return !matches(bytes, name, 'te');
      case 7:
        if (matches(bytes, name, 'upgrade')) this.#upgrade ??= bytes.toString('latin1', value, valueEnd);
        return true;
      case 10:
        if (matches(bytes, name, 'connection')) {
          this.#noteConnection(bytes, value, valueEnd);
          return false;
        }
        if (matches(bytes, name, 'keep-alive')) {
          this.#noteKeepAlive(bytes, value, valueEnd);
          return false;
        }
        return true;
      case 14:
        if (matches(bytes, name, 'content-length')) this.#noteContentLength(bytes, value, valueEnd);
        return true;
      case 16:
        return !matches(bytes, name, 'proxy-connection');
      case 17:
        if (!matches(bytes, name, 'transfer-encoding')) return true;
        this.#noteTransferEncoding(bytes, value, valueEnd);
        return false;
      default:
        return true;
    }
  }

  /** Decides once all fields of a final answer that may have content are noted. Throws ProtocolError. */
  decide(version: '1.0' | '1.1'): IncomingFraming {
    if (this.#isChunked) {
      if (this.#contentLength !== unknown) throw refusal('content-length stands beside transfer-encoding');
      if (version === '1.0') throw refusal('HTTP/1.0 has no transfer-encoding');
      return 'chunked';
    }
    return this.#contentLength === unknown ? 'close' : this.#contentLength;
  }

  /** Whether the connection goes on after an answer that does not end with it (RFC 9112 §9.3). */
  persists(version: '1.0' | '1.1'): boolean {
    return !this.#close && (version === '1.1' || this.#keepAlive);
  }

  #noteContentLength(bytes: Buffer, value: number, valueEnd: number): void {
    if (this.#contentLength !== unknown) throw refusal('there is more than one content-length');
    if (value === valueEnd) throw refusal('its content-length is empty');
    let length = 0;
    for (let at = value; at < valueEnd; at++) {
      const digit = (bytes[at] as number) - 48;
      if (digit < 0 || digit > 9) throw refusal('its content-length is not made of digits');
      length = length * 10 + digit;
      if (length > Number.MAX_SAFE_INTEGER) throw refusal('its content-length is larger than 2^53 - 1');
    }
    this.#contentLength = length;
  }

  #noteTransferEncoding(bytes: Buffer, value: number, valueEnd: number): void {
    if (this.#isChunked) throw refusal('there is more than one transfer-encoding');
    if (bytes.toString('latin1', value, valueEnd).toLowerCase() !== 'chunked') {
      throw refusal('its transfer-encoding is not chunked alone');
    }
    this.#isChunked = true;
  }

  #noteConnection(bytes: Buffer, value: number, valueEnd: number): void {
    if (valueEnd - value === 10 && matches(bytes, value, 'keep-alive')) {
      this.#keepAlive = true;
      return;
    }
    for (const option of bytes.toString('latin1', value, valueEnd).toLowerCase().split(listSeparator)) {
      if (option === 'close') this.#close = true;
      else if (option === 'keep-alive') this.#keepAlive = true;
      else if (option !== '' && option !== 'upgrade' && !endToEnd.has(option)) {
        this.#named ??= [];
        this.#named.push(option);
      }
    }
  }

  #noteKeepAlive(bytes: Buffer, value: number, valueEnd: number): void {
    const key = 'timeout=';
    if (valueEnd - value <= key.length || !matches(bytes, value, key)) return;
    let seconds = 0;
    for (let at = value + key.length; at < valueEnd; at++) {
      const digit = (bytes[at] as number) - 48;
      if (digit < 0 || digit > 9) break;
      seconds = seconds * 10 + digit;
    }
    this.#keepAliveMs = seconds * 1000;
  }
}

function refusal(reason: string): ProtocolError {
  return new ProtocolError('upstream-response-invalid', `Cannot read the answer of the upstream: ${reason}`);
}
