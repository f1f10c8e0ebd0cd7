import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readSync, renameSync, rmSync, statSync } from 'node:fs';
import { opendir, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { CacheDiskPlan } from '../plan/cache-plan.ts';
import { makeCacheFolder } from './cache-folder.ts';
import { isFileName } from './entry-file.ts';
import { FolderLock } from './folder-lock.ts';

const temporaryName = /^tmp-(\d+)-(\d+)-([0-9a-f]{8})-\d+$/;

/** A temporary file that nobody has written to for so long is left behind, whoever has the number of its process now. */
const abandonedMs = 3_600_000;

/** How long a scan holds up the event loop at a time, in milliseconds. */
const sliceMs = 2;

/** Names that are read of a folder at once. */
const namesAtOnce = 256;

/** A file that a scan has found. */
export interface FoundFile {
  readonly file: string;
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly usedAt: number;
}

/** The folder of a cache: where its files are, and what is in it. */
export class DiskFolder {
  readonly #path: string;
  readonly #levels: readonly number[];
  readonly #front: number;
  /** Names the temporary files of this store. */
  readonly #run: string = randomBytes(4).toString('hex');
  #temporary = 0;
  #lock: FolderLock | undefined;
  #isClosed = false;

  /** Makes the folder where it does not exist. Throws CacheFolderError. */
  constructor({ folder, levels }: CacheDiskPlan, front: number) {
    this.#path = folder;
    this.#levels = levels;
    this.#front = front;
    makeCacheFolder(folder);
  }

  /** Tells other processes that this one uses the folder. `inUse` is told of one that does so as well. Throws errors of the system. */
  lock(inUse: (pid: number, folder: string) => void): void {
    if (this.#front === 0) this.#lock = new FolderLock(this.#path, this.#run, (pid) => inUse(pid, this.#path));
  }

  pathOf(file: string): string {
    return join(this.folderOf(file), file);
  }

  /** As nginx does it: the folders are named by the last characters of the hash. */
  folderOf(file: string): string {
    let end = 32;
    const folders = this.#levels.map((length) => {
      end -= length;
      return file.slice(end, end + length);
    });
    return join(this.#path, ...folders);
  }

  temporaryPath(): string {
    return join(this.#path, `tmp-${process.pid}-${this.#front}-${this.#run}-${this.#temporary++}`);
  }

  /** Puts a temporary file in its place. Throws errors of the system. */
  moveIn(temporary: string, file: string): void {
    try {
      renameSync(temporary, this.pathOf(file));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || this.#levels.length === 0) throw error;
      mkdirSync(this.folderOf(file), { recursive: true, mode: 0o700 });
      renameSync(temporary, this.pathOf(file));
    }
  }

  /** Bytes that are free on its file system. */
  async free(): Promise<number> {
    const { bavail, bsize } = await statfs(this.#path);
    return bavail * bsize;
  }

  /** Ends a scan, and the folder is not used any more. */
  close(): void {
    this.#isClosed = true;
    this.#lock?.release();
  }

  /** The files of a folder whose names begin so. */
  async filesOf(keyName: string): Promise<readonly FoundFile[]> {
    const files: FoundFile[] = [];
    const folder = this.folderOf(keyName);
    for await (const name of namesIn(folder)) {
      const found = name.startsWith(keyName) && isFileName(name) && foundFile(folder, name);
      if (found) files.push(found);
    }
    return files;
  }

  /**
   * Tells all files, a slice at a time. What dead processes have left half written is removed, and files that stand in folders of
   * other levels, where nobody would look for them; what is not ours is left alone.
   */
  scan(found: (file: FoundFile) => void): Promise<void> {
    return this.#scan(this.#path, 0, { until: performance.now() + sliceMs }, found);
  }

  async #scan(
    folder: string,
    depth: number,
    slice: { until: number },
    found: (file: FoundFile) => void,
  ): Promise<void> {
    for await (const name of namesIn(folder)) {
      if (this.#isClosed) return;
      if (isFileName(name)) {
        const file = foundFile(folder, name);
        if (file && this.folderOf(name) === folder) found(file);
        else if (file && isOurs(join(folder, name))) rmSync(join(folder, name), { force: true });
      } else if (depth === 0 && temporaryName.test(name)) {
        if (this.#isLeftBehind(name)) rmSync(join(folder, name), { force: true });
      } else if (depth < 3 && /^[0-9a-f]{1,2}$/.test(name)) {
        await this.#scan(join(folder, name), depth + 1, slice, found);
      }
      if (performance.now() < slice.until) continue;
      await setImmediate();
      slice.until = performance.now() + sliceMs;
    }
  }

  #isLeftBehind(name: string): boolean {
    const [, pid = '', front = '', run = ''] = temporaryName.exec(name) ?? [];
    const stats = statSync(join(this.#path, name), { throwIfNoEntry: false });
    if (!stats) return false;
    if (Date.now() - stats.mtimeMs > abandonedMs) return true;
    if (Number(pid) !== process.pid) return !isAlive(Number(pid));
    const startedAt = Date.now() - process.uptime() * 1000;
    return (Number(front) === this.#front && run !== this.#run) || stats.mtimeMs < startedAt;
  }
}

async function* namesIn(folder: string): AsyncIterable<string> {
  try {
    for await (const { name } of await opendir(folder, { bufferSize: namesAtOnce })) yield name;
  } catch (error) {
    // A folder of no key so far, or a file with the name of a folder.
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error;
  }
}

function foundFile(folder: string, file: string): FoundFile | undefined {
  const stats = statSync(join(folder, file), { throwIfNoEntry: false });
  return stats?.isFile() ? { file, size: stats.size, usedAt: stats.mtimeMs } : undefined;
}

function isOurs(path: string): boolean {
  const bytes = Buffer.alloc(8);
  const descriptor = openSync(path, 'r');
  try {
    return readSync(descriptor, bytes, 0, 8, 0) === 8 && bytes.toString('latin1') === 'galleyc1';
  } finally {
    closeSync(descriptor);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
