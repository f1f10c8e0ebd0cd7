import type { CacheResult, CacheTest } from './cache-suite.ts';

/** What one test shows. `unknown`: it could not be set up, or one that it depends on has failed. */
export type CacheVerdict = 'passed' | 'failed' | 'unknown';

const kinds = ['required', 'optimal', 'check'] as const;

/** Required tests that do not pass, and why that is meant. */
export type Exceptions = Readonly<Record<string, string>>;

export interface CacheSummary {
  /** The required tests that did not pass, with what happened, then the counts. */
  readonly lines: readonly string[];
  /** Whether all required tests have passed but for the exceptions, all of which are needed. */
  readonly passed: boolean;
}

/** Sums up the results of a run of these tests. */
export function summarizeCache(
  tests: readonly CacheTest[],
  results: Readonly<Record<string, CacheResult>>,
  exceptions: Exceptions,
): CacheSummary {
  const lines: string[] = [];
  const byId = new Map(tests.map((test) => [test.id, test]));
  let isPassed = tests.length > 0;
  for (const test of tests.filter(({ kind = 'required' }) => kind === 'required')) {
    const verdict = verdictOf(test, byId, results);
    const reason = exceptions[test.id];
    if (verdict === 'passed') {
      if (reason === undefined) continue;
      lines.push(`${test.id}: passes, though it is an exception`);
      isPassed = false;
      continue;
    }
    const result = results[test.id];
    const [kind, why] = result === undefined || result === true ? ['', 'what it depends on did not pass'] : result;
    if (reason === undefined) isPassed = false;
    lines.push(
      `${test.id}: ${verdict}, ${kind} ${why}${reason === undefined ? '' : `\n    as it is meant: ${reason}`}`,
    );
  }
  const counts = kinds.map((kind) => {
    const of = tests.filter((test) => (test.kind ?? 'required') === kind);
    const passed = of.filter((test) => verdictOf(test, byId, results) === 'passed');
    return kind === 'check'
      ? `check: ${passed.length} yes of ${of.length}`
      : `${kind}: ${passed.length} of ${of.length} passed`;
  });
  return { lines: [...lines, ...counts], passed: isPassed };
}

function verdictOf(
  test: CacheTest,
  byId: ReadonlyMap<string, CacheTest>,
  results: Readonly<Record<string, CacheResult>>,
): CacheVerdict {
  const result = results[test.id];
  for (const id of test.depends_on ?? []) {
    const other = byId.get(id);
    if (other && results[id] !== undefined && verdictOf(other, byId, results) !== 'passed') return 'unknown';
  }
  if (result === true) return 'passed';
  return result === undefined || result[0] === 'Setup' ? 'unknown' : 'failed';
}
