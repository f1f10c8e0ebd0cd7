import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { noStart, processStart } from '../observe/process-start.ts';

const name = 'galley.lock';

/**
 * A file by which one Galley tells another that it uses the folder of a cache. It keeps nobody out: an upgrade has two of them for a while.
 * It has the number and the start of a process, and what tells stores of one process apart.
 */
export class FolderLock {
  readonly #path: string;
  readonly #text: string;

  /** `inUse` is told the process that uses the folder as well, but the one that an upgrade replaces. Throws errors of the system. */
  constructor(folder: string, run: string, inUse: (pid: number) => void) {
    this.#path = join(folder, name);
    this.#text = `${process.pid} ${processStart(process.pid)} ${run}\n`;
    const [, pid = '', start = noStart] = /^(\d+) (\d+) \w+\n$/.exec(textOf(this.#path)) ?? [];
    const isOther = Number(pid) !== process.pid && Number(pid) !== process.ppid;
    if (start !== noStart && isOther && processStart(Number(pid)) === start) inUse(Number(pid));
    writeFileSync(this.#path, this.#text, { mode: 0o600 });
  }

  /** Leaves alone what another one has put in its place. */
  release(): void {
    if (textOf(this.#path) === this.#text) rmSync(this.#path, { force: true });
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
