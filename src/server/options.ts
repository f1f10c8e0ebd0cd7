import type { ProcessConfig } from '../config/config.ts';
import type { WebSocketLimits, WebSocketTimeouts } from '../core/limits.ts';
import type { TrustedPeers } from '../front/trusted-peers.ts';
import type { ErrorLogTarget } from '../observe/error-log.ts';
import type { Log, LogLevel, LogThreshold } from '../observe/log.ts';
import type { Serving } from './serving.ts';

/** All that a server needs to know, validated. */
export interface ServeOptions {
  /** What is served, in a few words: `main:app`, or the path of a config. */
  readonly title: string;
  readonly serving: Serving;
  /** Reads what is to be served again, for a reload. Throws ServingError. Undefined where there is no config. */
  readonly reread: (() => Promise<Serving>) | undefined;
  /** Warnings to begin with, each a sentence. */
  readonly notes: readonly string[];
  /** Nobody has chosen the addresses: the sockets of a service manager take their place. */
  readonly areBindsDefault: boolean;
  /** Who is believed when it tells of its clients; undefined for nobody, `site` where each server of a config says it. */
  readonly trustedPeers: TrustedPeers | undefined | 'site';
  /** From 1 to 32. */
  readonly frontThreads: number;
  /** Client connections of each front thread at most; undefined for what the limit of open files allows. */
  readonly maxConnections: number | undefined;
  /** How long requests may take to end on a stop, in milliseconds. */
  readonly gracefulTimeoutMs: number;
  /** Where `galley status` and its like reach this server: a path of its own in the runtime folder, another absolute path, or nowhere. */
  readonly controlSocket: 'default' | 'off' | { readonly path: string };
  /** As in SharedFrontSettings. */
  readonly errorLogs: readonly ErrorLogTarget[];
  readonly logLevel: LogLevel;
  readonly webSocketLimits: WebSocketLimits;
  readonly webSocketTimeouts: WebSocketTimeouts;
}

/** What a server tells of itself, and to whom. */
export interface ServeSurroundings {
  readonly log: Log;
  readonly threshold: LogThreshold;
  /** A stop is wanted, over the control socket or since Galley cannot go on: why, and with which exit code. */
  askStop(why: string, exitCode: number): void;
  /** The config was read again and is in use; this is what it says of the process. */
  processChanged?(own: ProcessConfig): void;
}
