import type { ProxyMatch, ProxyRedirect, ProxyTarget } from '../../plan/proxy-plan.ts';
import type { Content } from '../../plan/settings.ts';
import type { Block } from '../config.ts';
import { isGrpcUrl, parseProxyUrl, targetOfUrl } from '../proxy-url.ts';
import type { ReverseProxy } from '../schema/user-proxies.ts';
import { parseDuration, parseSize } from '../units.ts';
import { type Conversion, given, picked } from './conversion.ts';
import { resolverPlan } from './upstreams.ts';

/** The proxy that answers at a level; undefined where none does. */
export function proxyContent(proxy: string | ReverseProxy, conversion: Conversion): Content | undefined {
  const url = typeof proxy === 'string' ? proxy : proxy.to;
  if (url === undefined) return undefined;
  return { kind: 'proxy', target: targetOf(url, conversion), ...(isGrpcUrl(url) ? { version: '2' } : {}) };
}

/** A host that is the name of an upstream is that one; of any other an upstream is made. What is no URL is told by check-proxies.ts. */
function targetOf(text: string, conversion: Conversion): ProxyTarget {
  if (text.includes('$')) return { kind: 'template', url: text.replace(/^grpc/i, 'http') };
  try {
    const url = parseProxyUrl(text, (path) => conversion.path(path));
    return targetOfUrl(url, conversion.upstreamFor(url));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { kind: 'template', url: text };
  }
}

/** The settings of a proxy that a level says. */
export function proxyFields(proxy: ReverseProxy, conversion: Conversion): Block {
  const { tls } = proxy;
  const fields = settingsOf(proxy, conversion);
  return {
    ...(Object.keys(fields).length > 0 ? { proxy: fields } : {}),
    ...given(tls, (each) => ({ proxyTls: tlsOf(each, conversion) })),
  };
}

function settingsOf(proxy: ReverseProxy, conversion: Conversion): NonNullable<Block['proxy']> {
  return {
    ...given(proxy.version, (httpVersion) => ({ httpVersion })),
    ...given(proxy.keepAlive, (keepsConnections) => ({ keepsConnections })),
    ...given(proxy.headers, (headers) => ({
      setFields: Object.entries(headers).map(([name, value]) => ({ name, value })),
    })),
    ...given(proxy.forwarded, (forwarded) => ({ forwarded: forwarded || 'none' })),
    ...given(proxy.upgrade, (passesUpgrade) => ({ passesUpgrade })),
    ...given(proxy.passHeaders, (passesFields) => ({ passesFields })),
    ...given(proxy.passBody, (passesBody) => ({ passesBody })),
    ...given(proxy.method, (method) => ({ method: method || undefined })),
    ...given(proxy.body, (body) => ({ body: body === false ? undefined : body })),
    ...given(proxy.redirects, (redirects) => ({ redirects: redirectsOf(redirects) })),
    ...given(proxy.cookies?.domains, (domains) => ({ cookieDomains: domains.map(replacementOf) })),
    ...given(proxy.cookies?.paths, (paths) => ({ cookiePaths: paths.map(replacementOf) })),
    ...given(proxy.cookies?.flags, (flags) => ({
      cookieFlags: flags.map((each) => ({ name: matchOf(each), flags: each.flags })),
    })),
    ...given(proxy.hide, (names) => ({ hiddenFields: lowerCase(names) })),
    ...given(proxy.pass, (names) => ({ passedFields: lowerCase(names) })),
    ...given(proxy.ignore, (names) => ({ ignoredFields: lowerCase(names) })),
    ...given(proxy.trailers, (passesTrailers) => ({ passesTrailers })),
    ...given(proxy.interceptErrors, (interceptsErrors) => ({ interceptsErrors })),
    ...given(proxy.buffer, (buffers) => ({ buffers })),
    ...given(proxy.bufferSize, (size) => ({ bufferSize: parseSize(size) })),
    ...given(proxy.maxTempFileSize, (size) => ({ maxTempFileSize: parseSize(size) })),
    ...given(proxy.maxHeadSize, (size) => ({ maxHeadSize: parseSize(size) })),
    ...given(proxy.bufferRequest, (buffersRequest) => ({ buffersRequest })),
    ...given(proxy.requestBufferSize, (size) => ({ requestBufferSize: parseSize(size) })),
    ...given(proxy.tempFolder, (folder) => ({ tempFolder: pathOf(folder, conversion) })),
    ...given(proxy.ignoreClientAbort, (ignoresClientAbort) => ({ ignoresClientAbort })),
    ...given(proxy.timeouts?.connect, (time) => ({ connectTimeoutMs: parseDuration(time) })),
    ...given(proxy.timeouts?.send, (time) => ({ sendTimeoutMs: parseDuration(time) })),
    ...given(proxy.timeouts?.read, (time) => ({ readTimeoutMs: parseDuration(time) })),
    ...given(proxy.next?.on, (next) => ({ next })),
    ...given(proxy.next?.tries, (nextTries) => ({ nextTries })),
    ...given(proxy.next?.timeout, (time) => ({ nextTimeoutMs: parseDuration(time) })),
    ...given(proxy.bind, (bind) => ({ bind: bind || undefined })),
    ...given(proxy.limitRate, (rate) => ({ limitRate: rate === false ? undefined : String(rate) })),
    ...given(proxy.forceRanges, (forcesRanges) => ({ forcesRanges })),
    ...given(proxy.proxyProtocol, (version) => ({
      proxyProtocol: version === false ? undefined : version === 1 ? 1 : 2,
    })),
    ...given(proxy.resolver, (resolver) => ({ resolver: resolver === false ? undefined : resolverPlan(resolver) })),
    ...picked(proxy, ['host', 'via', 'socketKeepAlive']),
  };
}

