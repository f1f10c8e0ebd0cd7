import { once } from 'node:events';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { configImportMs } from '../../core/limits.ts';

/** What a module exports by default, or why it could not be had. */
export type Imported = (
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'failed'; readonly message: string; readonly stack: string }
) & {
  /** The module's text as JavaScript, with all in its place; undefined where it cannot be parsed. */
  readonly plain: string | undefined;
};

const entry = new URL('./import-worker.ts', import.meta.url);

/** Node's exit code where nothing is left to wait for. */
const unsettled = 13;

/**
 * Runs a module, in a thread of its own: so it, and what it imports, is read anew each time. One that is not done by then is
 * given up.
 */
export async function importConfig(path: string, deadlineMs: number = configImportMs): Promise<Imported> {
  const worker = new Worker(entry, { workerData: pathToFileURL(path).href, execArgv: [], stdout: true });
  // Standard output is for what was asked for, such as what "galley convert" prints.
  worker.stdout.pipe(process.stderr, { end: false });
  const ended = once(worker, 'exit').then(([code]): Imported => {
    return {
      kind: 'failed',
      message: code === unsettled ? 'its top-level await never ends' : `it ended the process with exit code ${code}`,
      stack: '',
      plain: undefined,
    };
  });
  const { promise: late, resolve: giveUp } = Promise.withResolvers<Imported>();
  const message = `it is not done after ${deadlineMs / 1_000} s`;
  const timer = setTimeout(() => giveUp({ kind: 'failed', message, stack: '', plain: undefined }), deadlineMs);
  try {
    const told = once(worker, 'message').then(([message]) => message as Imported);
    return await Promise.race([told, ended, late]);
  } catch (error) {
    return { kind: 'failed', message: String(error), stack: '', plain: undefined };
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}
