import type { FromFront } from '../app/front-message.ts';
import type { AppOptions } from '../app/options.ts';
import { PythonNotFound } from '../app/python.ts';
import { AppStartError } from '../app/start-error.ts';
import type { ReloadOutcome } from '../app/status.ts';
import { OneAtATime } from '../app/supervision/one-at-a-time.ts';
import type { CachePurgeRequest } from '../cache/cache-store.ts';
import type { Bind } from '../core/bind.ts';
import { appShutdownMs, stopLastCallMs, upgradeLastCallMs } from '../core/limits.ts';
import { bindText, ListenError } from '../front/listen.ts';
import { SocketFile } from '../front/socket-file.ts';
import type { LogLevel } from '../observe/log.ts';
import { type CertificateOutcome, ManagedCertificates } from '../tls/managed/managed-certificates.ts';
import { OcspStapler } from '../tls/ocsp/ocsp-stapler.ts';
import type { CertificateStatus } from '../tls/supervision/certificate-status.ts';
import { TlsSupervisor, type WantedCertificate } from '../tls/supervision/tls-supervisor.ts';
import { TlsFileError } from '../tls/tls-file-error.ts';
import type { UpstreamMembers } from '../upstream/member.ts';
import type { MemberChange } from '../upstream/supervision/runtime-changes.ts';
import type { ChangeOutcome } from '../upstream/supervision/supervised-upstream.ts';
import { UpstreamSupervisor } from '../upstream/supervision/upstream-supervisor.ts';
import type { UpstreamStatus } from '../upstream/upstream-status.ts';
import { AppRunner, type AppSurroundings } from './app-runner.ts';
import { type CacheStatus, cacheStatuses } from './cache-status.ts';
import type { CertificateAction } from './control/certificate-routes.ts';
import type { OpenControl } from './control/control-server.ts';
import type { ControlTarget } from './control/control-target.ts';
import type { GalleyStatus } from './control/galley-status.ts';
import type { FrontThreads, Listening } from './front-threads.ts';
import type { InheritedSocket, ListenPlan } from './inherited-sockets.ts';
import type { ServeOptions, ServeSurroundings } from './options.ts';
import { ServedSite } from './served-site.ts';
import { type Serving, ServingError } from './serving.ts';
import type { SocketFolder } from './socket-folder.ts';
import { ServiceManager } from './systemd.ts';
import { startUpgrade, type Upgrade, UpgradeError } from './upgrade.ts';
import { version } from './version.ts';

/** What a server is made of. */
export interface ServerParts extends ServeSurroundings {
  readonly options: ServeOptions;
  readonly folder: SocketFolder;
  readonly fronts: FrontThreads;
  /** A monotonic clock in milliseconds that all threads share. */
  now(): number;
}

/** A server that answers requests, and what can be done to it. */
export class RunningServer implements ControlTarget {
  control: OpenControl | undefined;
  readonly #parts: ServerParts;
  readonly #surroundings: AppSurroundings;
  readonly #upstreams: UpstreamSupervisor;
  readonly #tls: TlsSupervisor;
  readonly #certificates: ManagedCertificates;
  readonly #site: ServedSite;
  readonly #service: ServiceManager;
  readonly #startedAt: number = Date.now();
  readonly #upgrading: AbortController = new AbortController();
  /** In the order of the config. */
  #apps: readonly AppRunner[] = [];
  /** Those that a reload starts. */
  #coming: AppRunner[] = [];
  /** Those that a reload has replaced and that still end. */
  readonly #leaving: Map<AppRunner, Promise<void>> = new Map();
  /** The files of Unix sockets that are ours to delete, by path. */
  readonly #files: Map<string, SocketFile> = new Map();
  /** Whether the files of inherited sockets are ours too. */
  #hasTakenOver = false;
  /** The process that the sockets were inherited from. */
  #before: number | undefined;
  #isStopping = false;
  readonly #reloads: OneAtATime<ReloadOutcome> = new OneAtATime();

