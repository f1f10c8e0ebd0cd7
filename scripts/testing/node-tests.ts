import { join } from 'node:path';
import { run } from 'node:test';
import { inspect } from 'node:util';
import type { TestResult } from './test-result.ts';

export interface NodeTestOptions {
  /** Absolute path that names in the results start from. */
  readonly root: string;
  /** Paths from the root. */
  readonly files: readonly string[];
  /** How many files run at a time. */
  readonly concurrency: number;
  /** What a test may take that does not set its own time. */
  readonly testTimeoutMs: number;
  /** What a file may take: one that left a socket or a timer open never ends by itself. */
  readonly fileTimeoutMs: number;
  readonly write: (text: string) => void;
}

/** Runs each test file in a process of its own; writes one line a file, and the whole story of what failed. */
export async function runNodeTests(options: NodeTestOptions): Promise<readonly TestResult[]> {
  const waiting = [...options.files];
  const results: TestResult[] = [];
  const runWaiting = async (): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      results.push(...(await runFile(file, options)));
    }
  };
  await Promise.all(Array.from({ length: options.concurrency }, runWaiting));
  return results;
}

async function runFile(file: string, options: NodeTestOptions): Promise<readonly TestResult[]> {
  const began = performance.now();
  const results: TestResult[] = [];
  const titles: string[] = [];
  let story = '';
  let output = '';
  const stop = new AbortController();
  const deadline = setTimeout(() => stop.abort(), options.fileTimeoutMs);

  const path = join(options.root, file);
  const events = run({ files: [path], concurrency: 1, timeout: options.testTimeoutMs, signal: stop.signal });
  for await (const event of events) {
    switch (event.type) {
      case 'test:start':
        titles.splice(event.data.nesting, titles.length, event.data.name);
        break;
      case 'test:pass': {
        const { data } = event;
        if (data.details.type === 'suite') break;
        // Node reports a file that declares no test as a test that passed.
        if (data.name === path) {
          results.push({ name: file, outcome: 'failed', reason: 'the file has no tests' });
          break;
        }
        const name = nameOf(file, titles, data);
        if (data.skip === undefined && data.todo === undefined) results.push({ name, outcome: 'passed', reason: '' });
        else results.push({ name, outcome: 'skipped', reason: reasonOf(data.skip ?? data.todo) });
        break;
      }
      case 'test:fail': {
        const { error } = event.data.details;
        if ((error as { failureType?: unknown }).failureType === 'subtestsFailed') break;
        const name = event.data.name === path ? file : nameOf(file, titles, event.data);
        const late = stop.signal.aborted && event.data.name === path;
        const reason = late ? `did not end within ${options.fileTimeoutMs / 1_000} s: does something stay open?` : '';
        results.push({ name, outcome: 'failed', reason });
        story += `✖ ${name}\n${indented(late ? reason : inspect(error.cause ?? error))}\n`;
        break;
      }
      case 'test:stdout':
      case 'test:stderr':
        output += event.data.message;
        break;
    }
  }
  clearTimeout(deadline);

  const seconds = ((performance.now() - began) / 1_000).toFixed(1);
  const failed = results.filter(({ outcome }) => outcome === 'failed').length;
  const line = failed > 0 ? `✖ ${file}  ${failed} of ${results.length} failed` : `✔ ${file}  ${results.length}`;
  options.write(`${line}  ${seconds} s\n`);
  if (failed > 0) options.write(indented(`${story}${output && `Output:\n${output}`}`));
  return results;
}

function nameOf(
  file: string,
  titles: readonly string[],
  test: { readonly name: string; readonly nesting: number },
): string {
  return [file, ...titles.slice(0, test.nesting), test.name].join(' › ');
}

function reasonOf(reason: string | boolean | undefined): string {
  return typeof reason === 'string' ? reason : 'no reason given';
}

function indented(text: string): string {
  return text.replace(/^(?=.)/gm, '    ');
}
