import { watch } from 'node:fs';
import type { Log } from '../observe/log.ts';

/** Editors write a file in several steps: changes this close together are one. */
const settleMs = 50;

const ignoredFolders: readonly string[] = ['.git', '.venv', 'venv', 'node_modules', '__pycache__', '.cache'];

/** Calls back when Python files below a folder change. Gives the function that ends the watch. */
export function watchPythonFiles(directory: string, log: Log, changed: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const watcher = watch(directory, { recursive: true, ignore: ignored }, (_event, name) => {
    if (!name?.endsWith('.py')) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      log.info(`${name} changed, reloading`);
      changed();
    }, settleMs);
  });
  watcher.on('error', (error) => log.warn(`cannot watch ${directory}: ${error.message}`));
  return () => {
    clearTimeout(timer);
    watcher.close();
  };
}

function ignored(name: string): boolean {
  return name.split('/').some((part) => ignoredFolders.includes(part));
}
