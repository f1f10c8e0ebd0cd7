import type { ReloadOutcome } from '../../app/status.ts';
import type { CachePurgeRequest } from '../../cache/cache-store.ts';
import type { LogLevel } from '../../observe/log.ts';
import type { CertificateOutcome } from '../../tls/managed/managed-certificates.ts';
import type { CertificateStatus } from '../../tls/supervision/certificate-status.ts';
import type { MemberChange } from '../../upstream/supervision/runtime-changes.ts';
import type { ChangeOutcome } from '../../upstream/supervision/supervised-upstream.ts';
import type { UpstreamStatus } from '../../upstream/upstream-status.ts';
import type { CacheStatus } from '../cache-status.ts';
import type { CertificateAction } from './certificate-routes.ts';
import type { GalleyStatus } from './galley-status.ts';

/** What can be done to a running Galley over its control socket. */
export interface ControlTarget {
  status(): GalleyStatus;
  appNames(): readonly string[];
  /** How many workers of an app there are to be; the same for both ends a fixed number. */
  scale(min: number, max: number, app: string): void;
  /** Resolves when the new version serves, or the old one goes on since the new one fails. */
  reload(): Promise<ReloadOutcome>;
  /** Replaces one worker: a new one is ready first. False where there is no such worker. */
  drain(worker: number, app: string): boolean;
  upstreams(): readonly UpstreamStatus[];
  /** Undefined where there is no such upstream. */
  changeUpstream(name: string, change: MemberChange): ChangeOutcome | undefined;
  caches(): Promise<readonly CacheStatus[]>;
  /** Removes what is meant from a cache. How many entries; undefined where there is no such cache. */
  purge(cache: string, what: CachePurgeRequest): Promise<number | undefined>;
  certificates(): readonly CertificateStatus[];
  /** Undefined where there is no certificate for that name that Galley gets. */
  changeCertificate(action: CertificateAction, name: string): Promise<CertificateOutcome | undefined>;
  setLogLevel(level: LogLevel): void;
  /** Begins a graceful stop. */
  stop(): void;
}
