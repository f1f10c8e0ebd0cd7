import type { ProxyMatch, ProxyRedirect } from '../../plan/proxy-plan.ts';
import type { Block } from '../config.ts';
import { proxyUrlText } from '../proxy-url.ts';
import type { ProxyDefaults, ProxyTls, ReverseProxy } from '../schema/user-proxies.ts';
import { given, picked } from '../typed/conversion.ts';
import { durationText, sizeText } from '../units.ts';
import { userResolver } from './user-upstreams.ts';

/** The proxy of a level as a user writes it: where it leads, and its settings. */
export function userProxy(block: Block): { readonly proxy?: string | ReverseProxy } {
  const { content } = block;
  const settings = userProxySettings(block);
  if (content?.kind !== 'proxy') return Object.keys(settings).length > 0 ? { proxy: settings } : {};
  const to = proxyUrlText(content.target, content.version);
  return { proxy: Object.keys(settings).length > 0 ? { to, ...settings } : to };
}

/** Settings of proxies alone. */
export function userProxySettings({ proxy, proxyTls }: Block): ProxyDefaults {
  return {
    ...given(proxy, settings),
    ...(proxyTls && Object.keys(proxyTls).length > 0 ? { tls: userTls(proxyTls) } : {}),
  };
}

function settings(proxy: NonNullable<Block['proxy']>): ProxyDefaults {
  return {
    ...given(proxy.httpVersion, (version) => ({ version })),
    ...given(proxy.keepsConnections, (keepAlive) => ({ keepAlive })),
    ...picked(proxy, ['host']),
    ...given(proxy.setFields, (fields) => ({
      headers: Object.fromEntries(fields.map(({ name, value }) => [name, value])),
    })),
    ...given(proxy.forwarded, (forwarded) => ({ forwarded: forwarded === 'none' ? false : forwarded })),
    ...picked(proxy, ['via']),
    ...given(proxy.passesUpgrade, (upgrade) => ({ upgrade })),
    ...given(proxy.passesFields, (passHeaders) => ({ passHeaders })),
    ...given(proxy.passesBody, (passBody) => ({ passBody })),
    ...('method' in proxy ? { method: proxy.method ?? false } : {}),
    ...('body' in proxy ? { body: proxy.body ?? false } : {}),
    ...given(proxy.redirects, (redirects) => ({ redirects: userRedirects(redirects) })),
    ...userCookies(proxy),
    ...given(proxy.hiddenFields, (hide) => ({ hide })),
    ...given(proxy.passedFields, (pass) => ({ pass })),
    ...given(proxy.ignoredFields, (ignore) => ({ ignore })),
    ...given(proxy.passesTrailers, (trailers) => ({ trailers })),
    ...given(proxy.interceptsErrors, (interceptErrors) => ({ interceptErrors })),
    ...given(proxy.buffers, (buffer) => ({ buffer })),
    ...given(proxy.bufferSize, (size) => ({ bufferSize: sizeText(size) })),
    ...given(proxy.maxTempFileSize, (size) => ({ maxTempFileSize: sizeText(size) })),
    ...given(proxy.maxHeadSize, (size) => ({ maxHeadSize: sizeText(size) })),
    ...given(proxy.buffersRequest, (bufferRequest) => ({ bufferRequest })),
    ...given(proxy.requestBufferSize, (size) => ({ requestBufferSize: sizeText(size) })),
    ...('tempFolder' in proxy ? { tempFolder: proxy.tempFolder ?? false } : {}),
    ...given(proxy.ignoresClientAbort, (ignoreClientAbort) => ({ ignoreClientAbort })),
    ...userTimes(proxy),
    ...('bind' in proxy ? { bind: proxy.bind ?? false } : {}),
    ...picked(proxy, ['socketKeepAlive']),
    ...('limitRate' in proxy ? { limitRate: proxy.limitRate ?? false } : {}),
    ...given(proxy.forcesRanges, (forceRanges) => ({ forceRanges })),
    ...('proxyProtocol' in proxy ? { proxyProtocol: proxy.proxyProtocol ?? false } : {}),
    ...('resolver' in proxy ? { resolver: proxy.resolver ? userResolver(proxy.resolver) : false } : {}),
  };
}

function userTimes(proxy: NonNullable<Block['proxy']>): Pick<ProxyDefaults, 'timeouts' | 'next'> {
  const timeouts = {
    ...given(proxy.connectTimeoutMs, (ms) => ({ connect: durationText(ms) })),
    ...given(proxy.sendTimeoutMs, (ms) => ({ send: durationText(ms) })),
    ...given(proxy.readTimeoutMs, (ms) => ({ read: durationText(ms) })),
  };
  const next = {
    ...given(proxy.next, (on) => ({ on })),
    ...given(proxy.nextTries, (tries) => ({ tries })),
    ...given(proxy.nextTimeoutMs, (ms) => ({ timeout: durationText(ms) })),
  };
  return {
    ...(Object.keys(timeouts).length > 0 ? { timeouts } : {}),
    ...(Object.keys(next).length > 0 ? { next } : {}),
  };
}

function userCookies(proxy: NonNullable<Block['proxy']>): Pick<ProxyDefaults, 'cookies'> {
  const cookies = {
    ...given(proxy.cookieDomains, (domains) => ({
      domains: domains.map(({ from, to }) => ({ ...userMatch(from), to })),
    })),
    ...given(proxy.cookiePaths, (paths) => ({ paths: paths.map(({ from, to }) => ({ ...userMatch(from), to })) })),
    ...given(proxy.cookieFlags, (rules) => ({
      flags: rules.map(({ name, flags }) => ({ ...userMatch(name), flags })),
    })),
  };
  return Object.keys(cookies).length > 0 ? { cookies } : {};
}

type UserMatch = ({ readonly from: string } | { readonly pattern: string }) & { readonly ignoreCase?: boolean };

function userMatch(match: ProxyMatch): UserMatch {
  const ignoreCase = match.ignoreCase ? { ignoreCase: true } : {};
  return match.kind === 'text' ? { from: match.text, ...ignoreCase } : { pattern: match.pattern, ...ignoreCase };
}

function userRedirects(redirects: readonly ProxyRedirect[]): NonNullable<ProxyDefaults['redirects']> {
  const [first, ...others] = redirects;
  if (first === undefined) return false;
  if (first.kind === 'default' && others.length === 0) return true;
  return redirects.map((each) => (each.kind === 'default' ? 'default' : { ...userMatch(each.from), to: each.to }));
}

function userTls(tls: NonNullable<Block['proxyTls']>): NonNullable<ProxyDefaults['tls']> {
  return {
    ...picked(tls, ['serverName']),
    ...('name' in tls ? { name: tls.name ?? false } : {}),
    ...picked(tls, ['verify', 'verifyDepth']),
    ...('trustedCertificate' in tls ? { trustedCertificate: tls.trustedCertificate ?? false } : {}),
    ...('crl' in tls ? { crl: tls.crl ?? false } : {}),
    ...('certificate' in tls ? { certificate: tls.certificate ?? false } : {}),
    ...('certificateKey' in tls ? { certificateKey: tls.certificateKey ?? false } : {}),
    ...('passwordFile' in tls ? { passwordFile: tls.passwordFile ?? false } : {}),
    ...given(tls.protocols, (protocols) => ({ protocols: protocols as Required<ProxyTls>['protocols'] })),
    ...('ciphers' in tls ? { ciphers: tls.ciphers ?? false } : {}),
    ...picked(tls, ['sessionReuse']),
  };
}
