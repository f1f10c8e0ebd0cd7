import { PlanError } from '../compile-context.ts';

/** Reads a pattern, latin-1 of its bytes, from left to right. */
export class PatternReader {
  readonly text: string;
  at = 0;

  constructor(text: string) {
    this.text = text;
  }

  get isAtEnd(): boolean {
    return this.at >= this.text.length;
  }

  /** The next character; '' at the end. */
  peek(): string {
    return this.text[this.at] ?? '';
  }

  next(): string {
    if (this.isAtEnd) throw this.error('\\ at end of pattern');
    return this.text[this.at++] ?? '';
  }

  take(text: string): boolean {
    if (!this.text.startsWith(text, this.at)) return false;
    this.at += text.length;
    return true;
  }

  /** `expression` is a sticky one. */
  takeMatch(expression: RegExp): RegExpExecArray | undefined {
    expression.lastIndex = this.at;
    const match = expression.exec(this.text);
    if (match) this.at += match[0].length;
    return match ?? undefined;
  }

  /** In nginx's words, with what PCRE says. */
  error(reason: string): PlanError {
    const rest = this.text.slice(this.at);
    const place = rest === '' ? '' : ` at "${text(rest)}"`;
    return new PlanError(`pcre2_compile() failed: ${reason} in "${text(this.text)}"${place}`);
  }
}

function text(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString();
}

const controls: Readonly<Record<string, number>> = { a: 7, e: 27, f: 12, n: 10, r: 13, t: 9 };

/** The byte that an escape stands for, its backslash read already. */
export function characterEscape(reader: PatternReader, isInClass: boolean): number {
  const hex = reader.takeMatch(/x(?:\{([\da-f]+)\}|([\da-f]{0,2}))/iy);
  if (hex) return byteOf(reader, Number.parseInt(hex[1] ?? (hex[2] || '0'), 16));
  const octal =
    reader.takeMatch(/o\{([0-7]+)\}/y) ??
    reader.takeMatch(isInClass ? /([0-7]{1,3})/y : /(0[0-7]{0,2}|[1-7][0-7]{2})/y);
  if (octal) return byteOf(reader, Number.parseInt(octal[1] ?? '', 8));
  const control = reader.takeMatch(/c([ -~])/y)?.[1];
  if (control) return control.toUpperCase().charCodeAt(0) ^ 64;
  const character = reader.next();
  const code = controls[character];
  if (code !== undefined) return code;
  if (character === 'p' || character === 'P' || character === 'X') {
    throw reader.error('Unicode properties are not supported');
  }
  if (/[A-Za-z0-9]/.test(character)) {
    reader.at--;
    throw reader.error('unrecognized character follows \\');
  }
  return character.charCodeAt(0);
}

function byteOf(reader: PatternReader, code: number): number {
  if (code > 255) throw reader.error('character code point value in \\x{} or \\o{} is too large');
  return code;
}
