import type { AppOptions } from '../app/options.ts';

/** Where the server listens. */
export type Bind =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

/** How much is logged: each level includes those before it. */
export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

/** All that `galley MODULE:ATTR` needs to know, validated. */
export interface ServeOptions {
  readonly app: AppOptions;
  /** At least one. Port 0 takes a free port. */
  readonly binds: readonly Bind[];
  readonly accessLog: 'combined' | 'json' | 'off';
  readonly logLevel: LogLevel;
  /** Restart the workers when a Python file below the app's folder changes. */
  readonly reload: boolean;
  /** How long requests under way may take to end when the server stops, in milliseconds. */
  readonly gracefulTimeoutMs: number;
}
