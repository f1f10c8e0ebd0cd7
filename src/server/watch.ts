import type { Log } from '../observe/log.ts';
import { WatchedFolder } from './watched-folder.ts';

/** Editors write a file in several steps: changes this close together are one. */
const settleMs = 50;

/** Calls back when Python files below a folder change, appear or go. Gives the function that ends the watch. */
export function watchPythonFiles(directory: string, log: Log, changed: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  let hasFailed = false;
  const settled = (): void => {
    const [name] = folder.changes();
    if (name === undefined) return;
    log.info(`${name} changed, reloading`);
    changed();
  };
  const folder = new WatchedFolder(directory, {
    touched: () => {
      clearTimeout(timer);
      timer = setTimeout(settled, settleMs);
    },
    failed: (error) => {
      if (!hasFailed) log.warn(`changes in ${directory} may go unseen: ${error.message}`);
      hasFailed = true;
    },
  });
  folder.changes();
  return () => {
    clearTimeout(timer);
    folder.close();
  };
}
