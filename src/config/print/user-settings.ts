import { isDeepStrictEqual } from 'node:util';
import type { AccessLogPlan, ErrorLogPlan } from '../../plan/log-plan.ts';
import type { AccessRule, AddedField, Content, ErrorPage, TryFiles } from '../../plan/settings.ts';
import type { Block } from '../config.ts';
import type { IfSettings } from '../schema/user-config.ts';
import type { AccessLog, ErrorLog, Settings } from '../schema/user-settings.ts';
import type { LevelSettings } from '../typed/content.ts';
import { given, picked } from '../typed/conversion.ts';
import { durationText, expiresText, sizeText } from '../units.ts';
import { userCacheUse } from './user-caches.ts';
import { userProxy } from './user-proxy.ts';

/** The settings of a level as a user writes them. `outer` are the fields that answers get from the level around it. */
export function userSettings(block: Block, outer: readonly AddedField[]): LevelSettings {
  return {
    ...userContent(block),
    ...userFiles(block),
    ...userAccess(block),
    ...userLimits(block),
    ...userProxy(block),
    ...given(block.cache, (cache) => ({ cache: userCacheUse(cache) })),
    ...userReply(block, outer),
    ...given(block.accessLogs, (logs) => ({
      accessLog: logs.length === 0 ? false : oneOrMore(logs.map(userAccessLog)),
    })),
    ...given(block.errorLogs, (logs) => ({ errorLog: userErrorLogs(logs) })),
    ...picked(block, ['logsSubrequests']),
  };
}

export function userErrorLogs(logs: readonly ErrorLogPlan[]): ErrorLog | readonly ErrorLog[] {
  return oneOrMore(
    logs.map(({ target, level }) => ({
      to: target.kind === 'file' ? target.path : target.kind,
      ...(level === 'error' ? {} : { level }),
    })),
  );
}

function userAccessLog({ target, format, bufferSize, flushMs, gzipLevel, condition }: AccessLogPlan): AccessLog {
  return {
    to: target.kind === 'file' ? target.path : target.kind,
    ...(format === 'galley' ? {} : { format }),
    ...(bufferSize === 0 ? {} : { buffer: sizeText(bufferSize) }),
    ...(flushMs === 0 ? {} : { flush: durationText(flushMs) }),
    ...(gzipLevel === 0 ? {} : { gzip: gzipLevel }),
    ...(condition === undefined ? {} : { if: condition }),
  };
}

function oneOrMore<T>(values: readonly T[]): T | readonly T[] {
  const [first, ...others] = values;
  return first !== undefined && others.length === 0 ? first : values;
}

function userContent(block: Block): LevelSettings {
  return {
    ...given(block.content, answerOf),
    ...picked(block, ['internal']),
    ...given(block.tryFiles, (tryFiles) => ({ tryFiles: [...tryFiles.candidates, fallbackText(tryFiles.fallback)] })),
    ...given(block.errorPages, (pages) => ({ errorPages: userErrorPages(pages) })),
    ...given(block.maxBodySize, (size) => ({ maxBodySize: sizeText(size) })),
    ...given(block.bodyTimeoutMs, (ms) => ({ bodyTimeout: durationText(ms) })),
    ...picked(block, ['recursiveErrorPages', 'mirrors', 'mirrorsBody']),
    ...picked(block, ['absoluteRedirects', 'portInRedirects', 'serverNameInRedirects']),
    ...given(block.serverHeader, (header) => ({
      serverHeader: header.kind === 'text' ? { text: header.text } : header.kind,
    })),
  };
}

function answerOf(content: Content): LevelSettings {
  switch (content.kind) {
    case 'files':
      return {};
    case 'app':
      return { app: content.app };
    case 'proxy':
      return {};
    case 'stub-status':
      return { stubStatus: true };
    case 'empty-gif':
      return { emptyGif: true };
    case 'return':
      return returnText(content);
  }
}

/** A text without a type is where `redirect` leads. */
function returnText({ status, text, type }: Extract<Content, { kind: 'return' }>): LevelSettings {
  if (text === undefined) return { respond: status };
  if (type === undefined) return { redirect: status === 302 ? text : { to: text, status } };
  if (type !== 'text/plain') return { respond: { ...(status === 200 ? {} : { status }), text, type } };
  return { respond: status === 200 ? text : { status, text } };
}

