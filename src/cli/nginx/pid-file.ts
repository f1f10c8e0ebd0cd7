import { closeSync, lstatSync, openSync, readFileSync, renameSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { systemErrorText } from '../../observe/system-error.ts';

/** A file that cannot be opened or moved; the message is as nginx has it. */
export class PidFileError extends Error {}

/** The file with the number of the process that signals are for. */
export class PidFile {
  readonly #pid: number;
  #path: string;
  /** Where our number stands; undefined where it does nowhere. */
  #current: string | undefined;

  constructor(path: string, pid: number = process.pid) {
    this.#path = path;
    this.#pid = pid;
  }

  /** Where it is while no other process replaces this one. */
  get path(): string {
    return this.#path;
  }

  /** Whether it could be written, as `nginx -t` tests it: makes the file where there is none. Throws {@link PidFileError}. */
  test(): void {
    testOpen(this.path);
  }

  /** Writes our number, at once: nobody reads half of it. What is no regular file, as `/dev/null`, stays what it is. Throws {@link PidFileError}. */
  write(): void {
    try {
      this.#put(`${this.#pid}\n`);
    } catch (error) {
      throw openFailed(this.path, error);
    }
    this.#current = this.path;
  }

  /** Makes way for the process that is to replace this one: nginx's `.oldbin`. Throws {@link PidFileError}, also where another process has that file. */
  moveToOld(): void {
    this.#move(`${this.path}.oldbin`);
  }

  /** The other process did not come up, or has ended. Throws {@link PidFileError}, also where another one has the file now. */
  moveBack(): void {
    this.#move(this.path);
  }

  /** Whether {@link changeTo} could be done; leaves no file that was not there. Throws {@link PidFileError}. */
  testChange(path: string): void {
    if (path === this.#path || this.#current !== this.#path) return;
    this.#refuseOther(path);
    const isThere = lstatSync(path, { throwIfNoEntry: false }) !== undefined;
    testOpen(path);
    if (!isThere) unlinkSync(path);
  }

  /** It is there from now on. Throws {@link PidFileError}, also where another process has that file, and stays where it is then. */
  changeTo(path: string): void {
    const before = this.#path;
    if (path === before) return;
    this.#path = path;
    // Where another process replaces this one the new path is that one's.
    if (this.#current !== before) return;
    try {
      this.#refuseOther(path);
      this.write();
    } catch (error) {
      this.#path = before;
      throw error;
    }
    this.#removeFrom(before);
  }

  /** Removes it where our number is still in it. */
  remove(): void {
    const path = this.#current;
    this.#current = undefined;
    if (path !== undefined) this.#removeFrom(path);
  }

  #put(text: string): void {
    const fresh = `${this.path}.${this.#pid}`;
    try {
      if (isSpecial(this.path)) {
        writeFileSync(this.path, text);
        return;
      }
      writeFileSync(fresh, text, { mode: 0o644 });
      renameSync(fresh, this.path);
    } catch (error) {
      // Who may not write to the folder may have been given the file.
      if (!isForbidden(error)) throw error;
      writeFileSync(this.path, text, { mode: 0o644 });
    }
  }

  #refuseOther(path: string): void {
    const other = otherAt(path, this.#pid);
    if (other !== undefined) throw new PidFileError(`${path} is not written: it is of process ${other}`);
  }

  #removeFrom(path: string): void {
    if (readPid(path) !== this.#pid) return;
    try {
      unlinkSync(path);
    } catch {
      // It is not ours to remove, or gone.
    }
  }

  #move(to: string): void {
    const from = this.#current;
    if (from === undefined || from === to || isSpecial(from)) return;
    const other = otherAt(to, this.#pid);
    if (other !== undefined) {
      throw new PidFileError(`${from} is not renamed to ${to}, which is of process ${other}`);
    }
    try {
      renameSync(from, to);
    } catch (error) {
      throw new PidFileError(`rename() ${from} to ${to} failed (${systemErrorText(error)})`);
    }
    this.#current = to;
  }
}

/** Whether it is there and no regular file. */
function isSpecial(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === false;
}

function testOpen(path: string): void {
  try {
    closeSync(openSync(path, 'a', 0o644));
  } catch (error) {
    throw openFailed(path, error);
  }
}

function readPid(path: string): number | undefined {
  try {
    return Number(readFileSync(path, 'latin1'));
  } catch {
    return undefined;
  }
}

/** The process that lives and whose number is in the file, where it is not `own`. */
function otherAt(path: string, own: number): number | undefined {
  const pid = readPid(path);
  return pid !== undefined && pid !== own && isAlive(pid) ? pid : undefined;
}

function isAlive(pid: number): boolean {
  // 0 and less would be groups of processes.
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function openFailed(path: string, error: unknown): PidFileError {
  return new PidFileError(`open() "${path}" failed (${systemErrorText(error)})`);
}

function isForbidden(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EACCES' || code === 'EPERM' || code === 'EROFS';
}
