import { join } from 'node:path';
import type { ServerBlock } from '../../config.ts';
import type { AdaptContext } from './context.ts';

/** What nginx does where an nginx.conf says nothing: all that could differ from what a typed config has. */
export function nginxDefaults({ prefix, accessLogPath }: AdaptContext): ServerBlock {
  return {
    connection: {
      headTimeoutMs: 60_000,
      keepAliveMs: 75_000,
      keepAliveRequests: 1000,
      keepAliveTimeMs: 3_600_000,
      sendTimeoutMs: 60_000,
      maxHeadSize: 4 * 8192,
      maxFieldSize: 8192,
      maxFieldCount: 1000,
      maxTargetSize: 8192,
      underscoresInHeaders: false,
    },
    mergeSlashes: true,
    realIp: { from: [], header: 'x-real-ip', recursive: false },

    maxBodySize: 1_048_576,
    bodyTimeoutMs: 60_000,
    absoluteRedirects: true,
    portInRedirects: true,
    serverNameInRedirects: false,
    serverHeader: { kind: 'full' },
    recursiveErrorPages: false,
    mirrorsBody: true,

    root: { path: join(prefix, 'html'), isAlias: false },
    index: ['index.html'],
    autoindex: { enabled: false, format: 'html', exactSize: true, localTime: false },
    types: { html: 'text/html', gif: 'image/gif', jpg: 'image/jpeg' },
    defaultType: 'text/plain',
    etag: true,
    ifModifiedSince: 'exact',
    precompressed: [],
    symlinks: 'allow',
    dotfiles: 'allow',
    logsNotFound: true,

    satisfy: 'all',
    userId: { mode: false, name: 'uid', path: '/', flags: [] },
    limitRequestsStatus: 503,
    limitRequestsDryRun: false,
    limitRequestsLogLevel: 'error',
    limitConnectionsStatus: 503,
    limitConnectionsDryRun: false,
    limitConnectionsLogLevel: 'error',

    compression: {
      gzip: { enabled: false, level: 1 },
      brotli: { enabled: false, level: 6 },
      zstd: { enabled: false, level: 1 },
      minLength: 20,
      types: ['text/html'],
      vary: false,
      proxied: ['off'],
      httpVersion: '1.1',
      disable: [],
    },
    gunzip: false,
    charset: {
      charset: false,
      override: false,
      types: [
        'text/html',
        'text/xml',
        'text/plain',
        'text/vnd.wap.wml',
        'application/javascript',
        'application/rss+xml',
      ],
    },
    substitution: { once: true, keepsLastModified: false, types: ['text/html'] },
    addition: { types: ['text/html'] },

    accessLogs: [
      {
        target: accessLogPath === undefined ? { kind: 'stdout' } : { kind: 'file', path: accessLogPath },
        format: 'combined',
        bufferSize: 0,
        flushMs: 0,
        gzipLevel: 0,
        condition: undefined,
      },
    ],
    logsSubrequests: false,
  };
}
