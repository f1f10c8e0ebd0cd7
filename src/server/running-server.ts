import type { PythonFound } from '../app/python.ts';
import type { ReloadOutcome } from '../app/status.ts';
import type { AppSupervisor } from '../app/supervision/supervisor.ts';
import type { LoadedApp } from '../app/supervision/zygote.ts';
import type { Bind } from '../core/bind.ts';
import { appShutdownMs, stopLastCallMs, upgradeLastCallMs } from '../core/limits.ts';
import { bindText } from '../front/listen.ts';
import { SocketFile } from '../front/socket-file.ts';
import type { Log, LogLevel, LogThreshold } from '../observe/log.ts';
import type { OpenControl } from './control/control-server.ts';
import type { ControlTarget } from './control/control-target.ts';
import type { GalleyStatus } from './control/galley-status.ts';
import type { FrontThreads, Listening } from './front-threads.ts';
import type { InheritedSocket, ListenPlan } from './inherited-sockets.ts';
import type { ServeOptions } from './options.ts';
import type { SocketFolder } from './socket-folder.ts';
import type { ServiceManager } from './systemd.ts';
import { startUpgrade, UpgradeError } from './upgrade.ts';
import { version } from './version.ts';

/** What a server is made of. */
export interface ServerParts {
  readonly options: ServeOptions;
  readonly log: Log;
  readonly threshold: LogThreshold;
  /** Which interpreter runs the app and why that one, in a few words. */
  readonly python: PythonFound;
  readonly folder: SocketFolder;
  readonly fronts: FrontThreads;
  readonly supervisor: AppSupervisor;
  readonly service: ServiceManager;
  /** A stop is wanted: why, and with which exit code. */
  askStop(why: string, exitCode: number): void;
}

/** A server that answers requests, and what can be done to it. */
export class RunningServer implements ControlTarget {
  readonly python: PythonFound;
  /** Undefined where it could not start and a change is waited for, with `--reload`. */
  app: LoadedApp | undefined;
  /** Whether there is no app yet since its start was given up for one with a newer version, which is under way. */
  isRestarting = false;
  unwatch: (() => void) | undefined;
  control: OpenControl | undefined;
  readonly #parts: ServerParts;
  readonly #startedAt: number = Date.now();
  readonly #upgrading: AbortController = new AbortController();
  #binds: readonly Bind[] = [];
  /** The files of Unix sockets that are ours to delete, by path. */
  readonly #files: Map<string, SocketFile> = new Map();
  /** Whether the files of inherited sockets are ours too. */
  #hasTakenOver = false;
  #isStopping = false;

  constructor(parts: ServerParts) {
    this.#parts = parts;
    this.python = parts.python;
  }

  /** Where it listens, with the ports it really has. */
  get binds(): readonly Bind[] {
    return this.#binds;
  }

  get isStopping(): boolean {
    return this.#isStopping;
  }

  get workerPids(): readonly number[] {
    return this.#parts.supervisor.workerPids;
  }

  /** How it does, in a few words. */
  get summary(): string {
    const count = this.workerPids.length;
    return `${this.#parts.options.app.target} on ${this.binds.map(bindText).join(', ')}, ${count} worker${count === 1 ? '' : 's'}`;
  }

  /** The app has been started, or could not. */
  started(first: LoadedApp | 'restarting' | undefined): void {
    this.isRestarting = first === 'restarting';
    this.app = first === 'restarting' ? undefined : first;
  }

  /** Throws ListenError. */
  async listen(plans: readonly ListenPlan[]): Promise<void> {
    const { fronts } = this.#parts;
    await fronts.listen(plans);
    this.#binds = [...new Map(fronts.listening.map(({ bind }) => [bindText(bind), bind])).values()];
  }

