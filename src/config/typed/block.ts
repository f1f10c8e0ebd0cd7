import type { ErrorPage, TryFiles } from '../../plan/settings.ts';
import type { Block } from '../config.ts';
import type { IfSettings } from '../schema/user-config.ts';
import type {
  BrotliEncoder,
  Settings,
  BasicAuth as UserBasicAuth,
  ErrorPage as UserErrorPage,
} from '../schema/user-settings.ts';
import { parseDuration, parseExpires, parseSize } from '../units.ts';
import { cacheFields } from './caches.ts';
import { contentOf, type LevelSettings } from './content.ts';
import { type Conversion, given, listOf, picked } from './conversion.ts';
import { fieldList } from './field-list.ts';
import { limitFields } from './limits.ts';
import { accessLogs, errorLogs } from './logs.ts';
import { proxyFields } from './proxy.ts';

/** The settings of a level, but for the fields that are added to answers, which depend on the outer level. */
export function blockFields(user: LevelSettings, conversion: Conversion): Block {
  return {
    ...contentFields(user, conversion),
    ...fileFields(user, conversion),
    ...accessFields(user, conversion),
    ...limitFields(user, conversion),
    ...(typeof user.proxy === 'object' ? proxyFields(user.proxy, conversion) : {}),
    ...given(user.cache, (cache) => ({ cache: cacheFields(cache) })),
    ...replyFields(user),
    ...given(user.accessLog, (logs) => ({ accessLogs: accessLogs(logs, conversion) })),
    ...given(user.errorLog, (logs) => ({ errorLogs: errorLogs(logs, conversion) })),
    ...picked(user, ['logsSubrequests']),
  };
}

function contentFields(user: LevelSettings, conversion: Conversion): Block {
  return {
    ...given(contentOf(user, conversion), (content) => ({ content })),
    ...given(user.tryFiles, (files) => ({ tryFiles: tryFilesOf(files) })),
    ...given(user.errorPages, (pages) => ({ errorPages: errorPagesOf(pages) })),
    ...given(user.maxBodySize, (size) => ({ maxBodySize: parseSize(size) })),
    ...given(user.bodyTimeout, (time) => ({ bodyTimeoutMs: parseDuration(time) })),
    ...given(user.serverHeader, (header) => ({
      serverHeader: typeof header === 'string' ? { kind: header } : { kind: 'text', text: header.text },
    })),
    ...picked(user, [
      'internal',
      'recursiveErrorPages',
      'mirrors',
      'mirrorsBody',
      'absoluteRedirects',
      'portInRedirects',
      'serverNameInRedirects',
    ]),
  };
}

function tryFilesOf(files: readonly string[]): TryFiles {
  const last = files.at(-1) ?? '=404';
  const [, status] = /^=(\d{3})$/.exec(last) ?? [];
  return {
    candidates: files.slice(0, -1),
    fallback:
      status !== undefined
        ? { kind: 'status', status: Number(status) }
        : last.startsWith('@')
          ? { kind: 'named', name: last }
          : { kind: 'uri', uri: last },
  };
}

function errorPagesOf(pages: NonNullable<Settings['errorPages']>): readonly ErrorPage[] {
  if (!Array.isArray(pages)) {
    return Object.entries(pages).map(([status, target]) => ({ statuses: [Number(status)], status: undefined, target }));
  }
  return (pages as readonly UserErrorPage[]).map(({ statuses, target, status }) => ({
    statuses,
    status,
    target,
  }));
}

function fileFields(user: Settings, conversion: Conversion): Block {
  return {
    ...given(user.root, (root) => ({
      root:
        typeof root === 'string'
          ? { path: conversion.path(root), isAlias: false }
          : { path: conversion.path(root.path), isAlias: root.alias },
    })),
    ...given(user.index, (index) => ({ index: listOf(index) })),
    ...given(user.autoindex, (autoindex) => ({
      autoindex: typeof autoindex === 'boolean' ? { enabled: autoindex } : autoindex,
    })),
    ...given(user.maxRanges, (ranges) => ({ maxRanges: ranges === 'any' ? undefined : ranges })),
    ...given(user.precompressed, (encodings) => ({ precompressed: precompressedOf(encodings) })),
    ...picked(user, ['types', 'defaultType', 'etag', 'ifModifiedSince', 'symlinks', 'dotfiles', 'logsNotFound']),
  };
}

function precompressedOf(encodings: NonNullable<Settings['precompressed']>): NonNullable<Block['precompressed']> {
  if (encodings === false) return [];
  const all = encodings === true ? (['br', 'zstd', 'gzip'] as const) : encodings;
  return all.map((each) => (typeof each === 'string' ? { encoding: each, always: false } : each));
}

