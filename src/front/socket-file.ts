import { stat, unlink } from 'node:fs/promises';

/**
 * The file of a Unix socket that this process has made and is to delete at its stop. After an upgrade it is the new process's
 * to delete; one of a service manager's socket is the service manager's.
 */
export class SocketFile {
  readonly #path: string;
  readonly #identity: string | undefined;

  private constructor(path: string, identity: string | undefined) {
    this.#path = path;
    this.#identity = identity;
  }

  /** The file that is at the path now. */
  static async at(path: string): Promise<SocketFile> {
    return new SocketFile(path, await identityOf(path));
  }

  /** Deletes it, unless another program has put its own there. */
  async remove(): Promise<void> {
    const now = await identityOf(this.#path);
    if (now !== undefined && now === this.#identity) await unlink(this.#path).catch(() => {});
  }
}

/** Undefined where there is no file. The time of birth tells it from a later one with the same number. */
async function identityOf(path: string): Promise<string | undefined> {
  try {
    const { dev, ino, birthtimeNs } = await stat(path, { bigint: true });
    return `${dev} ${ino} ${birthtimeNs}`;
  } catch {
    return undefined;
  }
}
