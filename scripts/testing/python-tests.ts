import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestResult } from './test-result.ts';

const runner = fileURLToPath(new URL('run_unittest.py', import.meta.url));

interface UnittestReport {
  readonly passed: number;
  readonly failed: readonly (readonly [test: string, reason: string])[];
  readonly skipped: readonly (readonly [test: string, reason: string])[];
}

/** Runs the unittest tests of a folder, a path from `root`. What fails is shown as unittest shows it. */
export async function runPythonTests(python: string, root: string, folder: string): Promise<readonly TestResult[]> {
  const temporary = await mkdtemp(join(tmpdir(), 'galley-unittest-'));
  try {
    const reportFile = join(temporary, 'report.json');
    const child = spawn(python, [runner, folder, reportFile], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
    const [code, signal] = await once(child, 'exit');
    const text = await readFile(reportFile, 'utf8').catch(() => undefined);
    if (text === undefined) return [failedToEnd(folder, signal ?? `code ${code}`)];
    return resultsOf(folder, JSON.parse(text) as UnittestReport);
  } finally {
    await rm(temporary, { recursive: true });
  }
}

function failedToEnd(folder: string, how: string): TestResult {
  return { name: folder, outcome: 'failed', reason: `Python ended with ${how} before the end of the tests` };
}

function resultsOf(folder: string, { passed, failed, skipped }: UnittestReport): readonly TestResult[] {
  const named = (outcome: TestResult['outcome']) => {
    return ([test, reason]: readonly [string, string]): TestResult => ({
      name: `${folder} › ${test}`,
      outcome,
      reason,
    });
  };
  const passes = Array.from({ length: passed }, (): TestResult => ({ name: folder, outcome: 'passed', reason: '' }));
  const results = [...passes, ...failed.map(named('failed')), ...skipped.map(named('skipped'))];
  return results.length > 0 ? results : [{ name: folder, outcome: 'failed', reason: 'the folder has no tests' }];
}
