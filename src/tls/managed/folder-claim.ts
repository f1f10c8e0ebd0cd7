import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { noStart, processStart } from '../../observe/process-start.ts';
import { privateFolder } from './private-file.ts';

const name = 'lock';

/**
 * One process at a time orders what belongs to a folder: an upgrade has two of them for a while. The file has the number and the start of the
 * process; one that has died keeps nobody out.
 */
export class FolderClaim {
  readonly #path: string;
  readonly #text: string;

  private constructor(path: string, text: string) {
    this.#path = path;
    this.#text = text;
  }

  /** Undefined where a process that lives has it. Throws errors of the system. */
  static async take(folder: string): Promise<FolderClaim | undefined> {
    await privateFolder(folder);
    const path = join(folder, name);
    const text = `${process.pid} ${processStart(process.pid)} ${randomUUID()}\n`;
    const own = `${path}.${randomUUID()}`;
    await writeFile(own, text, { mode: 0o600 });
    try {
      if (await linked(own, path)) return new FolderClaim(path, text);
      const holder = await textOf(path);
      if (isAlive(holder)) return undefined;
      // Moving it away succeeds for one; it is looked at again, as another may have been quicker.
      const stale = `${own}.stale`;
      await rename(path, stale).catch(() => undefined);
      if (isAlive(await textOf(stale))) await linked(stale, path);
      await rm(stale, { force: true });
      return (await linked(own, path)) ? new FolderClaim(path, text) : undefined;
    } finally {
      await rm(own, { force: true });
    }
  }

  /** Leaves alone what another one has put in its place. */
  async release(): Promise<void> {
    if ((await textOf(this.#path)) === this.#text) await rm(this.#path, { force: true });
  }
}

/** False where there is a file already. */
async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'latin1');
  } catch {
    return '';
  }
}

function isAlive(holder: string): boolean {
  const [, pid = '', start = noStart] = /^(\d+) (\d+) \S+\n$/.exec(holder) ?? [];
  return start !== noStart && processStart(Number(pid)) === start;
}
