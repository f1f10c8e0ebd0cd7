/** Something that a config says and should not, or that is probably not meant. */
export interface Diagnostic {
  /** An `error` keeps the config from being used. */
  readonly severity: 'error' | 'warning';
  /** What is wrong, with the offending value, without the place. */
  readonly message: string;
  /** Where it stands; undefined where that is not known. Line and column from 1; without them it concerns the whole file. */
  readonly at: DiagnosticPosition | undefined;
  /** What is probably meant, or what to do. */
  readonly hint?: string;
  /** The offending words as they stand at `at`, all on that line; absent where something is missing. */
  readonly words?: string;
  /** The line that nginx names, where it is not that of `at`: it names the one on which a directive ends. */
  readonly nginxLine?: number;
}

export interface DiagnosticPosition {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
  /** The line of the file, as it stands there. */
  readonly text?: string;
}
