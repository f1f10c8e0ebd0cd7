import { isIPv6 } from 'node:net';
import type { Bind } from '../core/bind.ts';

/** `HOST:PORT`, `:PORT` for all IPv4 addresses, `[IPV6]:PORT`, or `unix:` and a path. */
export const addressPattern: RegExp = /^(unix:.+|(\[[\da-fA-F:.]+\]|[^\s:/[\]]*):\d{1,5})$/;

/** The address that a text of {@link addressPattern} is; the path of a socket stays as it is. Throws RangeError for another text. */
export function parseAddress(text: string): Bind {
  if (text.startsWith('unix:')) return { kind: 'unix', path: text.slice('unix:'.length) };
  const [, bracketed, plain, digits] = /^(?:\[(.*)\]|([^:]*)):(\d+)$/.exec(text) ?? [];
  const port = Number(digits ?? Number.NaN);
  if (!(port <= 65_535) || (bracketed !== undefined && !isIPv6(bracketed)))
    throw new RangeError(`No address: "${text}"`);
  return { kind: 'tcp', host: bracketed ?? (plain || '0.0.0.0'), port };
}

/** The text of an address as people write it. */
export function addressText(bind: Bind): string {
  if (bind.kind === 'unix') return `unix:${bind.path}`;
  if (bind.host === '0.0.0.0') return `:${bind.port}`;
  return bind.host.includes(':') ? `[${bind.host}]:${bind.port}` : `${bind.host}:${bind.port}`;
}
