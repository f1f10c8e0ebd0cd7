import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { AppFolder } from '../../support/app-folder.ts';
import { Galley, ready } from '../../support/galley.ts';
import { isRunning } from '../../support/processes.ts';
import { until } from '../../support/until.ts';

const preload = new URL('../../support/ending-fronts.ts', import.meta.url).href;

/** An app that answers with its process id. */
export const main: string = `
import os
def app(environ, start_response):
    start_response('200 OK', [('content-type', 'text/plain')])
    return [str(os.getpid()).encode()]
`;

/** The environment in which a file in the folder ends the front thread that it is named after. */
export function endingFronts(folder: AppFolder): Readonly<Record<string, string>> {
  return { NODE_OPTIONS: `--import=${preload}`, GALLEY_TEST_END_FRONTS: folder.path };
}

/** A small app under a Galley that listens where the test says, in a folder of its own, and whose front threads can be ended. */
export class BoundGalley {
  readonly galley: Galley;
  readonly folder: AppFolder;

  private constructor(galley: Galley, folder: AppFolder) {
    this.galley = galley;
    this.folder = folder;
  }

  /** Without waiting until it is ready. Paths in `args` may be relative to the folder. */
  static async launch(args: readonly string[], files: Readonly<Record<string, string>> = {}): Promise<BoundGalley> {
    const folder = await AppFolder.with({ 'main.py': main, ...files });
    const galley = new Galley(['main:app', '--no-access-log', '--workers', '1', ...args], {
      cwd: folder.path,
      environment: { ...endingFronts(folder), GALLEY_RUNTIME_DIR: folder.file('runtime') },
    });
    return new BoundGalley(galley, folder);
  }

  static async start(...args: readonly string[]): Promise<BoundGalley> {
    const made = await BoundGalley.launch(args);
    try {
      await ready(made.galley);
      return made;
    } catch (error) {
      await made[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Ends a front thread with an error. There are to be several. */
  async endFront(front: number): Promise<void> {
    await this.folder.write(String(front), '');
    await this.galley.says(new RegExp(`front thread ${front} died`));
  }

  /** The body of the answer on a Unix socket in the folder; the code of the error where there is none. */
  get(socket: string, path = '/'): Promise<string> {
    return new Promise((resolve) => {
      request({ socketPath: this.folder.file(socket), path, agent: false }, (response) => {
        text(response).then(resolve, (error) => resolve(error.code));
      })
        .on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''))
        .end();
    });
  }

  /** Resolves with the new process's id when an upgrade is done and the old process has ended. */
  async upgrade(): Promise<number> {
    this.galley.signal('SIGUSR2');
    const { code, stderr } = await this.galley.exited;
    const [, pid] = /process (\d+) has taken over/.exec(stderr) ?? [];
    if (code !== 0 || pid === undefined) throw new Error(`The upgrade failed with exit code ${code}:\n${stderr}`);
    return Number(pid);
  }

  /** Stops the process that an upgrade has started. */
  async stopNext(pid: number): Promise<void> {
    process.kill(pid, 'SIGTERM');
    await until(() => !isRunning(pid), 'the new process ends');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.galley[Symbol.asyncDispose]();
    // After an upgrade, what it started is not its child.
    for (const { pid } of this.galley.processes()) if (isRunning(pid)) process.kill(pid, 'SIGKILL');
    await this.folder[Symbol.asyncDispose]();
  }
}
