import type { AppOptions } from '../app/options.ts';
import type { Bind } from '../core/bind.ts';
import type { WebSocketLimits, WebSocketTimeouts } from '../core/limits.ts';
import type { TrustedPeers } from '../front/trusted-peers.ts';
import type { LogLevel } from '../observe/log.ts';

/** All that `galley MODULE:ATTR` needs to know, validated. */
export interface ServeOptions {
  readonly app: AppOptions;
  /** At least one. Port 0 takes a free port. */
  readonly binds: readonly Bind[];
  /** Nobody has chosen them: the sockets of a service manager take their place. */
  readonly areBindsDefault: boolean;
  /** Who is believed when it tells of its clients; undefined for nobody. */
  readonly trustedPeers: TrustedPeers | undefined;
  /** From 1 to 32. */
  readonly frontThreads: number;
  /** Where `galley status` and its like reach this server: a path of its own in the runtime folder, another absolute path, or nowhere. */
  readonly controlSocket: 'default' | 'off' | { readonly path: string };
  readonly accessLog: 'combined' | 'json' | 'off';
  readonly logLevel: LogLevel;
  readonly webSocketLimits: WebSocketLimits;
  readonly webSocketTimeouts: WebSocketTimeouts;
}
