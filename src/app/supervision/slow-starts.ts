import { workerStartMs } from '../../core/limits.ts';
import type { Log } from '../../observe/log.ts';
import { appStacks } from './app-stacks.ts';
import type { SlowRequests } from './slow-requests.ts';
import type { Worker } from './worker.ts';

/** How many times longer than the first import that of a worker may take. */
const importAgainFactor = 10;

/** Ends workers that do not become ready: they would be waited for for ever. */
export class SlowStarts {
  readonly #log: Log;
  readonly #slow: SlowRequests;
  readonly #killed: WeakSet<Worker> = new WeakSet();

  constructor(log: Log, slow: SlowRequests) {
    this.#log = log;
    this.#slow = slow;
  }

  /** Looks at a worker that starts. Called every now and then. */
  look(worker: Worker, now: number): void {
    const { loaded } = worker.version;
    const importMs = loaded?.preloaded === false ? importAgainFactor * loaded.milliseconds : 0;
    const limitMs = workerStartMs + importMs;
    if (now - worker.startedAt < limitMs || this.#killed.has(worker)) return;
    this.#killed.add(worker);
    void this.#kill(worker, limitMs);
  }

  async #kill(worker: Worker, limitMs: number): Promise<void> {
    const stacks = await this.#slow.stacks(worker);
    if (worker.state.name !== 'starting') return;
    const text = stacks === undefined ? {} : { text: appStacks(stacks) };
    const seconds = Math.round(limitMs / 1000);
    this.#log.error(`worker ${worker.id} is not ready after ${seconds} s and is killed`, { pid: worker.pid, ...text });
    worker.version.zygote.kill(worker.id);
  }
}
