import { isIPv4, isIPv6 } from 'node:net';
import type { Bind } from '../../../../core/bind.ts';
import type { Listen } from '../../../config.ts';
import { bindKey } from '../../../listeners.ts';
import type { Argument, Directive } from '../../syntax/tree.ts';
import type { Adaptation } from '../adaptation.ts';
import type { AdaptContext } from '../context.ts';
import { argument, type Handlers } from '../handlers.ts';
import type { ServerDraft } from '../scope.ts';
import { parseMilliseconds, parseNumber, parseSize } from '../values.ts';

type Parsed = { readonly binds: readonly Bind[] } | { readonly problem: string };
/** Options that stand once for an address, whichever server says them. */
interface Options {
  isDefault: boolean;
  backlog?: number;
  ipv6Only?: boolean;
  hasSocketOptions: boolean;
  takesProxyProtocol: boolean;
  tls: boolean;
  http2: boolean;
  quic: boolean;
}

export const listenHandlers: Handlers = {
  listen: (directive, scope, adaptation) => {
    const address = argument(directive, 0);
    const parsed = parseAddress(address.text, adaptation);
    if ('problem' in parsed) {
      adaptation.error(address, `${parsed.problem} in "${address.text}" of the "listen" directive`);
    }
    const options = readOptions(directive, adaptation);
    if ('problem' in parsed) return;
    for (const bind of parsed.binds) {
      if (scope.server) addListen(listenOf(bind, options), directive, scope.server, adaptation, options);
      warnOfProtocols(bind, options, directive, adaptation);
    }
  },
};

/** Where a server listens that does not say it. */
export function listenWithout({ isRoot }: AdaptContext): Listen {
  return { bind: { kind: 'tcp', host: anyAddress, port: isRoot ? 80 : 8000 }, isDefault: false };
}

/** Adds an address to a server, once; what addresses have once is checked against the other servers. */
export function addListen(
  listen: Listen,
  place: Directive,
  { listen: listens }: ServerDraft,
  adaptation: Adaptation,
  { isDefault, hasSocketOptions }: Pick<Options, 'isDefault' | 'hasSocketOptions'> = noOptions,
): void {
  const address = bindKey(listen.bind);
  // To nginx the sockets of UDP are others than those of TCP.
  const key = listen.http3 ? `quic ${address}` : address;
  const at = listens.findIndex(({ bind }) => bindKey(bind) === address);
  const before = listens[at];
  if (before && before.http3 === listen.http3) {
    adaptation.error(place, `a duplicate listen ${address}`);
    return;
  }
  if (before) listens[at] = { ...before, ...listen, isDefault: before.isDefault || listen.isDefault };
  else listens.push(listen);
  if (isDefault && !adaptation.isFirst('default server', key)) {
    adaptation.error(place, `a duplicate default server for ${address}`);
  }
  if (hasSocketOptions && !adaptation.isFirst('listen options', key)) {
    adaptation.error(place, `duplicate listen options for ${address}`);
  }
}

/** What any server says of an address holds for all. nginx 1.25.1 and later warn where they differ. */
function warnOfProtocols(bind: Bind, options: Options, place: Directive, adaptation: Adaptation): void {
  const { tls, http2, takesProxyProtocol, quic } = options;
  if (quic) return;
  if (!tls && !http2 && !takesProxyProtocol) return;
  const [key, said] = [bindKey(bind), JSON.stringify({ tls, http2, takesProxyProtocol })];
  const before = adaptation.listenProtocols.get(key);
  if (before === undefined) adaptation.listenProtocols.set(key, said);
  else if (before !== said && adaptation.isFirst('protocol options', key)) {
    adaptation.warn(place, `protocol options redefined for ${key}`, 'what one server says of an address holds for all');
  }
}

const anyAddress = '0.0.0.0';
const noOptions = { isDefault: false, hasSocketOptions: false };

function listenOf(bind: Bind, { isDefault, backlog, ipv6Only, takesProxyProtocol, tls, http2, quic }: Options): Listen {
  const isIpv6 = bind.kind === 'tcp' && bind.host.includes(':');
  return {
    bind,
    isDefault,
    ...(backlog !== undefined && { backlog }),
    ...(takesProxyProtocol && { takesProxyProtocol }),
    ...((tls || quic) && { tls: true }),
    ...(http2 && { http2 }),
    ...(quic && { http3: true as const }),
    ...(isIpv6 && { ipv6Only: ipv6Only ?? true }),
  };
}

