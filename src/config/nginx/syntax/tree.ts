/** Where something stands; line and column from 1, columns in UTF-16 units. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** One word of a directive, without its quotes and escapes; `$variables` are left as they are. */
export interface Argument {
  readonly text: string;
  readonly isQuoted: boolean;
  readonly at: Position;
}

/** One directive of nginx.conf; what was included stands in place of its `include`. */
export interface Directive {
  readonly name: string;
  readonly args: readonly Argument[];
  /** Undefined where it ends with `;`. */
  readonly block: readonly Directive[] | undefined;
  readonly at: Position;
  /** The line of its `;` or `{`, which nginx names in errors. */
  readonly endLine: number;
  /**
   * With `lenient`: that directives of its block which Galley does not have were dropped, and so what answers here may be missing.
   */
  readonly dropped?: readonly DroppedDirective[];
}

/** A directive that was left out since Galley does not have it. */
export interface DroppedDirective {
  readonly name: string;
  readonly at: Position;
  /** Whether it would have answered: where no other directive does, the answer is 501, and not a file. */
  readonly isContent: boolean;
}
