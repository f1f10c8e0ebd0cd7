import { readdirSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { AppStatus } from '../../../src/app/status.ts';
import type { GalleyStatus } from '../../../src/server/control/galley-status.ts';
import { AppFolder } from '../../support/app-folder.ts';
import { type Galley, startGalley } from '../../support/galley.ts';
import { LoadClient, type LoadOptions } from '../../support/load-client.ts';
import { until } from '../../support/until.ts';

const apps = fileURLToPath(new URL('../../apps', import.meta.url));

/** The apps of this suite; both have the same paths. */
export const processApps = { wsgi: 'process_wsgi_app:app', asgi: 'process_asgi_app:app' } as const;

/** What came of one request: the answer, or that there was none. */
export interface Outcome {
  /** 0 where there was no whole answer. */
  readonly status: number;
  readonly body: string;
  /** Of the error where there was no whole answer. */
  readonly code: string;
  readonly tookMs: number;
}

/** An app under Galley with a control socket, and a folder where the app leaves its traces. */
export class ManagedGalley {
  readonly galley: Galley;
  readonly folder: AppFolder;

  private constructor(galley: Galley, folder: AppFolder) {
    this.galley = galley;
    this.folder = folder;
  }

  /** `files` are the app's, written to the folder, which it runs in; without any it is one of test/apps. */
  static async start(
    target: string,
    args: readonly string[],
    files?: Readonly<Record<string, string>>,
  ): Promise<ManagedGalley> {
    const folder = await AppFolder.with(files ?? {});
    try {
      const galley = await startGalley(target, {
        cwd: files ? folder.path : apps,
        args: ['--no-access-log', '--control-socket', folder.file('control.sock'), ...args],
        environment: { HOLD_FOLDER: folder.path },
      });
      return new ManagedGalley(galley, folder);
    } catch (error) {
      await folder[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The one app's part of what the control socket tells. */
  async status(): Promise<AppStatus> {
    const { apps } = JSON.parse((await this.control('GET', '/status')).body) as GalleyStatus;
    return apps[0]!;
  }

  /** A request to the control socket. */
  control(method: string, path: string, body?: unknown): Promise<Outcome> {
    return outcomeOf({ socketPath: this.folder.file('control.sock'), method, path }, JSON.stringify(body));
  }

  /** A request on a connection of its own. */
  send(method: string, path: string): Promise<Outcome> {
    return outcomeOf({ host: '127.0.0.1', port: this.galley.port, method, path });
  }

  /** Sends a request that stays in the app until `release`. Resolves with the worker that has it, once it has. */
  async hold(method: string, key: string): Promise<{ readonly outcome: Promise<Outcome>; readonly pid: number }> {
    const outcome = this.send(method, `/hold?${key}`);
    await until(
      () => this.holder(key) > 0,
      () => `the app holds ${key}\n${this.galley.stderr()}`,
    );
    return { outcome, pid: this.holder(key) };
  }

  /** The worker that was the last to get that held request; 0 for none. */
  holder(key: string): number {
    return this.traces('held').includes(key) ? Number(readFileSync(this.folder.file(`held-${key}`), 'utf8')) : 0;
  }

  async release(): Promise<void> {
    await this.folder.write('release', '');
  }

  /** What the app has left in the folder under this name: `held-`, `spun-`, `killed-`. */
  traces(name: string): readonly string[] {
    return readdirSync(this.folder.path)
      .filter((file) => file.startsWith(`${name}-`))
      .map((file) => file.slice(name.length + 1));
  }

  /**
   * A load that two cores bear beside the rest, of both kinds of connection. Half of it is POST: what is lost of these no second
   * try hides. Half of it takes 30 ms, so that a worker always has some of it under way.
   */
  load(options: Partial<LoadOptions> = {}): LoadClient {
    return LoadClient.start({
      port: this.galley.port,
      keptAlive: 6,
      oneRequest: 6,
      requestsPerSecond: 300,
      paths: ['/', '/sleep?30'].flatMap((path) => [{ path }, { path, method: 'POST' } as const]),
      ...options,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.galley[Symbol.asyncDispose]();
    // After an upgrade, what it started is not its child.
    for (const { pid } of this.galley.processes()) killIfAlive(pid);
    await this.folder[Symbol.asyncDispose]();
  }
}

function killIfAlive(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function outcomeOf(options: object, content?: string): Promise<Outcome> {
  const startedAt = performance.now();
  return new Promise((resolve) => {
    const settle = (status: number, body: string, code: string): void =>
      resolve({ status, body, code, tookMs: performance.now() - startedAt });
    const failed = (error: NodeJS.ErrnoException): void => settle(0, '', error.code ?? error.message);
    const headers = content === undefined ? {} : { 'content-type': 'application/json' };
    request({ agent: false, headers, ...options }, (response) => {
      text(response).then((body) => settle(response.statusCode ?? 0, body, ''), failed);
    })
      .on('error', failed)
      .end(content);
  });
}
