import { mimes } from 'mrmime';
import { bufferedBodySize, connectionTimeouts, http2Limits, httpLimits, proxyLimits } from '../core/limits.ts';
import type { ConnectionPlan, RealIpPlan } from '../plan/site-plan.ts';
import type { FullBlock } from './full-block.ts';

/** Types of text that become much smaller when they are compressed. */
const compressedTypes: readonly string[] = [
  'text/html',
  'text/css',
  'text/plain',
  'text/javascript',
  'text/xml',
  'text/csv',
  'text/calendar',
  'text/markdown',
  'text/vcard',
  'text/vtt',
  'application/javascript',
  'application/json',
  'application/ld+json',
  'application/manifest+json',
  'application/geo+json',
  'application/problem+json',
  'application/xml',
  'application/atom+xml',
  'application/rss+xml',
  'application/xhtml+xml',
  'application/wasm',
  'application/vnd.ms-fontobject',
  'font/otf',
  'font/ttf',
  'image/bmp',
  'image/svg+xml',
  'image/x-icon',
];

/** Types whose `content-type` gets a charset. */
const charsetTypes: readonly string[] = [
  'text/html',
  'text/css',
  'text/plain',
  'text/javascript',
  'text/xml',
  'text/csv',
  'text/calendar',
  'text/markdown',
  'text/vtt',
  'application/javascript',
  'application/rss+xml',
];

/** What holds for connections where a server says nothing else. */
export const connectionDefaults: ConnectionPlan = {
  headTimeoutMs: connectionTimeouts.headMs,
  sendTimeoutMs: connectionTimeouts.sendMs,
  keepAliveMs: connectionTimeouts.keepAliveMs,
  keepAliveRequests: 1_000_000, // nginx 1000, to free what a connection has gathered; ours gathers nothing
  keepAliveTimeMs: 3_600_000, // nginx 1 h
  maxHeadSize: httpLimits.maxHeadSize,
  maxFieldSize: httpLimits.maxHeadSize,
  maxFieldCount: httpLimits.maxFieldCount,
  maxTargetSize: httpLimits.maxTargetSize,
  maxStreams: http2Limits.maxStreams,
  underscoresInHeaders: false, // http.md 267: `x_a` and `x-a` are one variable of CGI
};

export const mergeSlashesDefault = true;

/** Over TLS it costs nothing; without it only clients that know of it begin with it. */
export const http2Default = true; // nginx false

/** Where `realIp` says whose word is taken, but not more. */
export const realIpDefaults: Omit<RealIpPlan, 'from'> = { header: 'x-forwarded-for', recursive: true };

/**
 * Galley's own defaults of all that locations have. nginx's are others: the adapter of nginx.conf says each of them in
 * `Config.defaults`.
 */
