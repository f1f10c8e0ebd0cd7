// Below this many bytes, our own loop is faster than a call of the decoder.
const decoderThreshold = 128;

const decoder = new TextDecoder('utf-8', { fatal: true });

/** Whether the bytes are UTF-8 (RFC 3629), the last character whole. */
export function isUtf8(bytes: Uint8Array): boolean {
  if (bytes.length < decoderThreshold) {
    if (skipAscii(bytes, 0, bytes.length) === bytes.length) return true;
    const validator = new Utf8Validator();
    return validator.write(bytes, 0, bytes.length) && validator.isComplete;
  }
  try {
    decoder.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** Checks UTF-8 that comes in pieces, and sees a mistake at the first byte that cannot be right. */
export class Utf8Validator {
  #needed = 0;
  #low = 0x80;
  #high = 0xbf;

  /** Whether what was written ends with a whole character. */
  get isComplete(): boolean {
    return this.#needed === 0;
  }

  /** Whether `bytes[start, end)` can follow what was written before. After false the validator is of no more use. */
  write(bytes: Uint8Array, start: number, end: number): boolean {
    let needed = this.#needed;
    let low = this.#low;
    let high = this.#high;
    let at = start;
    while (at < end) {
      if (needed === 0) {
        at = skipAscii(bytes, at, end);
        if (at === end) break;
        const lead = bytes[at++] as number;
        if (lead < 0xc2 || lead > 0xf4) return false;
        needed = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
        // No overlong forms, no surrogates, nothing above U+10FFFF.
        if (lead === 0xe0) low = 0xa0;
        else if (lead === 0xed) high = 0x9f;
        else if (lead === 0xf0) low = 0x90;
        else if (lead === 0xf4) high = 0x8f;
      } else {
        const byte = bytes[at++] as number;
        if (byte < low || byte > high) return false;
        low = 0x80;
        high = 0xbf;
        needed--;
      }
    }
    this.#needed = needed;
    this.#low = low;
    this.#high = high;
    return true;
  }
}

function skipAscii(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  for (const last = end - 3; at < last; at += 4) {
    const four =
      (bytes[at] as number) | (bytes[at + 1] as number) | (bytes[at + 2] as number) | (bytes[at + 3] as number);
    if (four >= 0x80) break;
  }
  while (at < end && (bytes[at] as number) < 0x80) at++;
  return at;
}
