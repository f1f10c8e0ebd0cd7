import type { AppStatus, ReloadOutcome, WorkerStatus } from '../../src/app/status.ts';
import type { CachePurgeRequest } from '../../src/cache/cache-store.ts';
import type { LogLevel } from '../../src/observe/log.ts';
import type { CacheStatus } from '../../src/server/cache-status.ts';
import type { CertificateAction } from '../../src/server/control/certificate-routes.ts';
import type { ControlTarget } from '../../src/server/control/control-target.ts';
import type { GalleyStatus } from '../../src/server/control/galley-status.ts';
import type { CertificateOutcome } from '../../src/tls/managed/managed-certificates.ts';
import type { CertificateStatus } from '../../src/tls/supervision/certificate-status.ts';
import type { MemberChange } from '../../src/upstream/supervision/runtime-changes.ts';
import type { ChangeOutcome } from '../../src/upstream/supervision/supervised-upstream.ts';
import type { MemberStatus, UpstreamStatus } from '../../src/upstream/upstream-status.ts';

/** A worker that is ready and has answered 1000 requests. */
export function workerStatus(given: Partial<WorkerStatus> = {}): WorkerStatus {
  return {
    id: 1,
    pid: 4712,
    state: 'ready',
    reason: null,
    leader: false,
    version: 1,
    requests: 1_000,
    inFlight: 0,
    latencyMs: { p50: 1.23, p95: 8, p99: 20.4 },
    rssBytes: 48 * 1024 ** 2,
    cpuShare: 0.12,
    uptimeMs: 60_000,
    ...given,
  };
}

/** An app with one worker, on which nothing waits. */
export function appStatus(given: Partial<AppStatus> = {}): AppStatus {
  return {
    name: 'main:app',
    interface: 'asgi3',
    version: 1,
    lastReload: null,
    scale: { min: 1, max: 1, wanted: 1 },
    requests: 1_000,
    inFlight: 0,
    latencyMs: { p50: 1.23, p95: 8, p99: 20.4 },
    queue: {
      depth: 0,
      limit: 1_000,
      timeoutMs: 30_000,
      oldestMs: 0,
      waitMs: { p50: null, p95: null, p99: null },
      refusedFull: 0,
      refusedTimeout: 0,
    },
    workers: [workerStatus({ leader: true })],
    exits: [],
    ...given,
  };
}

/** A Galley of one app, started at the beginning of 2026 a minute before. */
export function galleyStatus(given: Partial<GalleyStatus> = {}): GalleyStatus {
  return {
    galley: '0.1.0',
    pid: 4711,
    state: 'running',
    startedAt: '2026-01-01T00:00:00.000Z',
    uptimeMs: 60_000,
    addresses: ['http://127.0.0.1:8000'],
    logLevel: 'info',
    frontThreads: [{ index: 0, restarts: 0 }],
    apps: [appStatus()],
    upstreams: [],
    ...given,
  };
}

/** A member that has answered 1000 requests, of which one failed. */
export function memberStatus(given: Partial<MemberStatus> = {}): MemberStatus {
  return {
    address: '127.0.0.1:8001',
    name: '127.0.0.1:8001',
    state: 'up',
    weight: 1,
    backup: false,
    active: 2,
    requests: 1_000,
    failures: 1,
    lastCheck: null,
    ...given,
  };
}

/** A cache of 10 MiB on the disk. */
export function cacheStatus(given: Partial<CacheStatus> = {}): CacheStatus {
  return {
    name: 'pages',
    isOnDisk: true,
    entries: 120,
    bytes: 10 * 1024 ** 2,
    hits: 900,
    misses: 100,
    evicted: 5,
    discarded: 0,
    ...given,
  };
}

/** A certificate for two names that a CA is asked for. */
export function certificateStatus(given: Partial<CertificateStatus> = {}): CertificateStatus {
  return {
    source: 'acme',
    from: 'ca',
    names: ['a.test', 'www.a.test'],
    issuer: undefined,
    validUntil: '2026-03-01T00:00:00.000Z',
    renewsAt: '2026-02-01T00:00:00.000Z',
    failure: undefined,
    ...given,
  };
}

/** An upstream with one member. */
export function upstreamStatus(given: Partial<UpstreamStatus> = {}): UpstreamStatus {
  return { name: 'app', members: [memberStatus()], ...given };
}

/** A Galley that notes what it is told, and has one worker, number 1. */
export class FakeTarget implements ControlTarget {
  readonly calls: unknown[] = [];
  current: GalleyStatus = galleyStatus();
  outcome: ReloadOutcome = { ok: true, text: 'version 2 serves' };
  members: readonly UpstreamStatus[] = [];
  kept: readonly CacheStatus[] = [];
  known: readonly CertificateStatus[] = [];
  certificateOutcome: CertificateOutcome = { ok: true };
  changeOutcome: ChangeOutcome = { ok: true, text: '127.0.0.1:8001 was removed' };
  /** Called by `stop`. */
  stopped: () => void = () => {};

  status(): GalleyStatus {
    return this.current;
  }

  appNames(): readonly string[] {
    return this.current.apps.map(({ name }) => name);
  }

  scale(min: number, max: number): void {
    this.calls.push(['scale', min, max]);
  }

  async reload(): Promise<ReloadOutcome> {
    this.calls.push(['reload']);
    return this.outcome;
  }

  drain(worker: number): boolean {
    this.calls.push(['drain', worker]);
    return worker === 1;
  }

  upstreams(): readonly UpstreamStatus[] {
    return this.members;
  }

  changeUpstream(name: string, change: MemberChange): ChangeOutcome | undefined {
    if (!this.members.some((upstream) => upstream.name === name)) return undefined;
    this.calls.push([name, change]);
    return this.changeOutcome;
  }

  async caches(): Promise<readonly CacheStatus[]> {
    return this.kept;
  }

  async purge(cache: string, what: CachePurgeRequest): Promise<number | undefined> {
    if (!this.kept.some(({ name }) => name === cache)) return undefined;
    this.calls.push(['purge', cache, what]);
    return 1;
  }

  certificates(): readonly CertificateStatus[] {
    return this.known;
  }

  async changeCertificate(action: CertificateAction, name: string): Promise<CertificateOutcome | undefined> {
    if (!this.known.some(({ names }) => names.includes(name))) return undefined;
    this.calls.push([action, name]);
    return this.certificateOutcome;
  }

  setLogLevel(level: LogLevel): void {
    this.calls.push(['log-level', level]);
  }

  stop(): void {
    this.calls.push(['stop']);
    this.stopped();
  }
}
