/** How one test ended, of Node or of Python, or a check that is none. */
export interface TestResult {
  /** The file and the titles, joined by ` › `. */
  readonly name: string;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  /** Why it was skipped; empty for the others, whose reason is shown when they fail. */
  readonly reason: string;
}
