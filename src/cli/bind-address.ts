import { isIPv6 } from 'node:net';
import type { Bind } from '../core/bind.ts';

const defaultPort = 8000;
const allInterfaces = '0.0.0.0';
const mostPort = 65_535;

/**
 * An address as gunicorn and uvicorn users write it: `HOST:PORT`, `HOST`, `:PORT` for all IPv4 interfaces, `[IPV6]:PORT`,
 * `unix:PATH` or `/PATH`. A relative path stays relative. Undefined for anything else.
 */
export function parseBindAddress(text: string): Bind | undefined {
  const path = text.startsWith('unix:') ? text.slice('unix:'.length) : text.startsWith('/') ? text : undefined;
  if (path !== undefined) return path === '' ? undefined : { kind: 'unix', path };

  const match = /^(?:\[([^\]]+)\]|([^:[\]/\s]*))(?::(\d{1,5}))?$/.exec(text);
  if (!match) return undefined;
  const [, bracketed, plain = '', digits] = match;
  const port = digits === undefined ? defaultPort : Number(digits);
  if (port > mostPort || (bracketed !== undefined && !isIPv6(bracketed))) return undefined;
  const hostOrNothing = bracketed ?? plain;
  // A lone number is a port whose colon was forgotten, or a host of that name: both are better asked than guessed.
  if (digits === undefined && /^\d*$/.test(hostOrNothing)) return undefined;
  return { kind: 'tcp', host: hostOrNothing || allInterfaces, port };
}
