import { statSync, unlinkSync } from 'node:fs';

/** Those that this process is to delete. */
const owned: Set<SocketFile> = new Set();
process.on('exit', () => {
  for (const file of owned) file.remove();
});

/**
 * The file of a Unix socket that this process has made and is to delete at its stop, or at its end without one. After an upgrade it
 * is the new process's to delete; one of a service manager's socket is the service manager's.
 */
export class SocketFile {
  readonly #path: string;
  readonly #identity: string | undefined;

  /** The file that is at the path now. */
  constructor(path: string) {
    this.#path = path;
    this.#identity = identityOf(path);
    owned.add(this);
  }

  /** Deletes it, unless another program has put its own there. */
  remove(): void {
    this.leave();
    if (this.#identity === undefined || identityOf(this.#path) !== this.#identity) return;
    try {
      unlinkSync(this.#path);
    } catch {
      // It may not be ours to delete any longer; it does no harm.
    }
  }

  /** It is another's to delete from now on. */
  leave(): void {
    owned.delete(this);
  }
}

/** Undefined where there is no file. The time of birth tells it from a later one with the same number. */
function identityOf(path: string): string | undefined {
  try {
    const { dev, ino, birthtimeNs } = statSync(path, { bigint: true });
    return `${dev} ${ino} ${birthtimeNs}`;
  } catch {
    return undefined;
  }
}
