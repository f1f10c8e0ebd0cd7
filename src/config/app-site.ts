import type { Bind } from '../core/bind.ts';
import { httpLimits } from '../core/limits.ts';
import type { AccessLogPlan } from '../site/plan/log-plan.ts';
import type { SitePlan } from '../site/plan/site-plan.ts';
import type { Block, Config } from './config.ts';
import { resolve } from './resolve.ts';

/** Nothing is done to an app's answers that nobody asked for. */
const untouched: Block = {
  compression: { gzip: { enabled: false }, brotli: { enabled: false }, zstd: { enabled: false } },
  charset: { charset: false },
  maxBodySize: 0,
};

const formats = { combined: 'galley', json: 'galley-json' } as const;

/** The site of `galley MODULE:ATTR`: one app answers everything. */
export function appSite(
  app: string,
  binds: readonly Bind[],
  accessLog: 'combined' | 'json' | 'off',
  hostname: string,
): SitePlan {
  const accessLogs: readonly AccessLogPlan[] =
    accessLog === 'off'
      ? []
      : [
          {
            target: { kind: 'stdout' },
            format: formats[accessLog],
            bufferSize: 0,
            flushMs: 0,
            gzipLevel: 0,
            condition: undefined,
          },
        ];
  const config: Config = {
    process: {},
    apps: {},
    variables: [],
    requestZones: [],
    connectionZones: [],
    logFormats: [],
    defaults: { ...untouched, accessLogs },
    servers: [
      {
        listen: binds.map((bind) => ({ bind, isDefault: true })),
        names: [''],
        rules: [],
        mergeSlashes: false,
        connection: { underscoresInHeaders: true, maxBodySize: httpLimits.maxBodySize },
        locations: [
          {
            match: { kind: 'prefix', path: '/', isFinal: false },
            rules: [],
            locations: [],
            // Another server in front may be meant by X-Accel-Redirect.
            content: { kind: 'app', app, passesAccelFields: true },
          },
        ],
      },
    ],
  };
  return resolve(config, { hostname });
}
