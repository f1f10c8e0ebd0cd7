import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { link, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { noStart, processStart } from '../../observe/process-start.ts';
import { privateFolder } from './private-file.ts';

const name = 'lock';

/** A holder touches its lock so often. One whose process cannot be looked at is dead when it has not for so long: its clock may differ. */
const touchMs = 15_000;
const silentMs = 180_000;

/** Files that were left behind by a sudden end are older than what is being written. */
const leftoverMs = 600_000;

/**
 * One process at a time orders what belongs to a folder: an upgrade has two of them for a while. The file has the number and the start of the
 * process and where that number counts; one that has died keeps nobody out.
 */
export class FolderClaim {
  readonly #path: string;
  readonly #text: string;
  readonly #touches: NodeJS.Timeout;

  private constructor(path: string, text: string) {
    this.#path = path;
    this.#text = text;
    this.#touches = setInterval(() => void touch(path), touchMs).unref();
  }

  /** Undefined where a process that lives has it. Removes what a sudden end has left in the folder. Throws errors of the system. */
  static async take(folder: string): Promise<FolderClaim | undefined> {
    await privateFolder(folder);
    const path = join(folder, name);
    const text = claimText(process.pid, here);
    const own = `${path}.${randomUUID()}`;
    try {
      await writeFile(own, text, { mode: 0o600 });
      if (!(await linked(own, path))) {
        if (await isHeld(path)) return undefined;
        // Moving it away succeeds for one; it is looked at again, as another may have been quicker.
        const stale = `${own}.stale`;
        await rename(path, stale).catch(() => undefined);
        if (await isHeld(stale)) await linked(stale, path);
        await rm(stale, { force: true });
        if (!(await linked(own, path))) return undefined;
      }
    } finally {
      await rm(own, { force: true });
    }
    await sweep(folder);
    return new FolderClaim(path, text);
  }

  /** Leaves alone what another one has put in its place. */
  async release(): Promise<void> {
    clearInterval(this.#touches);
    if ((await textOf(this.#path)) === this.#text) await rm(this.#path, { force: true });
  }
}

/** Where the numbers of processes are those that are seen here: the machine, how often it has started, the namespace. */
const here: string = placeOf();

function placeOf(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
    return `${hostname()}:${boot}:${readlinkSync('/proc/self/ns/pid')}`.replace(/\s/g, '');
  } catch {
    return '';
  }
}

/** What a process writes in its lock. */
export function claimText(pid: number, place: string = here): string {
  return `${pid} ${processStart(pid)} ${place || 'unknown'} ${randomUUID()}\n`;
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

async function isHeld(path: string): Promise<boolean> {
  const [, pid = '', start = noStart, place] = /^(\d+) (\d+) (\S+) \S+\n$/.exec(await textOf(path)) ?? [];
  if (place === undefined) return false;
  if (place === here && start !== noStart) return processStart(Number(pid)) === start;
  return Date.now() - (await touchedAt(path)) < silentMs;
}

async function touchedAt(path: string): Promise<number> {
  try {
    return (await stat(path)).mtimeMs;
  } catch {
    return 0;
  }
}

/** It may be gone. */
async function touch(path: string): Promise<void> {
  const now = new Date();
  await utimes(path, now, now).catch(() => undefined);
}

/** Half-written files may have private keys. What cannot be removed is tried again the next time. */
async function sweep(folder: string): Promise<void> {
  for (const file of await readdir(folder).catch(() => [])) {
    if (!file.endsWith('.tmp') && !file.startsWith(`${name}.`)) continue;
    const path = join(folder, file);
    if (Date.now() - (await touchedAt(path)) > leftoverMs) await rm(path, { force: true }).catch(() => undefined);
  }
}
