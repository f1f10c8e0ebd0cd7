import { mkdirSync } from 'node:fs';
import { systemErrorText } from '../observe/system-error.ts';

/** A folder that a cache cannot use; the message says why. */
export class CacheFolderError extends Error {}

/** Makes the folder of a cache, for our user alone, where it does not exist. Throws {@link CacheFolderError}. */
export function makeCacheFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new CacheFolderError(`Cannot use the folder "${folder}" for a cache: ${systemErrorText(error)}`);
  }
}
