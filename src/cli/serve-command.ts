import type { AppOptions } from '../app/options.ts';
import type { ProxiedPath } from '../config/one-site.ts';
import type { ProxyUrl } from '../config/proxy-url.ts';
import type { SiteTls } from '../config/site-tls.ts';
import type { Bind } from '../core/bind.ts';
import type { WebSocketLimits, WebSocketTimeouts } from '../core/limits.ts';
import type { TrustedPeers } from '../front/trusted-peers.ts';
import type { LogLevel } from '../observe/log.ts';
import type { ServeOptions } from '../server/options.ts';

/** What `galley` is to serve. */
export type Source =
  | { readonly kind: 'app'; readonly app: AppOptions }
  /** The files below a folder. */
  | { readonly kind: 'folder'; readonly path: string }
  /** Another server that answers. */
  | { readonly kind: 'proxy'; readonly url: ProxyUrl }
  /** A config; with `isLenient` directives of nginx.conf that are not supported are left out. */
  | { readonly kind: 'config'; readonly path: string; readonly isLenient: boolean };

/** What the command line says of a server, before a config is read. */
export interface ServeCommand {
  readonly source: Source;
  /** None with a config. */
  readonly proxies: readonly ProxiedPath[];
  /** At least one. Port 0 takes a free port. */
  readonly binds: readonly Bind[];
  /** None with a config. */
  readonly tls: SiteTls | undefined;
  /** Warnings to begin with, each a sentence. */
  readonly notes: readonly string[];
  /** Nobody has chosen the addresses. */
  readonly areBindsDefault: boolean;
  readonly trustedPeers: TrustedPeers | undefined;
  /** From 1 to 32; undefined where the config may say it. */
  readonly frontThreads: number | undefined;
  readonly gracefulTimeoutMs: number;
  readonly controlSocket: ServeOptions['controlSocket'];
  readonly accessLog: 'combined' | 'json' | 'off';
  readonly logLevel: LogLevel;
  readonly webSocketLimits: WebSocketLimits;
  readonly webSocketTimeouts: WebSocketTimeouts;
}
