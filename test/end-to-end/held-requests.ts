import { readdir, readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { AppFolder } from '../support/app-folder.ts';
import { type Galley, startGalley } from '../support/galley.ts';
import { until } from '../support/until.ts';

const apps = fileURLToPath(new URL('../apps', import.meta.url));

/** What became of a held request: the answer, or that the connection was cut. */
export type HeldOutcome = { readonly status: number; readonly body: string } | { readonly cut: string };

/** test/apps/holding_app.py under Galley, with requests that stay in it until they are released. */
export class HeldRequests {
  readonly galley: Galley;
  readonly #folder: AppFolder;

  private constructor(galley: Galley, folder: AppFolder) {
    this.galley = galley;
    this.#folder = folder;
  }

  static async start(...args: readonly string[]): Promise<HeldRequests> {
    const folder = await AppFolder.with({});
    const environment = { HOLD_FOLDER: folder.path };
    const galley = await startGalley('holding_app:app', { cwd: apps, args, environment });
    return new HeldRequests(galley, folder);
  }

  /** Sends so many requests and waits until the app has them all. They are POST, which nobody may send twice. */
  async hold(count: number): Promise<readonly Promise<HeldOutcome>[]> {
    const outcomes = Array.from({ length: count }, (_, key) => post(`${this.galley.url}/hold?${key}`));
    await until(
      async () => (await this.holders()).filter((pid) => pid > 0).length === count,
      () => `the app holds ${count} requests`,
    );
    return outcomes;
  }

  /** The worker that has each held request, by number. */
  async holders(): Promise<number[]> {
    const names = (await readdir(this.#folder.path)).filter((name) => name.startsWith('held-'));
    const pids: number[] = [];
    for (const name of names) pids[Number(name.slice(5))] = Number(await readFile(this.#folder.file(name), 'utf8'));
    return pids;
  }

  async release(): Promise<void> {
    await this.#folder.write('release', '');
  }

  /** The workers whose lifespan shutdown ran to its end. */
  async shutdowns(): Promise<number[]> {
    const names = await readdir(this.#folder.path);
    return names.filter((name) => name.startsWith('shutdown-')).map((name) => Number(name.slice(9)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.galley[Symbol.asyncDispose]();
    await this.#folder[Symbol.asyncDispose]();
  }
}

function post(url: string): Promise<HeldOutcome> {
  return new Promise((resolve) => {
    const cut = (error: NodeJS.ErrnoException): void => resolve({ cut: error.code ?? error.message });
    request(url, { method: 'POST', agent: false }, (response) => {
      text(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), cut);
    })
      .on('error', cut)
      .end();
  });
}
