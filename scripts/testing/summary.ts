import type { TestResult } from './test-result.ts';

/** What is printed at the end of a run, and the exit code. */
export interface Summary {
  readonly text: string;
  readonly exitCode: 0 | 1;
}

/**
 * Lists the failed tests and why others were skipped, and ends in the line `N passed, N failed, N skipped`. Where all are
 * required, a skipped test has failed. A run without any test has failed too.
 */
export function summarize(results: readonly TestResult[], requireAll: boolean): Summary {
  const judged = requireAll ? results.map(failWhereSkipped) : results;
  const by = (outcome: TestResult['outcome']): readonly TestResult[] =>
    judged.filter((result) => result.outcome === outcome);
  const [passed, failed, skipped] = [by('passed'), by('failed'), by('skipped')];
  const text = [
    '',
    ...list('Failed:', failed),
    ...list('Skipped:', skipped),
    `${passed.length} passed, ${failed.length} failed, ${skipped.length} skipped`,
    '',
  ].join('\n');
  return { text, exitCode: failed.length > 0 || judged.length === 0 ? 1 : 0 };
}

function failWhereSkipped(result: TestResult): TestResult {
  if (result.outcome !== 'skipped') return result;
  return { ...result, outcome: 'failed', reason: `skipped, which GALLEY_REQUIRE_ALL forbids: ${result.reason}` };
}

function list(title: string, results: readonly TestResult[]): readonly string[] {
  if (results.length === 0) return [];
  return [title, ...results.map(({ name, reason }) => `  ${name}${reason ? `: ${reason}` : ''}`), ''];
}
