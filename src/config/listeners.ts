import type { Bind } from '../core/bind.ts';
import type { ListenerPlan } from '../plan/site-plan.ts';
import type { ServerConfig } from './config.ts';

/** The addresses of all servers, in their order; the default server of one is the first where none is said to be it. */
export function listenersOf(servers: readonly ServerConfig[]): readonly ListenerPlan[] {
  const byAddress = Map.groupBy(
    servers.flatMap(({ listen }, server) => listen.map((each) => ({ ...each, server }))),
    ({ bind }) => bindKey(bind),
  );
  return [...byAddress.values()].flatMap((listens) => {
    const [first] = listens;
    if (first === undefined) return [];
    return {
      bind: first.bind,
      servers: [...new Set(listens.map(({ server }) => server))],
      defaultServer: (listens.find(({ isDefault }) => isDefault) ?? first).server,
      ipv6Only: listens.find(({ ipv6Only }) => ipv6Only !== undefined)?.ipv6Only ?? true,
      tls: listens.some(({ tls }) => tls),
      http2: listens.some(({ http2 }) => http2),
      ...(listens.some(({ http3 }) => http3) && { http3: true as const }),
      takesProxyProtocol: listens.some(({ takesProxyProtocol }) => takesProxyProtocol),
      backlog: listens.find(({ backlog }) => backlog !== undefined)?.backlog,
    };
  });
}

/** The same text for the same address. */
export function bindKey(bind: Bind): string {
  if (bind.kind === 'unix') return `unix:${bind.path}`;
  const host = bind.host.toLowerCase();
  return host.includes(':') ? `[${host}]:${bind.port}` : `${host}:${bind.port}`;
}