  /** These are listened on from now on. A file that was made for one is ours to delete. */
  listening(sockets: readonly Listening[]): void {
    for (const { bind, plan } of sockets) {
      const isOurs = plan.origin === 'galley' && (this.#hasTakenOver || plan.fds.length === 0);
      if (bind.kind !== 'unix' || !isOurs) continue;
      this.#files.get(bind.path)?.leave();
      this.#files.set(bind.path, new SocketFile(bind.path));
    }
  }

  /** The process that the sockets were inherited from leaves all to this one; until then it may have to serve on. */
  takeOver(): void {
    this.#hasTakenOver = true;
    this.listening(this.#parts.fronts.listening);
  }

  status(): GalleyStatus {
    const { fronts, supervisor, threshold } = this.#parts;
    return {
      galley: version,
      pid: process.pid,
      state: this.#isStopping ? 'stopping' : 'running',
      startedAt: new Date(this.#startedAt).toISOString(),
      uptimeMs: Date.now() - this.#startedAt,
      addresses: this.binds.map((bind) => (bind.kind === 'tcp' ? `http://${bindText(bind)}` : bindText(bind))),
      logLevel: threshold.level,
      frontThreads: fronts.restarts.map((restarts, index) => ({ index, restarts })),
      apps: [supervisor.status()],
    };
  }

  scale(min: number, max: number): void {
    this.#parts.supervisor.scale(min, max);
  }

  /** So many workers more, or less where it is negative. */
  scaleBy(step: number): void {
    this.#parts.supervisor.scaleBy(step);
  }

  /** Starts a new version of the app and replaces the workers by it; see AppSupervisor. */
  async reload(): Promise<ReloadOutcome> {
    const { service, supervisor } = this.#parts;
    if (this.#isStopping) return { ok: false, text: 'Galley is stopping' };
    service.reloading();
    const outcome = await supervisor.reload();
    service.ready(outcome.ok ? this.summary : outcome.text);
    return outcome;
  }

  drain(worker: number): boolean {
    return this.#parts.supervisor.replaceWorker(worker);
  }

  setLogLevel(level: LogLevel): void {
    const { threshold, fronts, log } = this.#parts;
    threshold.level = level;
    fronts.announce({ kind: 'log-level', level });
    log.info(`the log level is ${level} from now on`);
  }

  stop(): void {
    this.#parts.askStop('galley stop', 0);
  }

  /** Starts Galley once more and hands the listening sockets over; then this one is to be ended. Throws UpgradeError. */
  async upgrade(): Promise<number> {
    if (this.#isStopping) throw new UpgradeError('Cannot upgrade: Galley is stopping');
    const sockets = this.#parts.fronts.listening.map(({ plan, fd }): InheritedSocket => {
      return { bind: plan.bind, fd, origin: plan.origin };
    });
    const [program = '', ...argv] = process.argv.slice(1);
    const { pid } = await startUpgrade({ sockets, argv, program, signal: this.#upgrading.signal });
    for (const file of this.#files.values()) file.leave();
    this.#files.clear();
    return pid;
  }

  /** Ends requests under way, at most so long, then the app. `isReplaced`: a new process serves meanwhile, so clients may take their time. */
  async end(graceMs: number, isReplaced = false): Promise<void> {
    const { fronts, supervisor, service, log, folder } = this.#parts;
    const deadline = performance.now() + graceMs;
    this.#isStopping = true;
    this.#upgrading.abort();
    this.unwatch?.();
    if (isReplaced) service.close();
    else service.stopping();
    supervisor.announceStop();
    const cut = await fronts.close(graceMs, isReplaced ? upgradeLastCallMs : stopLastCallMs);
    if (cut > 0) log.warn(`${cut} connections had not ended after ${graceMs} ms and were cut`);
    await supervisor.stop(Math.max(Math.min(graceMs, appShutdownMs), deadline - performance.now()));
    service.close();
    await fronts.end();
    await this.control?.close();
    for (const file of this.#files.values()) file.remove();
    await folder.remove();
  }
}
