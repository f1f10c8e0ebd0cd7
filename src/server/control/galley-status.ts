import type { AppStatus } from '../../app/status.ts';
import type { LogLevel } from '../../observe/log.ts';

/** One front thread, as `galley status` tells. */
export interface FrontThreadStatus {
  readonly index: number;
  /** How often it died and was replaced. */
  readonly restarts: number;
}

/** One upstream in short, as `galley status` tells. */
export interface UpstreamSummary {
  readonly name: string;
  /** Members that get requests. */
  readonly usable: number;
  readonly members: number;
}

/** What `GET /status` of the control socket answers and `galley status --json` prints. */
export interface GalleyStatus {
  readonly galley: string;
  readonly pid: number;
  readonly state: 'running' | 'stopping';
  /** ISO 8601. */
  readonly startedAt: string;
  readonly uptimeMs: number;
  /** Where it listens, as URLs or `unix:` and a path. */
  readonly addresses: readonly string[];
  readonly logLevel: LogLevel;
  readonly frontThreads: readonly FrontThreadStatus[];
  readonly apps: readonly AppStatus[];
  readonly upstreams: readonly UpstreamSummary[];
}