export const defaults: FullBlock = {
  content: { kind: 'files' },
  internal: false,
  tryFiles: undefined,
  errorPages: [],
  recursiveErrorPages: false,
  mirrors: [],
  mirrorsBody: true,
  maxBodySize: httpLimits.maxBodySize,
  bodyTimeoutMs: connectionTimeouts.bodyMs,
  absoluteRedirects: false, // nginx on, which shows the port behind another proxy
  portInRedirects: true,
  serverNameInRedirects: false,
  serverHeader: { kind: 'name' }, // nginx also tells its version

  // Nothing is below a device: where no root is set, every file is missing.
  root: { path: '/dev/null', isAlias: false },
  index: ['index.html'],
  autoindex: { enabled: false, format: 'html', exactSize: false, localTime: false },
  types: mimes,
  defaultType: 'application/octet-stream',
  etag: true,
  ifModifiedSince: 'before', // nginx exact; RFC 9110 §13.1.3
  maxRanges: 16, // nginx any
  precompressed: [],
  symlinks: 'deny', // nginx allow
  dotfiles: 'deny', // nginx allow
  logsNotFound: false, // nginx on

  access: [],
  satisfy: 'all',
  basicAuth: { realm: false, userFile: '' },
  authRequest: { uri: false, set: [] },
  limitExcept: undefined,
  referers: undefined,
  secureLink: undefined,
  userId: {
    mode: false,
    name: 'uid',
    domain: undefined,
    path: '/',
    expires: undefined,
    p3p: undefined,
    mark: undefined,
    service: undefined,
    flags: [],
  },

  limitRequests: [],
  limitRequestsStatus: 429, // nginx 503; RFC 6585 §4
  limitRequestsDryRun: false,
  limitRequestsLogLevel: 'warn',
  limitConnections: [],
  limitConnectionsStatus: 429, // nginx 503
  limitConnectionsDryRun: false,
  limitConnectionsLogLevel: 'warn',
  limitRate: undefined,
  limitRateAfter: undefined,

  proxy: {
    httpVersion: '1.1', // nginx 1.0 up to 1.29.6
    keepsConnections: true, // nginx off up to 1.29.6
    setFields: [],
    host: 'client', // nginx target
    forwarded: 'x-forwarded', // nginx none
    via: true, // nginx off; RFC 9110 §7.6.3
    passesUpgrade: true, // nginx off
    passesFields: true,
    passesBody: true,
    method: undefined,
    body: undefined,
    redirects: [{ kind: 'default' }],
    cookieDomains: [],
    cookiePaths: [],
    cookieFlags: [],
    hiddenFields: [],
    passedFields: ['date', 'server'], // nginx hides both
    ignoredFields: [],
    passesTrailers: true, // nginx off
    interceptsErrors: false,
    buffers: false, // nginx on
    bufferSize: proxyLimits.bufferSize,
    maxTempFileSize: proxyLimits.maxTempFileSize,
    maxHeadSize: proxyLimits.maxHeadSize,
    buffersRequest: false, // nginx on
    requestBufferSize: bufferedBodySize,
    tempFolder: undefined,
    ignoresClientAbort: false,
    connectTimeoutMs: proxyLimits.connectTimeoutMs,
    sendTimeoutMs: proxyLimits.sendTimeoutMs,
    readTimeoutMs: proxyLimits.readTimeoutMs,
    next: ['error', 'timeout'],
    nextTries: proxyLimits.nextTries,
    nextTimeoutMs: 0,
    bind: undefined,
    socketKeepAlive: false,
    limitRate: undefined,
    forcesRanges: false,
    proxyProtocol: undefined,
    resolver: undefined,
  },
  proxyTls: {
    serverName: true, // nginx off
    name: undefined,
    verify: true, // nginx off
    verifyDepth: 9, // nginx 1
    trustedCertificate: undefined,
    crl: undefined,
    certificate: undefined,
    certificateKey: undefined,
    passwordFile: undefined,
    protocols: [],
    ciphers: undefined,
    sessionReuse: true,
  },
  cache: {
    cache: false,
    rules: 'rfc',
    key: undefined, // nginx: what the upstream is asked for
    valid: [],
    bypass: [],
    noStore: [],
    minUses: 1,
    methods: ['GET', 'HEAD'],
    maxRangeOffset: undefined,
    useStale: ['error', 'timeout', 'updating', 'http_500', 'http_502', 'http_503', 'http_504'], // nginx none
    lock: true, // nginx off
    lockTimeoutMs: 5_000, // nginx 5 s
    lockAgeMs: 5_000, // nginx 5 s
    revalidate: true, // nginx off
    backgroundUpdate: true, // nginx off
    convertsHead: true,
    tellsStatus: true,
    sliceSize: undefined,
    purge: undefined,
    ignoredFields: [],
  },

  headers: [],
  trailers: [],
  expires: false,
  compression: {
    gzip: { enabled: true, level: 5 },
    brotli: { enabled: true, level: 4 },
    zstd: { enabled: true, level: 3 },
    minLength: 1024, // nginx 20
    types: compressedTypes,
    vary: true, // nginx off, and so a cache gives the wrong one
    proxied: ['any'],
    httpVersion: '1.1',
    disable: [],
  },
  gunzip: false,
  charset: { charset: undefined, source: undefined, override: false, types: charsetTypes },
  substitution: { replacements: [], once: true, keepsLastModified: false, types: ['text/html'] },
  addition: { before: undefined, after: undefined, types: ['text/html'] },

  accessLogs: [
    {
      target: { kind: 'stdout' },
      format: 'galley',
      bufferSize: 0,
      flushMs: 0,
      gzipLevel: 0,
      condition: undefined,
    },
  ],
  errorLogs: [], // Galley's own log; nginx logs/error.log
  logsSubrequests: false,
};
