import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runNodeTests } from './node-tests.ts';
import { setUpPythonEnvironment } from './python-environment.ts';
import { runPythonTests } from './python-tests.ts';
import { summarize } from './summary.ts';
import type { TestResult } from './test-result.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const nodeTests = '{src,test,bench,examples,scripts}/**/*.test.ts';
const tidyTests = 'test/tidy/*.test.ts';
const pythonTests: readonly string[] = ['workers/python/tests', 'examples/demo/tests'];

const { values, positionals } = parseArgs({ options: { quick: { type: 'boolean' } }, allowPositionals: true });
const [pattern] = positionals;
const results: TestResult[] = [];

if (pattern === undefined) {
  await step('Types', () => check('tsc'));
  await step('Format and lint', () => check('biome', 'check', '--error-on-warnings'));
}
if (values.quick) {
  await step('Tidiness', () => node(globSync(tidyTests, { cwd: root })));
} else {
  const python = await step('Python packages', pythonOfTests);
  const files = globSync(nodeTests, { cwd: root }).filter((file) => file.includes(pattern ?? ''));
  if (files.length === 0) process.stderr.write(`No test file of Node has "${pattern}" in its path\n`);
  await step('Tests of Node', () => node(files));
  for (const folder of pattern === undefined ? pythonTests : []) {
    await step(`Tests of Python in ${folder}`, async () => {
      results.push(...(await runPythonTests(python, root, folder)));
    });
  }
}
const { text, exitCode } = summarize(results, process.env['GALLEY_REQUIRE_ALL'] === '1');
process.stdout.write(text);
process.exitCode = exitCode;

/** Says what is done and how long it took. */
async function step<T>(title: string, act: () => T | Promise<T>): Promise<T> {
  process.stdout.write(`\n── ${title}\n`);
  const began = performance.now();
  const value = await act();
  process.stdout.write(`   ${((performance.now() - began) / 1_000).toFixed(1)} s\n`);
  return value;
}

/** Ends the run where there is none: most tests need it. */
function pythonOfTests(): string {
  try {
    const python = setUpPythonEnvironment(join(root, '.cache/python'), join(root, 'test/requirements.txt'));
    process.env['GALLEY_TEST_PYTHON'] = python;
    return python;
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exit(1);
  }
}

/** Runs a program of node_modules. It is no test and is not counted, unless it fails: the counts must tell of that. */
function check(name: string, ...args: readonly string[]): void {
  const { status } = spawnSync(join(root, 'node_modules/.bin', name), args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) results.push({ name: [name, ...args].join(' '), outcome: 'failed', reason: '' });
}

async function node(files: readonly string[]): Promise<void> {
  const limits = { concurrency: availableParallelism(), testTimeoutMs: 60_000, fileTimeoutMs: 300_000 };
  const write = (line: string): void => void process.stdout.write(line);
  results.push(...(await runNodeTests({ root, files: [...files].sort(), ...limits, write })));
}
