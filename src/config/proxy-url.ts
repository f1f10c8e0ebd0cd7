import { isIPv6 } from 'node:net';
import type { ProxyTarget } from '../plan/proxy-plan.ts';
import type { PeerAddress, UpstreamPlan } from '../plan/upstream-plan.ts';
import { peerDefaults, resolvesByDefault, upstreamOf } from './upstream-defaults.ts';

/** Where a proxy is to send requests, as `http://HOST[:PORT][/PATH]` or `http://unix:PATH[:/PATH]`; `grpc://` and `grpcs://` as well. */
export interface ProxyUrl {
  readonly scheme: 'http' | 'https';
  readonly address: PeerAddress;
  /** Host and port as they are written, or `unix:` and an absolute path. */
  readonly authority: string;
  /** Path and query; undefined where there is none. */
  readonly uri: string | undefined;
}

const defaultPorts = { http: 80, https: 443 } as const;

/**
 * Throws RangeError, whose message is the end of a sentence: what is wrong. `socketPath` makes the path of a Unix socket absolute.
 */
export function parseProxyUrl(text: string, socketPath: (path: string) => string): ProxyUrl {
  const [, kind, secure, rest = ''] = /^(http|grpc)(s?):\/\/(.*)$/is.exec(text) ?? [];
  if (kind === undefined) throw new RangeError("it takes a URL such as 'http://127.0.0.1:3000'");
  if (/[\s#]/.test(rest)) throw new RangeError('a URL holds neither spaces nor #');
  const scheme = secure ? 'https' : 'http';
  const [, path, socketUri] = /^unix:([^:]+)(?::(\/.*)?)?$/.exec(rest) ?? [];
  if (path !== undefined) {
    const address = { kind: 'unix', path: socketPath(path) } as const;
    return { scheme, address, authority: upstreamNameOf(address), uri: socketUri };
  }
  const [, authority = '', uri] = /^([^/?]*)([/?].*)?$/.exec(rest) ?? [];
  if (uri?.startsWith('?')) throw new RangeError(`before the query there is a path: "${scheme}://${authority}/${uri}"`);
  const { host, port } = parseHost(authority, defaultPorts[scheme]);
  return { scheme, address: { kind: 'tcp', host, port }, authority, uri };
}

/** A host, maybe with its port: `name`, `name:80`, `[::1]:80`. Throws RangeError, whose message says what is wrong. */
export function parseHost(text: string, defaultPort: number): { readonly host: string; readonly port: number } {
  const [, bracketed, plain = '', digits] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(text) ?? [];
  const port = digits === undefined ? defaultPort : Number(digits);
  if (text.includes('@')) throw new RangeError('a URL holds no name and password here: the field "authorization" does');
  if (bracketed === undefined ? !/^[\w.-]+$/.test(plain) : !isIPv6(bracketed)) {
    throw new RangeError(text === '' ? 'the host is missing' : `"${text}" is no host with a port`);
  }
  if (port < 1 || port > 65_535) throw new RangeError(`there is no port ${digits}: they go from 1 to 65535`);
  return { host: bracketed ?? plain, port };
}

/** The name of the upstream that a URL makes by itself: `host:port`, or `unix:PATH`. */
export function upstreamNameOf(address: PeerAddress): string {
  if (address.kind === 'unix') return `unix:${address.path}`;
  const host = address.host.toLowerCase();
  return host.includes(':') ? `[${host}]:${address.port}` : `${host}:${address.port}`;
}

/** The upstream that a URL makes by itself. */
export function upstreamOfUrl({ address }: Pick<ProxyUrl, 'address'>): UpstreamPlan {
  return upstreamOf(upstreamNameOf(address), [{ ...peerDefaults, address, resolves: resolvesByDefault(address) }]);
}

/** The target that a URL is. `upstream`: the name of the one that is meant. */
export function targetOfUrl(url: ProxyUrl, upstream: string): ProxyTarget {
  const { scheme, address, authority, uri } = url;
  const isStandard = address.kind === 'tcp' && address.port === defaultPorts[scheme];
  return {
    kind: 'upstream',
    scheme,
    upstream,
    uri,
    host: address.kind === 'unix' ? 'localhost' : isStandard ? authority.replace(/:\d+$/, '') : authority,
    port: address.kind === 'unix' ? '' : String(address.port),
  };
}

/** Whether a URL is of gRPC, for which HTTP/2 is spoken. */
export function isGrpcUrl(text: string): boolean {
  return /^grpcs?:/i.test(text);
}

/** The URL of a target as {@link parseProxyUrl} reads it. */
export function proxyUrlText(target: ProxyTarget, version?: '2'): string {
  const text = urlText(target);
  return version === '2' ? text.replace(/^http/, 'grpc') : text;
}

function urlText(target: ProxyTarget): string {
  if (target.kind === 'template') return target.url;
  const { scheme, upstream, host, uri } = target;
  if (!upstream.startsWith('unix:')) return `${scheme}://${host}${uri ?? ''}`;
  return `${scheme}://${upstream}${uri === undefined ? '' : `:${uri}`}`;
}
