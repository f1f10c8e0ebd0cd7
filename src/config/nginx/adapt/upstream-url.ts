import { isIPv6 } from 'node:net';
import type { PeerAddress } from '../../../plan/upstream-plan.ts';

/** Where a server is, as nginx writes it: `host`, `host:port`, `[::1]:port`, `unix:path`, maybe with a URI. */
export interface UpstreamUrl {
  readonly address: PeerAddress;
  /** The host as it was written. */
  readonly host: string;
  /** Undefined where there is none. */
  readonly port: number | undefined;
  /** '' where there is none. */
  readonly uri: string;
}

export interface UrlOptions {
  readonly defaultPort: number;
  /** Whether a URI may follow. */
  readonly takesUri: boolean;
}

/** Reads an address; what is wrong with it is said in nginx's words (ngx_parse_url). */
export function parseUpstreamUrl(text: string, options: UrlOptions): UpstreamUrl | { readonly problem: string } {
  return /^unix:/i.test(text) ? parseUnix(text.slice(5), options) : parseInet(text, options);
}

function parseUnix(text: string, { takesUri }: UrlOptions): UpstreamUrl | { readonly problem: string } {
  const colon = takesUri ? text.indexOf(':') : -1;
  const path = colon < 0 ? text : text.slice(0, colon);
  if (path === '') return { problem: 'no path in the unix domain socket' };
  // Linux has room for 107 bytes (unix(7)).
  if (Buffer.byteLength(path) > 107) return { problem: 'too long path in the unix domain socket' };
  const uri = colon < 0 ? '' : text.slice(colon + 1);
  return { address: { kind: 'unix', path }, host: path, port: undefined, uri };
}

function parseInet(text: string, { defaultPort, takesUri }: UrlOptions): UpstreamUrl | { readonly problem: string } {
  const isBracketed = text.startsWith('[');
  const close = isBracketed ? text.indexOf(']') : 0;
  if (close < 0) return { problem: 'invalid host' };
  const start = text.slice(close).search(isBracketed ? /\// : /[/?]/);
  const end = start < 0 ? text.length : close + start;
  const uri = text.slice(end);
  if (uri !== '' && !takesUri) return { problem: 'invalid host' };
  const authority = text.slice(0, end);
  const colon = authority.indexOf(':', close);
  if (isBracketed && colon !== close + 1 && authority.length > close + 1) return { problem: 'invalid host' };
  const digits = colon < 0 ? undefined : authority.slice(colon + 1);
  const port = digits === undefined ? undefined : Number(digits);
  if (digits !== undefined && !(/^\d{1,15}$/.test(digits) && Number(digits) >= 1 && Number(digits) <= 65_535)) {
    return { problem: 'invalid port' };
  }
  const host = colon < 0 ? authority : authority.slice(0, colon);
  if (host === '') return { problem: 'no host' };
  const bare = isBracketed ? host.slice(1, -1) : host;
  if (isBracketed && !isIPv6(bare)) return { problem: 'invalid IPv6 address' };
  return { address: { kind: 'tcp', host: bare, port: port ?? defaultPort }, host, port, uri };
}
