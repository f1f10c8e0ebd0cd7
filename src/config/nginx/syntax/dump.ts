import type { ReadFile } from './reader.ts';

/** What `nginx -T` prints of the files that were read. */
export function dumpFiles(files: readonly ReadFile[]): string {
  return files.map(({ path, text }) => `# configuration file ${path}:\n${text}\n`).join('');
}
