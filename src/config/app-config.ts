/** One app, before defaults: what `galley MODULE:ATTR` and its options say for one. Units as in AppOptions. */
export interface AppConfig {
  readonly python: string;
  readonly directory?: string;
  readonly interpreter?: string;
  readonly interface?: 'auto' | 'asgi3' | 'asgi2' | 'wsgi';
  readonly factory?: boolean;
  readonly lifespan?: 'auto' | 'on' | 'off';
  readonly rootPath?: string;
  readonly workers?: number | 'auto' | { readonly min: number; readonly max: number };
  readonly threads?: number;
  readonly concurrency?: number;
  readonly queueSize?: number;
  readonly queueTimeoutMs?: number;
  readonly preload?: 'auto' | 'always' | 'never';
  readonly maxRequests?: number;
  readonly maxRequestsJitter?: number;
  readonly maxRssBytes?: number;
  readonly maxLifetimeMs?: number;
  readonly requestTimeoutMs?: number;
  readonly gracefulTimeoutMs?: number;
  readonly environment?: Readonly<Record<string, string>>;
}
