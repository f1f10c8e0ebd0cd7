import { readFile, truncate } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';

/** Nothing tells when faulthandler, which writes where the worker cannot, is done. On a busy machine it may be held up between two lines for longer than 20 ms. */
const quietMs = 100;
/** A process that is stopped, or has its signals blocked, writes nothing. */
const longestMs = 1_000;

/**
 * The stacks that a worker writes to a file when it is asked (control.md), or undefined where nothing comes within a second. Empties the
 * file: the process has it open for appending, and writes the next stacks there too.
 */
export async function readStacks(path: string): Promise<string | undefined> {
  const deadline = performance.now() + longestMs;
  let text = '';
  for (;;) {
    await setTimeout(quietMs);
    const before = text;
    text = await readFile(path, 'utf8').catch(() => '');
    if ((isComplete(text) && text === before) || performance.now() >= deadline) break;
  }
  if (text === '') return undefined;
  await truncate(path).catch(() => {}); // the worker's folder may be gone by now
  return text;
}

/** The main thread is called so, and comes last. */
function isComplete(text: string): boolean {
  return text.includes('Current thread ') && text.endsWith('\n');
}