  constructor(parts: ServerParts) {
    const { fronts, folder, log, now } = parts;
    this.#parts = parts;
    this.#surroundings = { fronts, folder: folder.path, log, now };
    const changed = (members: UpstreamMembers): void => fronts.setMembers(members);
    this.#upstreams = new UpstreamSupervisor({ frontCount: fronts.count, log, now, changed });
    this.#certificates = new ManagedCertificates({
      log,
      challengesChanged: (challenges) => fronts.announce({ kind: 'acme-challenges', challenges }),
    });
    this.#tls = new TlsSupervisor({
      log,
      changed: (materials, generation) => fronts.setMaterials(materials, generation),
      changedOnDemand: (name) => fronts.forgetCertificate(name),
      issuers: this.#certificates,
      stapler: new OcspStapler({ log, now: Date.now, random: Math.random }),
      now: () => new Date(),
    });
    this.#site = new ServedSite(fronts, this.#upstreams, this.#tls, log);
    this.#service = new ServiceManager({
      environment: process.env,
      pid: process.pid,
      send: (text) => this.#apps[0]?.supervisor.notify(text),
      nowMicroseconds: () => process.hrtime.bigint() / 1_000n,
    });
  }

  get apps(): readonly AppRunner[] {
    return this.#apps;
  }

  /** Where it listens, with the ports it really has. */
  get binds(): readonly Bind[] {
    return [...new Map(this.#parts.fronts.listening.map(({ bind }) => [bindText(bind), bind])).values()];
  }

  /** Where it listens, as URLs or `unix:` and a path. */
  get addresses(): readonly string[] {
    const addresses = this.#parts.fronts.listening.map(({ listener, bind }) => {
      if (bind.kind === 'unix') return bindText(bind);
      return `${this.#site.hasTls(listener) ? 'https' : 'http'}://${bindText(bind)}`;
    });
    return [...new Set(addresses)];
  }

  get isStopping(): boolean {
    return this.#isStopping;
  }

  get workerPids(): readonly number[] {
    return this.#apps.flatMap(({ supervisor }) => supervisor.workerPids);
  }

  /** How it does, in a few words. */
  get summary(): string {
    const count = this.workerPids.length;
    const workers = this.#apps.length === 0 ? '' : `, ${count} worker${count === 1 ? '' : 's'}`;
    return `${this.#parts.options.title} on ${this.binds.map(bindText).join(', ')}${workers}`;
  }

  /** Starts the apps, then listens where `planOf` says. Throws as startServer. */
  async start(planOf: (binds: readonly Bind[]) => readonly ListenPlan[]): Promise<void> {
    const { serving } = this.#parts.options;
    for (const app of serving.apps) this.#apps = [...this.#apps, await AppRunner.open(app, this.#surroundings)];
    await Promise.all(this.#apps.map((app) => app.start()));
    await this.#site.start(serving.site, this.#apps, planOf);
  }

  /** The service manager hears that this process serves. */
  tellReady(): void {
    this.#service.ready(this.summary);
  }

  /** What a front thread says of the workers of an app. */
  told(front: number, app: number, message: FromFront): void {
    this.#running()
      .find(({ id }) => id === app)
      ?.receive(front, message);
  }

  /** A front thread asks for the certificate of a name, which is got on demand. */
  async certificateWanted(front: number, wanted: WantedCertificate): Promise<void> {
    this.#parts.fronts.answerCertificate(front, wanted, await this.#tls.wanted(wanted));
  }

  frontClosed(front: number): void {
    for (const app of this.#running()) app.frontClosed(front);
    this.#upstreams.frontClosed(front);
  }

  frontOpened(front: number): void {
    for (const app of this.#running()) app.frontOpened(front);
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
    this.#before = process.ppid;
    this.listening(this.#parts.fronts.listening);
  }

  status(): GalleyStatus {
    const { fronts, threshold } = this.#parts;
    return {
      galley: version,
      pid: process.pid,
      state: this.#isStopping ? 'stopping' : 'running',
      startedAt: new Date(this.#startedAt).toISOString(),
      uptimeMs: Date.now() - this.#startedAt,
      addresses: this.addresses,
      logLevel: threshold.level,
      frontThreads: fronts.restarts.map((restarts, index) => ({ index, restarts })),
      apps: this.#apps.map(({ supervisor }) => supervisor.status()),
      upstreams: this.upstreams().map(({ name, members }) => {
        return { name, usable: members.filter(({ state }) => state === 'up').length, members: members.length };
      }),
    };
  }

  appNames(): readonly string[] {
    return this.#apps.map(({ options }) => options.name);
  }

  scale(min: number, max: number, app: string): void {
    this.#appNamed(app)?.supervisor.scale(min, max);
  }

  /** So many workers more of each app, or less where it is negative. */
  scaleBy(step: number): void {
    for (const { supervisor } of this.#apps) supervisor.scaleBy(step);
  }

  /** Reads the config again and starts new versions of the apps; where that fails, all goes on as before. Calls that wait are one; none waits for a start that hangs. */
  reload(): Promise<ReloadOutcome> {
    for (const { supervisor } of this.#running()) supervisor.giveUpHanging();
    return this.#reloads.runLatest(() => this.#reload());
  }

  drain(worker: number, app: string): boolean {
    return this.#appNamed(app)?.supervisor.replaceWorker(worker) ?? false;
  }

  upstreams(): readonly UpstreamStatus[] {
    return this.#upstreams.status();
  }

  changeUpstream(name: string, change: MemberChange): ChangeOutcome | undefined {
    return this.#upstreams.change(name, change);
  }

  async caches(): Promise<readonly CacheStatus[]> {
    return cacheStatuses(await this.#parts.fronts.cacheCounts());
  }

  purge(cache: string, what: CachePurgeRequest): Promise<number | undefined> {
    return this.#parts.fronts.purge(cache, what);
  }

  certificates(): readonly CertificateStatus[] {
    return this.#tls.status();
  }

  changeCertificate(action: CertificateAction, name: string): Promise<CertificateOutcome | undefined> {
    return this.#certificates[action](name);
  }

  setLogLevel(level: LogLevel): void {
    const { threshold, fronts, log } = this.#parts;
    threshold.level = level;
    fronts.announce({ kind: 'log-level', level });
    log.info(`the log level is ${level} from now on`);
  }

  /** The log files were rotated: new ones are opened. */
  reopenLogs(): void {
    this.#parts.fronts.reopenLogs();
  }

  /** Accepts no more connections, and serves on those that are there. */
  stopListening(): void {
    this.#site.stopListening();
  }

  stop(): void {
    this.#parts.askStop('galley stop', 0);
  }

  /** Starts Galley once more and hands the listening sockets over; then this one is to be ended. Where the other one ends before, this one goes on. Throws UpgradeError. */
  async upgrade(): Promise<Upgrade> {
    if (this.#isStopping) throw new UpgradeError('Cannot upgrade: Galley is stopping');
    const sockets = this.#parts.fronts.listening.map(({ plan, fd }): InheritedSocket => {
      return { bind: plan.bind, fd, origin: plan.origin };
    });
    const [program = '', ...argv] = process.argv.slice(1);
    const upgrade = await startUpgrade({ sockets, argv, program, signal: this.#upgrading.signal });
    const files = [...this.#files];
    for (const [, file] of files) file.leave();
    this.#files.clear();
    void upgrade.ended.then(() => {
      if (this.#isStopping) return;
      for (const [path] of files) if (this.#site.isOn(path)) this.#files.set(path, new SocketFile(path));
      this.#site.tryNow();
    });
    return upgrade;
  }

  /** Ends requests under way, at most so long, then the apps. `isReplaced`: a new process serves meanwhile, so clients may take their time. */
  async end(graceMs: number, isReplaced = false): Promise<void> {
    const { fronts, log, folder } = this.#parts;
    const deadline = performance.now() + graceMs;
    this.#isStopping = true;
    this.#upgrading.abort();
    this.#site.stopTrying();
    for (const app of this.#running()) app.unwatch();
    if (isReplaced) this.#service.close();
    else this.#service.stopping();
    for (const { supervisor } of this.#running()) supervisor.announceStop();
    const cut = await fronts.close(graceMs, isReplaced ? upgradeLastCallMs : stopLastCallMs);
    if (cut > 0) log.warn(`${cut} connections had not ended after ${graceMs} ms and were cut`);
    const leftMs = Math.max(Math.min(graceMs, appShutdownMs), deadline - performance.now());
    await Promise.all([...this.#apps, ...this.#coming].map((app) => app.stop(leftMs)));
    await this.#leftWithin(leftMs);
    this.#service.close();
    this.#upstreams.close();
    this.#tls.close();
    await fronts.end();
    await this.control?.close();
    for (const file of this.#files.values()) {
      // The process before this one, where it has not ended, serves there.
      if (process.ppid === this.#before) file.leave();
      else file.remove();
    }
    await folder.remove();
  }

  /** Apps that a reload has replaced end by themselves; those that have not yet do when this process has. */
  async #leftWithin(mostMs: number): Promise<void> {
    if (this.#leaving.size === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const late = setTimeout(resolve, mostMs);
    await Promise.race([Promise.all(this.#leaving.values()), promise]);
    clearTimeout(late);
  }

  #running(): readonly AppRunner[] {
    return [...this.#apps, ...this.#coming, ...this.#leaving.keys()];
  }

  #appNamed(name: string): AppRunner | undefined {
    return this.#apps.find(({ options }) => options.name === name);
  }

  async #reload(): Promise<ReloadOutcome> {
    const { reread } = this.#parts.options;
    if (this.#isStopping) return { ok: false, text: 'Galley is stopping' };
    this.#service.reloading();
    let outcome: ReloadOutcome = { ok: false, text: 'A defect of Galley, which its log tells of' };
    try {
      if (!reread) await this.#tls.refresh();
      outcome = await (reread ? this.#reread(reread) : this.#reloadApps(this.#apps));
    } catch (error) {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.#parts.log.error('a defect of Galley, please report it', { text });
    }
    this.#service.ready(outcome.ok ? this.summary : outcome.text);
    return outcome;
  }

  /** Apps that run as before load their code anew. */
  async #reloadApps(apps: readonly AppRunner[]): Promise<ReloadOutcome> {
    const outcomes = await Promise.all(apps.map(({ supervisor }) => supervisor.reload()));
    const outcome = outcomes.find(({ ok }) => !ok) ?? outcomes[0];
    if (outcome) return outcome;
    const text = 'There is no app to load anew';
    this.#parts.log.info(text);
    return { ok: true, text };
  }

  async #reread(reread: () => Promise<Serving>): Promise<ReloadOutcome> {
    const { log } = this.#parts;
    try {
      const { site, apps, process: own } = await reread();
      const next = await this.#openApps(apps);
      const kept = next.filter((app) => this.#apps.includes(app));
      const outcome = await this.#reloadApps(kept);
      if (!outcome.ok) throw new ServingError(outcome.text);
      await Promise.all(this.#coming.map((app) => app.start()));
      await this.#site.change(site, next).finally(() => this.#removeFiles());
      this.#replaceApps(next);
      if (own) {
        this.#parts.fronts.announce({ kind: 'error-logs', errorLogs: own.errorLogs ?? [] });
        this.#parts.processChanged?.(own);
      }
      log.info('the config was read again and is in use');
      return { ok: true, text: kept.length > 0 ? outcome.text : 'The config was read again and is in use' };
    } catch (error) {
      const coming = this.#coming;
      this.#coming = [];
      for (const app of coming) this.#leave(app);
      const text = reloadProblem(error);
      if (text === undefined) throw error;
      const [first, ...more] = text.split('\n');
      const traceback = error instanceof AppStartError ? error.traceback : '';
      log.error(`the config in use stays: ${first}`, { text: [...more, traceback].join('\n') });
      return { ok: false, text, ...(error instanceof AppStartError ? { traceback } : {}) };
    }
  }

  /** The runs of these apps: those that there are where nothing about them has changed. */
  async #openApps(apps: readonly AppOptions[]): Promise<readonly AppRunner[]> {
    const next: AppRunner[] = [];
    for (const options of apps) {
      const same = this.#apps.find((app) => app.isAs(options));
      const app = same ?? (await AppRunner.open(options, this.#surroundings));
      if (!same) this.#coming.push(app);
      next.push(app);
    }
    return next;
  }

  #replaceApps(next: readonly AppRunner[]): void {
    const gone = this.#apps.filter((app) => !next.includes(app));
    this.#apps = next;
    this.#coming = [];
    for (const app of gone) this.#leave(app);
  }

  /** Those of sockets that a reload has closed. */
  #removeFiles(): void {
    for (const [path, file] of this.#files) {
      if (this.#site.isOn(path)) continue;
      file.remove();
      this.#files.delete(path);
    }
  }

  /** Ends an app that nothing leads to any more, when its requests have ended. */
  #leave(app: AppRunner): void {
    const ended = app.leave(app.options.gracefulTimeoutMs).finally(() => this.#leaving.delete(app));
    this.#leaving.set(app, ended);
  }
}

/** What is wrong with a config, for who has changed it; undefined for a defect of ours. */
function reloadProblem(error: unknown): string | undefined {
  const known = [ServingError, AppStartError, ListenError, PythonNotFound, TlsFileError];
  return known.some((kind) => error instanceof kind) ? (error as Error).message : undefined;
}
