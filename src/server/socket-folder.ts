import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder for the sockets that workers connect to; only this user can enter it. */
export class SocketFolder {
  readonly path: string;
  /** For a process that ends without waiting for `remove`. */
  readonly #removeAtExit = (): void => rmSync(this.path, { recursive: true, force: true });

  private constructor(path: string) {
    this.path = path;
    process.once('exit', this.#removeAtExit);
  }

  static async make(): Promise<SocketFolder> {
    return new SocketFolder(await mkdtemp(join(tmpdir(), 'galley-')));
  }

  async remove(): Promise<void> {
    process.off('exit', this.#removeAtExit);
    await rm(this.path, { recursive: true, force: true });
  }
}
