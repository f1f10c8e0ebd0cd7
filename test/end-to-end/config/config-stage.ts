import { type IncomingHttpHeaders, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { GalleyStatus } from '../../../src/server/control/galley-status.ts';
import { AppFolder } from '../../support/app-folder.ts';
import { type Ending, Galley, ready, runGalley } from '../../support/galley.ts';
import { isRunning } from '../../support/processes.ts';
import { testPython } from '../../support/python.ts';
import { until } from '../../support/until.ts';

/** Where the apps of the tests are. */
export const apps: string = fileURLToPath(new URL('../../apps', import.meta.url));

/** The fields that an app of test/apps needs in a typed config. */
export function testApp(
  python: string,
  more: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  return { python, directory: apps, interpreter: testPython(), workers: 1, ...more };
}

/** The same in an nginx.conf. */
export function testAppBlock(name: string, python: string, more = ''): string {
  return `app ${name} { python ${python}; directory ${apps}; interpreter ${testPython()}; workers 1; ${more} }`;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Each byte a character. */
  readonly body: string;
}

export interface Asking {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly port?: number;
}

/** A config in a folder and the Galley that serves it, with a runtime folder of its own. */
export class ConfigStage {
  readonly folder: AppFolder;
  readonly galley: Galley;

  private constructor(folder: AppFolder, galley: Galley) {
    this.folder = folder;
    this.galley = galley;
  }

  /** Serves the first of these files, once it is ready; all are written to the folder. */
  static async start(
    files: Readonly<Record<string, string>>,
    args: readonly string[] = [],
    environment: (folder: AppFolder) => Readonly<Record<string, string>> = () => ({}),
  ): Promise<ConfigStage> {
    const folder = await AppFolder.with(files);
    const [config = ''] = Object.keys(files);
    const galley = new Galley(['-c', config, ...args], {
      cwd: folder.path,
      namePython: false,
      environment: { GALLEY_RUNTIME_DIR: folder.file('runtime'), HOLD_FOLDER: folder.path, ...environment(folder) },
    });
    const stage = new ConfigStage(folder, galley);
    try {
      await ready(galley);
      return stage;
    } catch (error) {
      await stage[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** A request on a connection of its own. */
  ask(path: string, asking: Asking = {}): Promise<Answer> {
    return ask(asking.port ?? this.galley.port, path, asking);
  }

  async body(path: string, port?: number): Promise<string> {
    return (await this.ask(path, port === undefined ? {} : { port })).body;
  }

  /** `galley reload` and its like, for this one. */
  command(...args: readonly string[]): Promise<Ending> {
    return runGalley(args, { namePython: false, environment: { GALLEY_RUNTIME_DIR: this.folder.file('runtime') } });
  }

  async status(): Promise<GalleyStatus> {
    return JSON.parse((await this.command('status', '--json')).stdout);
  }

  /** Resolves once the log has that so often. */
  async says(pattern: RegExp, times: number): Promise<void> {
    await until(
      () => this.count(pattern) >= times,
      () => `${pattern} ${times} times in ${this.galley.stderr()}`,
    );
  }

  /** How often the log has that. */
  count(pattern: RegExp): number {
    return [...this.galley.stderr().matchAll(new RegExp(pattern, 'g'))].length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // So that no request keeps the stop waiting.
    await this.folder.write('release', '');
    await this.galley[Symbol.asyncDispose]();
    // After an upgrade, what it started is not its child.
    for (const { pid } of this.galley.processes()) if (isRunning(pid)) process.kill(pid, 'SIGKILL');
    await this.folder[Symbol.asyncDispose]();
  }
}

/** A request on a connection of its own to 127.0.0.1. */
export function ask(port: number, path: string, { method = 'GET', headers = {}, body }: Asking = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, method, headers, agent: false }, (response) => {
      response.setEncoding('latin1');
      const { statusCode: status = 0, headers: fields } = response;
      text(response).then((content) => resolve({ status, headers: fields, body: content }), reject);
    })
      .on('error', reject)
      .end(body);
  });
}
