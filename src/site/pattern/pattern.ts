/** A regular expression of a config, run in time that grows with the text and not faster. */
export interface Pattern {
  /** Names of its named groups. */
  readonly names: readonly string[];
  /** The match and its groups, by number and by name; undefined where it does not match. `text` is latin-1. */
  match(text: string): PatternMatch | undefined;
  /** Whether it matches; cheaper. */
  test(text: string): boolean;
}

export interface PatternMatch {
  /** 0 is the whole match. */
  readonly groups: readonly (string | undefined)[];
  readonly named: Readonly<Record<string, string | undefined>>;
}
