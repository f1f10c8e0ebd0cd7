import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder that cannot be made; the message says why and what to do. */
export class SocketFolderError extends Error {}

/** The longest path that a Unix socket can have, in bytes; unix(7). */
const longestPath = 107;
/** As long as the name of any socket in the folder. */
const longestName = 'galley-XXXXXX/front-31-9999.sock';

/** A folder for the sockets that workers connect to; only this user can enter it. */
export class SocketFolder {
  readonly path: string;
  /** For a process that ends without waiting for `remove`. */
  readonly #removeAtExit = (): void => rmSync(this.path, { recursive: true, force: true });

  private constructor(path: string) {
    this.path = path;
    process.once('exit', this.#removeAtExit);
  }

  /** Throws {@link SocketFolderError}. */
  static async make(): Promise<SocketFolder> {
    const parent = tmpdir();
    try {
      if (Buffer.byteLength(join(parent, longestName)) > longestPath)
        throw new Error('its path is too long for sockets');
      return new SocketFolder(await mkdtemp(join(parent, 'galley-')));
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const reason = code === 'ENOENT' ? 'it does not exist' : message;
      throw new SocketFolderError(
        `Cannot make a folder for sockets in "${parent}": ${reason}. Name another folder for temporary files with TMPDIR`,
      );
    }
  }

  async remove(): Promise<void> {
    process.off('exit', this.#removeAtExit);
    await rm(this.path, { recursive: true, force: true });
  }
}
