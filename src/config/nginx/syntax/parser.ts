import { type DirectiveStatement, type EndStatement, Lexer } from './lexer.ts';
import { commandLine, diagnosticAt, type Report, type Source } from './source.ts';
import type { Directive } from './tree.ts';

/** Blocks within blocks; nginx ends when its stack does. */
const mostOpenBlocks = 100;

/**
 * Says what a directive becomes: itself, what it includes, nothing. `readBlock` reads the directive's block in the scope that it is
 * given; it is called exactly once where the directive opens one.
 */
export type DirectiveHandler<Scope> = (
  statement: DirectiveStatement,
  scope: Scope,
  readBlock: (scope: Scope) => readonly Directive[],
) => readonly Directive[];

/** Reads a whole source. As in nginx a directive is handled before what follows it is read, and so are errors reported in that order. */
export function parseSource<Scope>(
  source: Source,
  scope: Scope,
  handle: DirectiveHandler<Scope>,
  report: Report,
): readonly Directive[] {
  return new Parser(source, handle, report).read(scope);
}

class Parser<Scope> {
  readonly #source: Source;
  readonly #handle: DirectiveHandler<Scope>;
  readonly #report: Report;
  readonly #lexer: Lexer;
  readonly #open: DirectiveStatement[] = [];

  constructor(source: Source, handle: DirectiveHandler<Scope>, report: Report) {
    this.#source = source;
    this.#handle = handle;
    this.#report = report;
    this.#lexer = new Lexer(source, report);
  }

  /** Up to the end of the block that was opened last, or of the source. */
  read(scope: Scope): readonly Directive[] {
    const directives: Directive[] = [];
    for (;;) {
      const statement = this.#lexer.next();
      if (statement.kind !== 'directive') {
        if (!statement.isReported) this.#checkEnd(statement);
        if (statement.kind === 'end' || this.#open.length > 0) return directives;
        continue;
      }
      if (statement.opensBlock && this.#isRefused(statement)) continue;
      directives.push(...this.#handle(statement, scope, (inner) => this.#readBlock(statement, inner)));
    }
  }

  #readBlock(opener: DirectiveStatement, scope: Scope): readonly Directive[] {
    this.#open.push(opener);
    const block = this.read(scope);
    this.#open.pop();
    return block;
  }

  /** Whether no block may be opened; nothing is read after one that is. */
  #isRefused(statement: DirectiveStatement): boolean {
    const isParameter = this.#source.file === commandLine;
    if (!isParameter && this.#open.length < mostOpenBlocks) return false;
    const message = isParameter ? 'block directives are not supported in -g option' : 'too many blocks within blocks';
    const at = statement.words[0]?.at;
    if (at) this.#report(diagnosticAt(this.#source, at, message, { nginxLine: statement.endLine }));
    this.#lexer.stop();
    return true;
  }

  #checkEnd({ kind, at }: EndStatement): void {
    const opener = this.#open.at(-1);
    if (kind === 'block-end' && !opener) {
      this.#report(diagnosticAt(this.#source, at, 'unexpected "}"', { words: '}', hint: 'no block is open here' }));
    }
    if (kind === 'end' && opener) {
      const { text = '', at: openedAt } = opener.words[0] ?? {};
      const hint = `the block "${text}" of line ${openedAt?.line} is not closed`;
      this.#report(diagnosticAt(this.#source, at, 'unexpected end of file, expecting "}"', { hint }));
      this.#lexer.stop();
    }
  }
}
