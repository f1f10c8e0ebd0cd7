import { type ErrorCode, ProtocolError } from '../../core/errors.ts';
import { completeField, fieldOverhead, nameAt, TOKEN } from '../../core/headers.ts';
import { nameMark } from '../../core/name-mark.ts';
import { COLON, CR, HTAB, LF, SP } from './ascii.ts';
import type { FieldBlock } from './field-block.ts';

const DEL = 0x7f;

const inName = 0;
const beforeValue = 1;
const inValue = 2;
const atLineFeed = 3;
const atLastLineFeed = 4;

/** Looks at each field as it is read; offsets are those of `bytes`. Answers whether the field is kept. */
export interface FieldReceiver {
  field(bytes: Buffer, name: number, nameEnd: number, value: number, valueEnd: number): boolean;
}

/** What sets a head's fields and a trailer section apart. */
export interface FieldSectionRules {
  readonly errorCode: Extract<ErrorCode, 'header-field' | 'trailer-field'>;
  /** Whether LF alone ends a line (RFC 9112 §2.2 lets a recipient do so). */
  readonly bareLineFeed: boolean;
  readonly maxFieldCount: number;
  readonly maxFieldSize: number;
}

/**
 * Reads field lines up to and with the empty line (RFC 9112 §5) from bytes that come in any pieces, in one pass: names
 * are lower-cased, values trimmed, both checked and written to a FieldBlock as HeaderList keeps them.
 */
export class FieldSection {
  readonly #rules: FieldSectionRules;
  readonly #receiver: FieldReceiver;
  #state = inName;
  // Offsets from the block's start, since the block may move between two pieces.
  #name = nameAt;
  #nameEnd = 0;
  #value = 0;
  #count = 0;

  constructor(rules: FieldSectionRules, receiver: FieldReceiver) {
    this.#rules = rules;
    this.#receiver = receiver;
  }

  /** The most that `read` writes for so many bytes of input: a field has at least three. */
  roomFor(size: number): number {
    return size + fieldOverhead * Math.ceil(Math.min(size / 3, this.#rules.maxFieldCount) + 2);
  }

  /** Prepares for the next section. */
  reset(): void {
    this.#state = inName;
    this.#name = nameAt;
    this.#count = 0;
  }

  /**
   * Gives the offset after the empty line, or -1 where the input ran out. Throws ProtocolError with the rules' code, or
   * `header-too-large` for too many fields.
   */
  read(input: Buffer, from: number, to: number, block: FieldBlock): number {
    const { bytes, start } = block;
    let state = this.#state;
    let name = start + this.#name;
    let nameEnd = start + this.#nameEnd;
    let value = start + this.#value;
    let out = Math.max(block.at, name);
    let at = from;
    while (at < to) {
      if (state === inName) {
        let code = 0;
        for (; at < to; at++) {
          code = input[at] as number;
          const lower = TOKEN[code] as number;
          if (lower === 0) break;
          bytes[out++] = lower;
        }
        if (at === to) break;
        at++;
        if (code === COLON && out !== name) {
          if (++this.#count > this.#rules.maxFieldCount) throw this.#tooMany();
          nameEnd = out;
          value = out + 5;
          out = value;
          state = beforeValue;
        } else if (out !== name) {
          throw this.#refusal('a name is followed by something else than a colon');
        } else if (code === CR) {
          state = atLastLineFeed;
        } else if (code === LF && this.#rules.bareLineFeed) {
          block.at = name - nameAt;
          return at;
        } else {
          throw this.#refusal('a line does not begin with a name');
        }
      }
      if (state === beforeValue) {
        while (at < to && (input[at] === SP || input[at] === HTAB)) at++;
        if (at === to) break;
        state = inValue;
      }
      if (state === inValue) {
        let code = 0;
        for (; at < to; at++) {
          code = input[at] as number;
          // What no value holds (RFC 9110 §5.5); two comparisons cost less than a table.
          if (code < SP ? code !== HTAB : code === DEL) break;
          bytes[out++] = code;
        }
        if (at === to) break;
        at++;
        if (code !== CR && (code !== LF || !this.#rules.bareLineFeed)) {
          throw this.#refusal(`a value holds byte ${code}`);
        }
        if (out - name > this.#rules.maxFieldSize) throw this.#tooLarge();
        while (out > value && (bytes[out - 1] === SP || bytes[out - 1] === HTAB)) out--;
        if (this.#receiver.field(bytes, name, nameEnd, value, out)) {
          block.marks |= nameMark(nameEnd - name, bytes[name] as number);
          name = nameAt + completeField(bytes, name - nameAt, nameEnd - name, out - value);
        }
        out = name;
        state = code === CR ? atLineFeed : inName;
      }
      if (state >= atLineFeed) {
        if (at === to) break;
        if (input[at++] !== LF) throw this.#refusal('a carriage return is not followed by a line feed');
        if (state === atLastLineFeed) {
          block.at = name - nameAt;
          return at;
        }
        state = inName;
      }
    }
    this.#state = state;
    this.#name = name - start;
    this.#nameEnd = nameEnd - start;
    this.#value = value - start;
    block.at = out;
    return -1;
  }

  #refusal(reason: string): ProtocolError {
    return new ProtocolError(this.#rules.errorCode, `Cannot read the fields: ${reason}`);
  }

  #tooLarge(): ProtocolError {
    return new ProtocolError(
      'header-too-large',
      `Cannot read the fields: one has more than ${this.#rules.maxFieldSize} bytes`,
    );
  }

  #tooMany(): ProtocolError {
    return new ProtocolError(
      'header-too-large',
      `Cannot read the fields: there are more than ${this.#rules.maxFieldCount}`,
    );
  }
}
