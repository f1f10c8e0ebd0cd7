/** What the suite says of one case, as in the index of its report. */
export interface CaseResult {
  /** Of the messages: `OK`, `NON-STRICT`, `INFORMATIONAL`, `UNIMPLEMENTED` or `FAILED`. */
  readonly behavior: string;
  /** Of the close: `OK`, `INFORMATIONAL`, `WRONG CODE`, `UNCLEAN`, `FAILED BY CLIENT` or `FAILED`. */
  readonly behaviorClose: string;
  /** The file with all of it, beside the index. */
  readonly reportfile: string;
}

/** The suite's cases, by the first number of theirs. */
export const categories: Readonly<Record<string, string>> = {
  1: 'framing',
  2: 'pings and pongs',
  3: 'reserved bits',
  4: 'reserved opcodes',
  5: 'fragments',
  6: 'UTF-8',
  7: 'closing',
  9: 'large messages, many messages',
  10: 'automatic fragments',
  12: 'compression of several kinds of data',
  13: 'compression with several parameters',
};

/** NON-STRICT is correct, with an answer in another order than the suite likes best; INFORMATIONAL is what RFC 6455 leaves open. */
const passing: ReadonlySet<string> = new Set(['OK', 'NON-STRICT', 'INFORMATIONAL']);

export interface Summary {
  /** A line for each case that is not wholly OK, then the counts. */
  readonly lines: readonly string[];
  /** Whether all cases that were to run have run and passed. */
  readonly passed: boolean;
}

/** Sums up the results, by the number of the case, of a run that was to have `planned` cases. */
export function summarize(results: Readonly<Record<string, CaseResult>>, planned: number): Summary {
  const cases = Object.entries(results).sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }));
  const notOk = cases.filter(([, { behavior, behaviorClose }]) => behavior !== 'OK' || behaviorClose !== 'OK');
  const failed = cases.filter(([, result]) => !passes(result)).length;
  const missing = planned - cases.length;
  const counts = Map.groupBy(cases, ([, { behavior }]) => behavior);
  const parts = [...counts].map(([behavior, of]) => `${of.length} ${behavior}`).join(', ');
  const lines = notOk.map(([id, { behavior, behaviorClose, reportfile }]) => {
    return `${id.padEnd(8)} ${behavior.padEnd(14)} close ${behaviorClose.padEnd(14)} ${reportfile}`;
  });
  if (missing > 0) lines.push(`${missing} of ${planned} cases did not run`);
  lines.push(`${cases.length - failed} passed, ${failed} failed (${parts || 'no case ran'})`);
  return { lines, passed: failed === 0 && missing === 0 && planned > 0 };
}

function passes({ behavior, behaviorClose }: CaseResult): boolean {
  return passing.has(behavior) && passing.has(behaviorClose);
}
