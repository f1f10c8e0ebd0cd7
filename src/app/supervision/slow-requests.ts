import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Log } from '../../observe/log.ts';
import type { RequestName } from '../front-message.ts';
import { describeLate } from './incident.ts';
import { readStacks } from './stacks.ts';
import type { Worker } from './worker.ts';

interface LateRequest {
  readonly front: number;
  readonly stream: number;
  readonly request: RequestName;
}

/** Requests that have no answer after the request timeout: finds out where the app is in them, says so once for each worker, and cancels them. */
export class SlowRequests {
  readonly #log: Log;
  readonly #folder: string;
  readonly #cancel: (front: number, worker: number, stream: number) => void;
  /** Those that became late while the stacks of their worker are being written. */
  readonly #waiting: Map<Worker, LateRequest[]> = new Map();

  /** `folder`: where workers write their stacks. */
  constructor(log: Log, folder: string, cancel: (front: number, worker: number, stream: number) => void) {
    this.#log = log;
    this.#folder = folder;
    this.#cancel = cancel;
  }

  late(worker: Worker, front: number, stream: number, request: RequestName): void {
    const waiting = this.#waiting.get(worker);
    if (waiting) {
      waiting.push({ front, stream, request });
      return;
    }
    this.#waiting.set(worker, [{ front, stream, request }]);
    void this.#lookInto(worker);
  }

  async #lookInto(worker: Worker): Promise<void> {
    const { id, pid } = worker;
    const stacks = await this.stacks(worker);
    const late = this.#waiting.get(worker) ?? [];
    this.#waiting.delete(worker);
    // After the stacks were written: what is cancelled is somewhere else then.
    for (const { front, stream } of late) this.#cancel(front, id, stream);
    const requests = late.map(({ request }) => request);
    const { message, fields } = describeLate({ worker: id, pid, requests, stacks, rssBytes: worker.usage?.rssBytes });
    this.#log.error(message, fields);
  }

  /** The stacks of a worker's threads; undefined where there are none to be had. */
  async stacks({ id, version }: Worker): Promise<string | undefined> {
    const path = this.#pathOf(id);
    // Without the file the worker's Python cannot write stacks, and the signal would end it.
    if (!existsSync(path)) return undefined;
    version.zygote.writeStacks(id);
    return readStacks(path);
  }

  /** A worker has exited. */
  forget({ id }: Worker): void {
    rmSync(this.#pathOf(id), { force: true });
  }

  #pathOf(id: number): string {
    return join(this.#folder, `stacks-${id}`);
  }
}