function parseAddress(text: string, adaptation: Adaptation): Parsed {
  if (/^unix:/i.test(text)) {
    const path = text.slice(5);
    if (path === '') return { problem: 'no path in the unix domain socket' };
    // Linux has room for 107 bytes (unix(7)).
    if (Buffer.byteLength(path) > 107) return { problem: 'too long path in the unix domain socket' };
    return { binds: [{ kind: 'unix', path: adaptation.path(path) }] };
  }
  if (text.startsWith('[')) {
    const [, host, , port] = /^\[([^\]]*)\](:(.*))?$/.exec(text) ?? [];
    if (host === undefined) return { problem: 'invalid host' };
    if (!isIPv6(host)) return { problem: 'invalid IPv6 address' };
    return withPorts(host, port);
  }
  const colon = text.indexOf(':');
  if (/^\d+(?:-\d+)?$/.test(text)) return withPorts(anyAddress, text);
  if (text.includes('/')) return { problem: 'invalid host' };
  const host = colon < 0 ? text : text.slice(0, colon);
  if (host === '') return { problem: 'no host' };
  if (host === '*') return withPorts(anyAddress, colon < 0 ? undefined : text.slice(colon + 1));
  const isName = /^[a-z\d](?:[-\w.]*[a-z\d])?$/i.test(host) && !/^[\d.]+$/.test(host);
  if (!isIPv4(host) && !isName) return { problem: 'host not found' };
  return withPorts(host, colon < 0 ? undefined : text.slice(colon + 1));
}

/** A port or a range of ports; nothing is port 80. */
function withPorts(host: string, text = '80'): Parsed {
  const [first, last = first, ...more] = text.split('-').map((part) => (isPort(part) ? Number(part) : Number.NaN));
  if (first === undefined || last === undefined || Number.isNaN(first) || Number.isNaN(last) || more.length > 0) {
    return { problem: 'invalid port' };
  }
  if (last < first) return { problem: 'invalid port range' };
  return { binds: Array.from({ length: last - first + 1 }, (_, at) => ({ kind: 'tcp', host, port: first + at })) };
}

function isPort(text: string): boolean {
  const port = parseNumber(text);
  return port !== undefined && port >= 1 && port <= 65_535;
}

/** `name=value` parameters by name: whether the value is one. What they say to the kernel does not matter here. */
const socketOptions: Readonly<Record<string, (value: string) => boolean>> = {
  backlog: (value) => (parseNumber(value) ?? 0) > 0,
  rcvbuf: (value) => parseSize(value) !== undefined,
  sndbuf: (value) => parseSize(value) !== undefined,
  fastopen: (value) => parseNumber(value) !== undefined,
  ipv6only: (value) => value === 'on' || value === 'off',
  so_keepalive: (value) =>
    /^(?:on|off)$/.test(value) ||
    (/^[^:]*:[^:]*:[^:]*$/.test(value) &&
      value !== '::' &&
      value.split(':').every((part, at) => part === '' || (at < 2 ? parseMilliseconds(part) : parseNumber(part)))),
};

/** nginx's words where a value is none; otherwise it names the parameter. */
const wrongValue: Readonly<Record<string, (text: string, value: string) => string>> = {
  ipv6only: (text) => `invalid parameter "${text}"`,
  so_keepalive: (_text, value) => `invalid so_keepalive value: "${value}"`,
};

/** Parameters without a value that sockets have. */
const socketFlags: ReadonlySet<string> = new Set(['bind', 'deferred', 'reuseport']);

function readOptions({ args }: Directive, adaptation: Adaptation): Options {
  const options: Options = {
    isDefault: false,
    hasSocketOptions: false,
    takesProxyProtocol: false,
    tls: false,
    http2: false,
    quic: false,
  };
  for (const each of args.slice(1)) readOption(each, options, adaptation);
  return options;
}

function readOption(each: Argument, options: Options, adaptation: Adaptation): void {
  const { text } = each;
  const [name, value] = split(text);
  const isValid = value === undefined || !Object.hasOwn(socketOptions, name) ? undefined : socketOptions[name];
  if (text === 'default_server' || text === 'default') options.isDefault = true;
  else if (text === 'proxy_protocol') options.takesProxyProtocol = true;
  else if (text === 'ssl') options.tls = true;
  else if (text === 'http2') options.http2 = true;
  else if (text === 'quic') options.quic = true;
  else if (socketFlags.has(text)) options.hasSocketOptions = true;
  else if (value === undefined || !isValid) adaptation.error(each, `invalid parameter "${text}"`);
  else if (!isValid(value)) {
    adaptation.error(each, wrongValue[name]?.(text, value) ?? `invalid ${name} "${text}"`);
  } else {
    options.hasSocketOptions = true;
    if (name === 'backlog') options.backlog = Number(value);
    if (name === 'ipv6only') options.ipv6Only = value === 'on';
  }
}

function split(text: string): [name: string, value: string | undefined] {
  const equals = text.indexOf('=');
  return equals < 0 ? [text, undefined] : [text.slice(0, equals), text.slice(equals + 1)];
}