function fallbackText(fallback: TryFiles['fallback']): string {
  switch (fallback.kind) {
    case 'status':
      return `=${fallback.status}`;
    case 'named':
      return fallback.name;
    case 'uri':
      return fallback.uri;
  }
}

/** As a table where that says the same: one status each, in ascending order. */
function userErrorPages(pages: readonly ErrorPage[]): NonNullable<Settings['errorPages']> {
  const isTable = pages.every(({ statuses: [first, ...others], status }, index) => {
    const before = pages[index - 1]?.statuses[0] ?? 0;
    return first !== undefined && others.length === 0 && status === undefined && first > before;
  });
  if (isTable) return Object.fromEntries(pages.map(({ statuses, target }) => [String(statuses[0]), target]));
  return pages.map(({ statuses, target, status }) => ({
    statuses,
    target,
    ...given(status, (each) => ({ status: each })),
  }));
}

function userFiles(block: Block): Settings {
  return {
    ...given(block.root, ({ path, isAlias }) => ({ root: isAlias ? { path, alias: true } : path })),
    ...given(block.index, (index) => ({ index: oneOrMore(index) })),
    ...given(block.autoindex, (autoindex) => ({ autoindex: onlyEnabled(autoindex) })),
    ...picked(block, ['types', 'defaultType', 'etag', 'ifModifiedSince']),
    ...('maxRanges' in block ? { maxRanges: block.maxRanges ?? 'any' } : {}),
    ...given(block.precompressed, (encodings) => ({ precompressed: userPrecompressed(encodings) })),
    ...picked(block, ['symlinks', 'dotfiles', 'logsNotFound']),
  };
}

function onlyEnabled<T extends { readonly enabled?: boolean }>(group: T): T | boolean {
  return group.enabled !== undefined && Object.keys(group).length === 1 ? group.enabled : group;
}

function userPrecompressed(encodings: NonNullable<Block['precompressed']>): NonNullable<Settings['precompressed']> {
  if (encodings.length === 0) return false;
  const short = encodings.map((each) => (each.always ? each : each.encoding));
  return isDeepStrictEqual(short, ['br', 'zstd', 'gzip']) ? true : short;
}

function userAccess(block: Block): IfSettings {
  return {
    ...given(block.access, (rules) => ({ access: userAccessRules(rules) })),
    ...picked(block, ['satisfy']),
    ...given(block.basicAuth, (auth) => ({ basicAuth: isDeepStrictEqual(auth, { realm: false }) ? false : auth })),
    ...given(block.authRequest, ({ uri, set }) => ({
      authRequest:
        uri !== undefined && set === undefined
          ? uri
          : {
              ...given(uri, (each) => ({ uri: each })),
              ...given(set, (pairs) => ({
                set: Object.fromEntries(pairs.map(({ variable, value }) => [variable, value])),
              })),
            },
    })),
    ...given(block.limitExcept, ({ methods, access, basicAuth }) => ({
      limitExcept: {
        methods,
        ...(access.length > 0 ? { access: userAccessRules(access) } : {}),
        ...given(basicAuth, (auth) => ({ basicAuth: auth })),
      },
    })),
    ...picked(block, ['referers']),
    ...given(block.secureLink, (link) => ({
      secureLink: link.kind === 'secret' ? { secret: link.secret } : picked(link, ['link', 'md5']),
    })),
    ...given(block.userId, (userId) => ({
      userId: isDeepStrictEqual(userId, { mode: false })
        ? false
        : {
            ...picked(userId, ['mode', 'name', 'path', 'flags']),
            ...('domain' in userId ? { domain: userId.domain ?? false } : {}),
            ...('expires' in userId ? { expires: userId.expires ?? false } : {}),
            ...('p3p' in userId ? { p3p: userId.p3p ?? false } : {}),
            ...('mark' in userId ? { mark: userId.mark ?? false } : {}),
            ...('service' in userId ? { service: userId.service ?? false } : {}),
          },
    })),
  };
}

function userAccessRules(rules: readonly AccessRule[]): NonNullable<Settings['access']> {
  return rules.map(({ allow, network }) => (allow ? { allow: network } : { deny: network }));
}

