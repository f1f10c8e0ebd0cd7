import { commandLine, type Details, diagnosticAt, type Report, type Source } from './source.ts';
import type { Argument, Position } from './tree.ts';

/** What ends with `;`, `{`, `}` or the file. */
export type Statement = DirectiveStatement | EndStatement;

export interface DirectiveStatement {
  readonly kind: 'directive';
  readonly source: Source;
  /** The first is the directive's name; empty before a `{` that nothing precedes, which has been reported. */
  readonly words: readonly Argument[];
  readonly opensBlock: boolean;
  /** The line of its `;` or `{`. */
  readonly endLine: number;
}

/** A `}`, or the end of the source. */
export interface EndStatement {
  readonly kind: 'block-end' | 'end';
  readonly at: Position;
  /** It stands where neither may, in the middle of a directive, and that has been reported. */
  readonly isReported: boolean;
}

/**
 * Reads nginx's grammar character by character as nginx does (ngx_conf_read_token), so that all its oddities are the same: a quote
 * is one only at the start of a word, a comment begins only there, `{` after `$` is part of a word, a word ends with its closing
 * quote. Unlike nginx it goes on after an error, and a word may be longer than 4096 bytes.
 */
export class Lexer {
  readonly #source: Source;
  readonly #report: Report;
  #offset = 0;
  #line = 1;
  #lineStart = 0;
  #isStopped = false;
  #words: Argument[] = [];

  constructor(source: Source, report: Report) {
    this.#source = source;
    this.#report = report;
  }

  /** What follows is not read, for a reason that has been reported. */
  stop(): void {
    this.#offset = this.#source.text.length;
    this.#isStopped = true;
  }

  next(): Statement {
    this.#words = [];
    for (;;) {
      const char = this.#skipBlanks();
      if (char === undefined) return this.#end();
      const at = this.#position();
      if (char === '}') {
        this.#offset++;
        const isReported = this.#words.length > 0;
        if (isReported) this.#unexpected('}', at, this.#missingSemicolon());
        return { kind: 'block-end', at, isReported };
      }
      if (char === ';' || char === '{') {
        this.#offset++;
        const isEmpty = this.#words.length === 0;
        if (isEmpty) this.#unexpected(char, at);
        if (!isEmpty || char === '{') return this.#directive(char);
        continue;
      }
      const end = char === '"' || char === "'" ? this.#readQuoted(char, at) : this.#readWord(at);
      if (end === 'file') return this.#unfinished(char === '"' || char === "'" ? at : undefined);
      if (end === ';' || end === '{') return this.#directive(end);
    }
  }

  /** Up to the next word or punctuation, which is not taken. */
  #skipBlanks(): string | undefined {
    const { text } = this.#source;
    for (let inComment = false; this.#offset < text.length; this.#offset++) {
      const char = text.charAt(this.#offset);
      if (char === '\n') {
        this.#newLine();
        inComment = false;
      } else if (char === '#') inComment = true;
      else if (!inComment && !isBlank(char)) return char;
    }
    return undefined;
  }

  /** A word without quotes: up to and with what ends it. */
  #readWord(at: Position): ' ' | ';' | '{' | 'file' {
    const { text } = this.#source;
    const start = this.#offset;
    for (let afterDollar = false; this.#offset < text.length; this.#offset++) {
      const char = text.charAt(this.#offset);
      if (char === '{' && afterDollar) continue;
      afterDollar = char === '$';
      if (char === '\\') this.#skipEscaped();
      else if (char === ';' || char === '{' || isBlank(char) || char === '\n') {
        this.#addWord(text.slice(start, this.#offset), false, at);
        // A line's end is left for #skipBlanks to count.
        if (char === ';' || char === '{') this.#offset++;
        return char === ';' || char === '{' ? char : ' ';
      }
    }
    return 'file';
  }

  /** Up to and with the closing quote, and what directly follows it. */
  #readQuoted(quote: string, at: Position): ' ' | ';' | '{' | 'file' {
    const { text } = this.#source;
    const start = ++this.#offset;
    for (; this.#offset < text.length && text.charAt(this.#offset) !== quote; this.#offset++) {
      const char = text.charAt(this.#offset);
      if (char === '\n') this.#newLine();
      else if (char === '\\') this.#skipEscaped();
    }
    if (this.#offset >= text.length) return 'file';
    this.#addWord(text.slice(start, this.#offset), true, at);
    const next = text.charAt(++this.#offset);
    if (next === ';' || next === '{') {
      this.#offset++;
      return next;
    }
    // nginx lets `)` follow, for `if ($a = "b")`; what is wrong with `}` is seen when it is read.
    if (!'})\n'.includes(next) && !isBlank(next)) {
      this.#unexpected(next, this.#position(), 'a word ends with its closing quote; put a space after it');
    }
    return ' ';
  }

  /** Moves to the character that a backslash escapes. */
  #skipEscaped(): void {
    this.#offset++;
    if (this.#source.text.charAt(this.#offset) === '\n') this.#newLine();
  }

  #addWord(written: string, isQuoted: boolean, at: Position): void {
    const text = unescaped(written);
    if (text.includes('\ufffd')) {
      this.#error(`"${text}" is not UTF-8`, at, { words: written, hint: 'save the file as UTF-8' });
    }
    this.#words.push({ text, isQuoted, at });
  }

  #directive(end: ';' | '{'): DirectiveStatement {
    const isBlock = end === '{';
    return { kind: 'directive', source: this.#source, words: this.#words, opensBlock: isBlock, endLine: this.#line };
  }

  #end(): EndStatement {
    return this.#words.length > 0
      ? this.#unfinished(undefined)
      : { kind: 'end', at: this.#position(), isReported: this.#isStopped };
  }

  #unfinished(quote: Position | undefined): EndStatement {
    const at = this.#position();
    const expected =
      this.#source.file === commandLine
        ? 'unexpected end of parameter, expecting ";"'
        : 'unexpected end of file, expecting ";" or "}"';
    const hint =
      quote === undefined
        ? this.#missingSemicolon()
        : `the quote of line ${quote.line}, column ${quote.column} is not closed`;
    this.#error(expected, at, hint === undefined ? {} : { hint });
    this.stop();
    return { kind: 'end', at, isReported: true };
  }

  #missingSemicolon(): string | undefined {
    const last = this.#words.at(-1);
    return last && `a ";" is missing after "${last.text}" of line ${last.at.line}`;
  }

  #unexpected(char: string, at: Position, hint?: string): void {
    this.#error(`unexpected "${char}"`, at, { words: char, ...(hint !== undefined && { hint }) });
  }

  #error(message: string, at: Position, details: Details): void {
    this.#report(diagnosticAt(this.#source, at, message, { ...details, nginxLine: this.#line }));
  }

  #newLine(): void {
    this.#line++;
    this.#lineStart = this.#offset + 1;
  }

  #position(): Position {
    return { file: this.#source.file, line: this.#line, column: this.#offset - this.#lineStart + 1 };
  }
}

function isBlank(char: string): boolean {
  return char === ' ' || char === '\t' || char === '\r';
}

const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  "'": "'",
  '\\': '\\',
  t: '\t',
  r: '\r',
  n: '\n',
};

/** Other escapes than these stay as they are, with the backslash, which suits regular expressions. */
function unescaped(written: string): string {
  return written.includes('\\')
    ? written.replace(/\\(["'\\trn])/g, (_, char: string) => escapes[char] ?? char)
    : written;
}
