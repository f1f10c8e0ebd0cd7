import type { CacheStore } from '../../cache/cache-store.ts';
import type { Log } from '../../observe/log.ts';
import type { LogFiles } from '../../observe/log-files.ts';
import type { Upstreams } from '../../upstream/upstreams.ts';
import type { ConnectionCounts } from '../content/stub-status.ts';
import type { FileCache } from '../files/file-cache.ts';
import type { LimitZones } from '../limits/limit-zones.ts';
import type { SiteServices } from '../services.ts';

/** What a site is given to run with; what outlives a reload is in here. */
export interface SiteResources {
  /** Galley's own, without a `v`. */
  readonly version: string;
  readonly log: Log;
  readonly files: LogFiles;
  readonly zones: LimitZones;
  readonly cache: FileCache;
  /** Those of the plan, by name. */
  readonly caches: ReadonlyMap<string, CacheStore>;
  readonly upstreams: Upstreams;
  readonly connections: ConnectionCounts;
  readonly app: SiteServices['app'];
  /** Milliseconds since 1970. */
  readonly now: () => number;
}
