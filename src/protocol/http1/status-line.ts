import { ProtocolError } from '../../core/errors.ts';
import { VALUE } from '../../core/headers.ts';
import { reasonPhrase } from '../../http/status.ts';
import { CR, LF, matches, SP } from './ascii.ts';
import type { FieldBlock } from './field-block.ts';

const prefix = 'HTTP/1.';
/** `HTTP/1.1 200` */
const statusEnd = prefix.length + 5;

const inStatus = 0;
const afterStatus = 1;
const inReason = 2;
const atLineFeed = 3;

/** Reads `version SP status SP reason` and the end of the line (RFC 9112 §4) from bytes that come in any pieces. */
export class StatusLine {
  version: '1.0' | '1.1' = '1.1';
  /** 100 to 599. */
  status = 0;
  /** '' where there is none. */
  reason = '';
  /** Whether LF alone ended it. */
  endsInLineFeed = false;
  #state = inStatus;
  #count = 0;

  /** Prepares for the next line. */
  reset(): void {
    this.#state = inStatus;
    this.#count = 0;
    this.status = 0;
  }

  /**
   * Gives the offset after the line, or -1 where the input ran out. Moves the block's start behind what it wrote there.
   * Throws ProtocolError `upstream-response-invalid`.
   */
  read(input: Buffer, from: number, to: number, block: FieldBlock): number {
    let at = from;
    while (this.#state === inStatus) {
      if (at === to) return -1;
      this.#takeByte(input[at++] as number);
    }
    if (this.#state === afterStatus) {
      if (at === to) return -1;
      // Some servers leave out the space too where there is no reason.
      const code = input[at] as number;
      if (code === SP) at++;
      else if (code !== CR && code !== LF) throw refusal('its status is not a number of three digits');
      this.#state = inReason;
    }
    if (this.#state === inReason) {
      const { bytes } = block;
      let out = block.at;
      let code = 0;
      for (; at < to; at++) {
        code = input[at] as number;
        if (VALUE[code] === 0) break;
        bytes[out++] = code;
      }
      block.at = out;
      if (at === to) return -1;
      at++;
      if (code !== CR && code !== LF) throw refusal(`its reason phrase holds byte ${code}`);
      this.reason = reasonText(bytes, block.start, out, this.status);
      block.start = out;
      this.endsInLineFeed = code === LF;
      if (code === LF) return at;
      this.#state = atLineFeed;
    }
    if (at === to) return -1;
    if (input[at] !== LF) throw refusal('a carriage return is not followed by a line feed');
    return at + 1;
  }

  #takeByte(code: number): void {
    const index = this.#count++;
    const digit = code - 48;
    if (index < prefix.length) {
      if (code !== prefix.charCodeAt(index)) throw refusal('it does not begin with HTTP/1.');
    } else if (index === prefix.length) {
      if (digit !== 0 && digit !== 1) throw refusal('its version is neither HTTP/1.0 nor HTTP/1.1');
      this.version = digit === 0 ? '1.0' : '1.1';
    } else if (index === prefix.length + 1) {
      if (code !== SP) throw refusal('the version is not followed by a space');
    } else if (index < statusEnd) {
      if (digit < 0 || digit > 9) throw refusal('its status is not a number of three digits');
      this.status = this.status * 10 + digit;
      if (index === statusEnd - 1) this.#endStatus();
    }
  }

  #endStatus(): void {
    const { status } = this;
    if (status < 100 || status > 599) throw refusal(`${status} is no status`);
    this.#state = afterStatus;
  }
}

function reasonText(bytes: Buffer, start: number, end: number, status: number): string {
  const usual = reasonPhrase(status);
  if (end - start === usual.length && matches(bytes, start, usual)) return usual;
  return bytes.toString('latin1', start, end);
}

function refusal(reason: string): ProtocolError {
  return new ProtocolError('upstream-response-invalid', `Cannot read the status line of the upstream: ${reason}`);
}
