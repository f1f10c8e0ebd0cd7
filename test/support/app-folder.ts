import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A temporary folder with an app's files. */
export class AppFolder {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** Makes the folder; `files` are texts by name. */
  static async with(files: Readonly<Record<string, string>>): Promise<AppFolder> {
    const folder = new AppFolder(await mkdtemp(join(tmpdir(), 'galley-test-')));
    for (const [name, text] of Object.entries(files)) await folder.write(name, text);
    return folder;
  }

  /** The path of a file in it. */
  file(name: string): string {
    return join(this.path, name);
  }

  async write(name: string, text: string): Promise<void> {
    await writeFile(this.file(name), text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // What is being closed may still write.
    await rm(this.path, { recursive: true, force: true, maxRetries: 5 });
  }
}
