import { readFile, truncate } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';

/** Nothing tells when faulthandler has written its last line. On a busy machine it may be held up between two for longer than 20 ms. */
const quietMs = 100;
/** A process that is stopped, or has its signals blocked, writes nothing. */
const longestMs = 1_000;

/**
 * What faulthandler writes to a file after its signal was sent, or undefined where nothing comes within a second. Empties the
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

/** The thread that got the signal is called so; it is the main one as a rule, and that comes last. */
function isComplete(text: string): boolean {
  return text.includes('Current thread ') && text.endsWith('\n');
}
