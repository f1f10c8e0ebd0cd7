/** Where something stands; line and column from 1. */
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
}
