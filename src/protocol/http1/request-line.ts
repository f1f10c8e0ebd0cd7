import { ProtocolError } from '../../core/errors.ts';
import { TOKEN } from '../../core/headers.ts';
import { CR, LF, matches, SP } from './ascii.ts';
import type { FieldBlock } from './field-block.ts';

const inMethod = 0;
const inTarget = 1;
const inVersion = 2;
const atLineFeed = 3;

const methods = ['GET', 'POST', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'CONNECT', 'TRACE'] as const;
const versionPrefix = 'HTTP/';
const versionLength = 8;

/** 1 for every byte that may stand in a request target: visible ASCII but `#` (RFC 9112 §3.2 has no fragment). */
export const TARGET: Uint8Array = new Uint8Array(256).fill(1, 0x21, 0x7f);
TARGET[0x23] = 0;

/** Reads `method SP target SP version` and the end of the line (RFC 9112 §3) from bytes that come in any pieces. */
export class RequestLine {
  method = '';
  /** As received: visible ASCII without `#`. */
  target = '';
  version: '1.0' | '1.1' = '1.1';
  readonly #maxTargetSize: number;
  #state = inMethod;
  #versionAt = 0;

  constructor(maxTargetSize: number) {
    this.#maxTargetSize = maxTargetSize;
  }

  /**
   * Gives the offset after the line, or -1 where the input ran out. Moves the block's start behind what it wrote there.
   * Throws ProtocolError `request-line`, `request-target`, `target-too-long` or `http-version`.
   */
  read(input: Buffer, from: number, to: number, block: FieldBlock): number {
    let at = from;
    if (this.#state === inMethod) {
      at = this.#readMethod(input, at, to, block);
      if (at < 0) return -1;
    }
    if (this.#state === inTarget) {
      at = this.#readTarget(input, at, to, block);
      if (at < 0) return -1;
    }
    return this.#readVersion(input, at, to);
  }

  #readMethod(input: Buffer, from: number, to: number, block: FieldBlock): number {
    const bytes = block.bytes;
    let out = block.at;
    let at = from;
    for (; at < to; at++) {
      const code = input[at] as number;
      if (TOKEN[code] === 0) break;
      bytes[out++] = code;
    }
    block.at = out;
    if (at === to) return -1;
    if (out === block.start || input[at] !== SP) throw refusal('it does not begin with a method and one space');
    this.method = methodName(bytes, block.start, out);
    block.start = out;
    this.#state = inTarget;
    return at + 1;
  }

  #readTarget(input: Buffer, from: number, to: number, block: FieldBlock): number {
    const bytes = block.bytes;
    let out = block.at;
    let at = from;
    const stop = Math.min(to, at + this.#maxTargetSize - (out - block.start));
    for (; at < stop; at++) {
      const code = input[at] as number;
      if (TARGET[code] === 0) break;
      bytes[out++] = code;
    }
    block.at = out;
    if (at === to) return -1;
    const code = input[at] as number;
    if (TARGET[code] === 1) {
      throw new ProtocolError(
        'target-too-long',
        `Cannot read the request: its target has more than ${this.#maxTargetSize} bytes`,
      );
    }
    if (code === CR || code === LF) throw refusal('it has no HTTP version');
    if (code !== SP) {
      throw new ProtocolError('request-target', `Cannot read the request target: it holds byte ${code}`);
    }
    if (out === block.start) throw refusal('there is more than one space after the method');
    this.target = bytes.toString('latin1', block.start, out);
    block.start = out;
    this.#state = inVersion;
    this.#versionAt = 0;
    return at + 1;
  }

  #readVersion(input: Buffer, from: number, to: number): number {
    let at = from;
    while (this.#versionAt < versionLength) {
      if (at === to) return -1;
      this.#takeVersionByte(input[at++] as number);
    }
    if (at === to) return -1;
    let code = input[at++] as number;
    if (this.#state === inVersion && code === CR) {
      this.#state = atLineFeed;
      if (at === to) return -1;
      code = input[at++] as number;
    }
    if (code !== LF) throw refusal('what follows the HTTP version is not the end of the line');
    this.#state = inMethod;
    return at;
  }

  #takeVersionByte(code: number): void {
    const index = this.#versionAt++;
    const digit = code - 48;
    const isDigit = digit >= 0 && digit <= 9;
    if (index < versionPrefix.length) {
      if (code !== versionPrefix.charCodeAt(index)) throw refusal('it does not end with a space and an HTTP version');
    } else if (index === 6) {
      if (code !== 46) throw refusal('its HTTP version is not two digits and a dot');
    } else if (!isDigit) {
      throw refusal('its HTTP version is not two digits and a dot');
    } else if (index === 5) {
      if (digit !== 1) throw new ProtocolError('http-version', `Cannot speak HTTP/${digit}.x here: it is not HTTP/1`);
    } else {
      this.version = digit === 0 ? '1.0' : '1.1';
    }
  }
}

/** The method that stands there: a string that exists where it is a common one. */
export function methodName(bytes: Buffer, start: number, end: number): string {
  for (const method of methods) {
    if (method.length === end - start && matches(bytes, start, method)) return method;
  }
  return bytes.toString('latin1', start, end);
}

function refusal(reason: string): ProtocolError {
  return new ProtocolError('request-line', `Cannot read the request line: ${reason}`);
}