function tlsOf(tls: NonNullable<ReverseProxy['tls']>, conversion: Conversion): NonNullable<Block['proxyTls']> {
  return {
    ...given(tls.name, (name) => ({ name: name || undefined })),
    ...given(tls.trustedCertificate, (file) => ({ trustedCertificate: pathOf(file, conversion) })),
    ...given(tls.crl, (file) => ({ crl: pathOf(file, conversion) })),
    ...given(tls.certificate, (file) => ({ certificate: pathOf(file, conversion) })),
    ...given(tls.certificateKey, (file) => ({ certificateKey: pathOf(file, conversion) })),
    ...given(tls.passwordFile, (file) => ({ passwordFile: pathOf(file, conversion) })),
    ...given(tls.ciphers, (ciphers) => ({ ciphers: ciphers || undefined })),
    ...picked(tls, ['serverName', 'verify', 'verifyDepth', 'protocols', 'sessionReuse']),
  };
}

type Matching = { readonly ignoreCase?: boolean } & ({ readonly from: string } | { readonly pattern: string });

function matchOf(match: Matching): ProxyMatch {
  const { ignoreCase = false } = match;
  return 'pattern' in match
    ? { kind: 'pattern', pattern: match.pattern, ignoreCase }
    : { kind: 'text', text: match.from, ignoreCase };
}

function replacementOf(replacement: Matching & { readonly to: string }): {
  readonly from: ProxyMatch;
  readonly to: string;
} {
  return { from: matchOf(replacement), to: replacement.to };
}

function redirectsOf(redirects: NonNullable<ReverseProxy['redirects']>): readonly ProxyRedirect[] {
  if (typeof redirects === 'boolean') return redirects ? [{ kind: 'default' }] : [];
  return redirects.map((each) => (each === 'default' ? { kind: 'default' } : { kind: 'rule', ...replacementOf(each) }));
}

function pathOf(path: string | false, conversion: Conversion): string | undefined {
  return path === false ? undefined : conversion.path(path);
}

function lowerCase(names: readonly string[]): readonly string[] {
  return names.map((name) => name.toLowerCase());
}
