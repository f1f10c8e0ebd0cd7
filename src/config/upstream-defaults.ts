import { proxyLimits } from '../core/limits.ts';
import type {
  BreakerPlan,
  HealthCheckPlan,
  KeepAlivePlan,
  PeerAddress,
  PeerPlan,
  ResolverPlan,
  UpstreamPlan,
} from '../plan/upstream-plan.ts';

/** Galley's own defaults of upstreams, which nginx.conf does not have: its adapter says nginx's. */

export const peerDefaults: Omit<PeerPlan, 'address' | 'resolves'> = {
  weight: 1,
  maxFails: 1, // nginx 1
  failTimeoutMs: 10_000, // nginx 10 s
  maxConnections: 0,
  isBackup: false,
  isDown: false,
  slowStartMs: 0,
  route: undefined,
  service: undefined,
};

export const keepAliveDefaults: KeepAlivePlan = {
  idle: proxyLimits.idleConnections,
  requests: proxyLimits.connectionRequests,
  timeMs: proxyLimits.connectionTimeMs,
  timeoutMs: proxyLimits.idleTimeoutMs,
};

export const healthCheckDefaults: HealthCheckPlan = {
  kind: 'http',
  intervalMs: 5_000, // nginx Plus 5 s, HAProxy 2 s
  jitterMs: 1_000, // nginx Plus 0
  timeoutMs: 3_000,
  fails: 3, // nginx Plus 1, HAProxy 3
  passes: 2, // nginx Plus 1, HAProxy 2
  uri: '/',
  host: undefined,
  port: undefined,
  statuses: [[200, 399]], // nginx Plus, HAProxy
  body: undefined,
  isMandatory: false,
};

export const breakerDefaults: BreakerPlan = { failureRate: 0.5, windowMs: 10_000, minRequests: 20, openMs: 30_000 };

/** The name servers of the system. */
export const resolverDefaults: ResolverPlan = {
  servers: [],
  validMs: undefined,
  ipv4: true,
  ipv6: true,
  timeoutMs: 5_000, // nginx 30 s; resolv.conf 5 s
};

/** Whether the name of a peer is looked up again where nothing is said of it. What is local does not move. */
export function resolvesByDefault(address: PeerAddress): boolean {
  if (address.kind === 'unix') return false;
  const { host } = address;
  return !/^[\d.]+$|:/.test(host) && !/^(?:.+\.)?localhost$/i.test(host);
}

/** An upstream of these peers of which no more is said. */
export function upstreamOf(name: string, peers: readonly PeerPlan[]): UpstreamPlan {
  return {
    name,
    peers,
    balance: { kind: 'round-robin' },
    sticky: undefined,
    keepAlive: keepAliveDefaults,
    queue: undefined,
    healthCheck: undefined,
    breaker: undefined,
    resolver: resolverOf(peers),
  };
}

/** The resolver where nothing is said of one. */
export function resolverOf(peers: readonly PeerPlan[]): ResolverPlan | undefined {
  return peers.some(({ resolves }) => resolves) ? resolverDefaults : undefined;
}
