import { watch } from 'node:fs';
import { isOwnSource, mayHoldOwnSource } from '../app/own-source.ts';
import type { Log } from '../observe/log.ts';

/** Editors write a file in several steps: changes this close together are one. */
const settleMs = 50;

/** Calls back when Python files below a folder change, appear or go. Gives the function that ends the watch. */
export function watchPythonFiles(directory: string, log: Log, changed: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const failed = (error: Error): void => log.warn(`cannot watch ${directory}: ${error.message}`);
  // What is ignored is not watched either: on Linux each watch is one of a limited number.
  const options = { recursive: true, ignore: (name: string) => !mayHoldOwnSource(name) };
  try {
    const watcher = watch(directory, options, (_event, name) => {
      if (!name || !isOwnSource(name)) return;
      clearTimeout(timer);
      timer = setTimeout(() => {
        log.info(`${name} changed, reloading`);
        changed();
      }, settleMs);
    });
    watcher.on('error', failed);
    return () => {
      clearTimeout(timer);
      watcher.close();
    };
  } catch (error) {
    failed(error as Error);
    return () => {};
  }
}