function accessFields(user: IfSettings, conversion: Conversion): Block {
  return {
    ...given(user.access, (rules) => ({ access: accessRules(rules) })),
    ...given(user.basicAuth, (auth) => ({
      basicAuth: auth === false ? { realm: false as const } : basicAuth(auth, conversion),
    })),
    ...given(user.authRequest, (auth) => ({ authRequest: authRequest(auth) })),
    ...given(user.limitExcept, ({ methods, access, basicAuth: auth }) => ({
      limitExcept: {
        methods,
        access: accessRules(access ?? []),
        basicAuth: auth && { ...auth, userFile: conversion.path(auth.userFile) },
      },
    })),
    ...given(user.secureLink, (link) => ({
      secureLink: 'secret' in link ? { kind: 'secret', secret: link.secret } : link,
    })),
    ...given(user.userId, (userId) => ({ userId: userIdOf(userId) })),
    ...picked(user, ['satisfy', 'referers']),
  };
}

function accessRules(rules: NonNullable<Settings['access']>): NonNullable<Block['access']> {
  return rules.map((rule) =>
    'allow' in rule ? { allow: true, network: rule.allow } : { allow: false, network: rule.deny },
  );
}

function basicAuth({ realm, userFile }: UserBasicAuth, conversion: Conversion): NonNullable<Block['basicAuth']> {
  return {
    ...given(realm, (text) => ({ realm: text })),
    ...given(userFile, (path) => ({ userFile: conversion.path(path) })),
  };
}

function authRequest(auth: NonNullable<Settings['authRequest']>): NonNullable<Block['authRequest']> {
  if (typeof auth !== 'object') return { uri: auth };
  return {
    ...given(auth.uri, (uri) => ({ uri })),
    ...given(auth.set, (set) => ({ set: Object.entries(set).map(([variable, value]) => ({ variable, value })) })),
  };
}

function userIdOf(userId: NonNullable<Settings['userId']>): NonNullable<Block['userId']> {
  if (userId === false) return { mode: false };
  return {
    ...given(userId.domain, (domain) => ({ domain: domain || undefined })),
    ...given(userId.expires, (expires) => ({ expires: expires === false ? undefined : expires })),
    ...given(userId.p3p, (p3p) => ({ p3p: p3p || undefined })),
    ...given(userId.mark, (mark) => ({ mark: mark || undefined })),
    ...given(userId.service, (service) => ({ service: service === false ? undefined : service })),
    ...picked(userId, ['mode', 'name', 'path', 'flags']),
  };
}

function replyFields(user: Settings): Block {
  return {
    ...given(user.trailers, (trailers) => ({ trailers: fieldList(trailers) })),
    ...given(user.expires, (expires) => ({ expires: expires === false ? expires : parseExpires(expires) })),
    ...given(user.compression, (compression) => ({ compression: compressionOf(compression) })),
    ...given(user.charset, (charset) => ({ charset: charsetOf(charset) })),
    ...given(user.addition, ({ before, after, types }) => ({
      addition: {
        ...given(before, (path) => ({ before: path || undefined })),
        ...given(after, (path) => ({ after: path || undefined })),
        ...given(types, (each) => ({ types: each })),
      },
    })),
    ...picked(user, ['gunzip', 'substitution']),
  };
}

function compressionOf(compression: NonNullable<Settings['compression']>): NonNullable<Block['compression']> {
  if (typeof compression === 'boolean') {
    const each = { enabled: compression };
    return { gzip: each, brotli: each, zstd: each };
  }
  return {
    ...given(compression.gzip, (encoder) => ({ gzip: encoderOf(encoder) })),
    ...given(compression.brotli, (encoder) => ({ brotli: encoderOf(encoder) })),
    ...given(compression.zstd, (encoder) => ({ zstd: encoderOf(encoder) })),
    ...given(compression.minLength, (size) => ({ minLength: parseSize(size) })),
    ...picked(compression, ['types', 'vary', 'proxied', 'httpVersion', 'disable']),
  };
}

function encoderOf(encoder: boolean | number | BrotliEncoder): BrotliEncoder {
  if (typeof encoder === 'boolean') return { enabled: encoder };
  return typeof encoder === 'number' ? { enabled: true, level: encoder } : encoder;
}

function charsetOf(charset: NonNullable<Settings['charset']>): NonNullable<Block['charset']> {
  if (typeof charset !== 'object') return { charset };
  return {
    ...given(charset.source, (source) => ({ source: source || undefined })),
    ...picked(charset, ['charset', 'override', 'types']),
  };
}
