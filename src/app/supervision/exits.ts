import type { Log } from '../../observe/log.ts';
import type { RequestName } from '../front-message.ts';
import type { ExitStatus } from '../status.ts';
import { oomKills, readCgroupLimits } from './cgroup.ts';
import { describeExit } from './incident.ts';
import type { Worker } from './worker.ts';

const mostRemembered = 20;
/** How long the news of an exit may take, in milliseconds, after the kernel has counted it. */
const oomNewsMs = 1_000;
/** How long the fronts may take to say which requests a worker had, in milliseconds: they see its end by other ways. */
const lostNamesMs = 200;

/** The exits of workers: the last ones for the status, those that nobody asked for in the log. */
export class Exits {
  readonly #log: Log;
  readonly #latest: ExitStatus[] = [];
  /** Workers whose fronts have not all said which requests were lost, and what then logs their exit. */
  readonly #waiting: Map<
    number,
    { readonly worker: Worker; readonly log: () => void; readonly timer: NodeJS.Timeout }
  > = new Map();
  #oomKills: number | undefined = oomKills();
  /** When the kernel was last seen to have killed a process of our control group for want of memory. */
  #oomAt = Number.NEGATIVE_INFINITY;

  constructor(log: Log) {
    this.#log = log;
  }

  /** The latest first. */
  get latest(): readonly ExitStatus[] {
    return this.#latest;
  }

  /** A worker has exited. */
  add(worker: Worker): void {
    const { id, pid, state } = worker;
    if (state.name !== 'exited') return;
    const { code, signal, reason } = state;
    const oom = signal === 'SIGKILL' && reason === undefined && this.#isOutOfMemory();
    const at = new Date().toISOString();
    this.#latest.unshift({ worker: id, pid: pid ?? null, at, code, signal, oom, reason: reason ?? null });
    this.#latest.length = Math.min(this.#latest.length, mostRemembered);
  }

  /**
   * Logs an exit that nobody had asked for: `restMs` is when a new worker starts. Without that, the exit of one that was killed since
   * it did not end in time: what it had then is lost.
   */
  report(worker: Worker, restMs: number | undefined): void {
    const log = (): void => this.#write(worker, restMs);
    if (worker.fronts.size === 0) {
      log();
      return;
    }
    const timer = setTimeout(() => this.#told(worker.id), lostNamesMs);
    this.#waiting.set(worker.id, { worker, log, timer });
  }

  /** A front has lost its link to a worker, and these requests with it. */
  linkClosed(id: number, front: number, lost: readonly RequestName[]): void {
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    waiting.worker.lost.push(...lost);
    waiting.worker.fronts.delete(front);
    if (waiting.worker.fronts.size === 0) this.#told(id);
  }

  /** Logs what still waits. */
  close(): void {
    for (const id of [...this.#waiting.keys()]) this.#told(id);
  }

  #told(id: number): void {
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    clearTimeout(waiting.timer);
    this.#waiting.delete(id);
    waiting.log();
  }

  #write({ id, pid, state, usage, lost }: Worker, restMs: number | undefined): void {
    if (state.name !== 'exited' || (restMs === undefined && lost.length === 0)) return;
    const oom = this.#latest.find(({ worker }) => worker === id)?.oom ?? false;
    const memoryLimitBytes = oom ? readCgroupLimits().memoryLimitBytes : undefined;
    const { code, signal } = state;
    const reason = state.reason && `it was to end (${state.reason})`;
    const exit = { worker: id, pid, code, signal, oom, memoryLimitBytes, rssBytes: usage?.rssBytes, lost, reason };
    const { message, fields } = describeExit(exit);
    const next = restMs === 0 ? '; a new one starts now' : `; a new one starts in ${Math.ceil(restMs ?? 0)} ms`;
    this.#log.error(restMs === undefined ? message : message + next, fields);
  }

  /** Looks whether the kernel has killed one. Called every now and then: one of long ago must not explain a later exit. */
  look(): void {
    const now = oomKills();
    if ((now ?? 0) > (this.#oomKills ?? 0)) this.#oomAt = performance.now();
    this.#oomKills = now;
  }

  #isOutOfMemory(): boolean {
    this.look();
    return performance.now() - this.#oomAt < oomNewsMs;
  }
}