function userLimits(block: Block): Settings {
  return {
    ...given(block.limitRequests, (limits) => ({
      rateLimit:
        limits.length === 0
          ? false
          : oneOrMore(
              limits.map(({ zone, burst, delay }) => ({
                zone,
                ...(burst === 0 ? {} : { burst }),
                ...(delay === 'all' ? {} : { delayAfter: delay }),
              })),
            ),
    })),
    ...given(block.limitRequestsStatus, (status) => ({ rateLimitStatus: status })),
    ...given(block.limitRequestsDryRun, (dryRun) => ({ rateLimitDryRun: dryRun })),
    ...given(block.limitRequestsLogLevel, (level) => ({ rateLimitLogLevel: level })),
    ...given(block.limitConnections, (limits) => ({
      connectionLimit: limits.length === 0 ? false : oneOrMore(limits),
    })),
    ...given(block.limitConnectionsStatus, (status) => ({ connectionLimitStatus: status })),
    ...given(block.limitConnectionsDryRun, (dryRun) => ({ connectionLimitDryRun: dryRun })),
    ...given(block.limitConnectionsLogLevel, (level) => ({ connectionLimitLogLevel: level })),
    ...('limitRate' in block ? { limitRate: block.limitRate ?? false } : {}),
    ...('limitRateAfter' in block ? { limitRateAfter: block.limitRateAfter ?? false } : {}),
  };
}

function userReply(block: Block, outer: readonly AddedField[]): Settings {
  return {
    ...given(block.headers, (headers) => userHeaders(headers, outer)),
    ...given(block.trailers, (trailers) => ({ trailers: userFields(trailers) })),
    ...given(block.expires, (expires) => ({ expires: expires === false ? expires : expiresText(expires) })),
    ...given(block.compression, (compression) => ({ compression: userCompression(compression) })),
    ...picked(block, ['gunzip']),
    ...given(block.charset, (charset) => ({ charset: userCharset(charset) })),
    ...picked(block, ['substitution']),
    ...given(block.addition, (addition) => ({
      addition: {
        ...('before' in addition ? { before: addition.before || false } : {}),
        ...('after' in addition ? { after: addition.after || false } : {}),
        ...picked(addition, ['types']),
      },
    })),
  };
}

function userHeaders(headers: readonly AddedField[], outer: readonly AddedField[]): Settings {
  const own = new Set(headers.map(({ name }) => name.toLowerCase()));
  const wouldStay = outer.some(({ name }) => !own.has(name.toLowerCase()));
  return { headers: userFields(headers), ...(wouldStay ? { inheritHeaders: false } : {}) };
}

/** As a table where that says the same. */
function userFields(fields: readonly AddedField[]): NonNullable<Settings['headers']> {
  const table = Object.fromEntries(fields.map(({ name, value }) => [name, value]));
  const asList = Object.entries(table).map(([name, value]) => ({ name, value, always: true }));
  return isDeepStrictEqual(asList, fields) ? table : fields;
}

function userCompression(compression: NonNullable<Block['compression']>): NonNullable<Settings['compression']> {
  for (const enabled of [true, false]) {
    const each = { enabled };
    if (isDeepStrictEqual(compression, { gzip: each, brotli: each, zstd: each })) return enabled;
  }
  return {
    ...given(compression.gzip, (encoder) => ({ gzip: userEncoder(encoder) })),
    ...given(compression.brotli, (encoder) => ({ brotli: userEncoder(encoder) })),
    ...given(compression.zstd, (encoder) => ({ zstd: userEncoder(encoder) })),
    ...given(compression.minLength, (size) => ({ minLength: sizeText(size) })),
    ...picked(compression, ['types', 'vary', 'proxied', 'httpVersion', 'disable']),
  };
}

type Encoder = NonNullable<NonNullable<Block['compression']>['gzip']>;

function userEncoder(encoder: Encoder): Encoder | boolean | number {
  const { enabled, level } = encoder;
  return enabled === true && level !== undefined ? level : onlyEnabled(encoder);
}

function userCharset(charset: NonNullable<Block['charset']>): NonNullable<Settings['charset']> {
  if (charset.charset !== undefined && Object.keys(charset).length === 1) return charset.charset;
  return {
    ...picked(charset, ['charset']),
    ...('source' in charset ? { source: charset.source ?? false } : {}),
    ...picked(charset, ['override', 'types']),
  };
}
