import { statSync, unlinkSync } from 'node:fs';

/**
 * The file of a Unix socket that this process has made and is to delete at its stop, or at its end without one. After an upgrade it
 * is the new process's to delete; one of a service manager's socket is the service manager's.
 */
export class SocketFile {
  readonly #path: string;
  readonly #identity: string | undefined;
  readonly #removeAtExit = (): void => this.remove();

  /** The file that is at the path now. */
  constructor(path: string) {
    this.#path = path;
    this.#identity = identityOf(path);
    process.once('exit', this.#removeAtExit);
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
    process.off('exit', this.#removeAtExit);
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
