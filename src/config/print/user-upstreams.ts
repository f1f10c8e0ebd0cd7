import { isDeepStrictEqual } from 'node:util';
import type { Balance, PeerPlan, ResolverPlan, Sticky, UpstreamPlan } from '../../plan/upstream-plan.ts';
import { upstreamNameOf } from '../proxy-url.ts';
import type { Peer, Resolver, Upstream } from '../schema/user-upstreams.ts';
import { given, picked } from '../typed/conversion.ts';
import { durationText } from '../units.ts';
import {
  breakerDefaults,
  healthCheckDefaults,
  keepAliveDefaults,
  peerDefaults,
  resolverDefaults,
  resolverOf,
  resolvesByDefault,
} from '../upstream-defaults.ts';

export function userUpstream(plan: UpstreamPlan): Upstream {
  const { peers, balance, sticky, keepAlive, queue, healthCheck, breaker, resolver } = plan;
  return {
    peers: peers.map(userPeer),
    ...(balance.kind === 'round-robin' ? {} : { balance: userBalance(balance) }),
    ...given(sticky, (each) => ({ sticky: userSticky(each) })),
    ...(isDeepStrictEqual(keepAlive, keepAliveDefaults) ? {} : { keepAlive: userKeepAlive(keepAlive) }),
    ...given(queue, ({ maxRequests, maxWaitMs }) => ({
      queue: { requests: maxRequests, wait: durationText(maxWaitMs) },
    })),
    ...given(healthCheck, (check) => ({ healthCheck: userHealthCheck(check) })),
    ...given(breaker, (each) => ({ breaker: userBreaker(each) })),
    ...(isDeepStrictEqual(resolver, resolverOf(peers)) ? {} : { resolver: resolver ? userResolver(resolver) : false }),
  };
}

export function userResolver(plan: ResolverPlan): Resolver {
  const { servers, validMs, timeoutMs } = plan;
  return {
    ...(servers.length > 0
      ? { servers: servers.map(({ host, port }) => (port === 53 ? hostText(host) : `${hostText(host)}:${port}`)) }
      : {}),
    ...given(validMs, (ms) => ({ valid: durationText(ms) })),
    ...different(plan, resolverDefaults, ['ipv4', 'ipv6']),
    ...(timeoutMs === resolverDefaults.timeoutMs ? {} : { timeout: durationText(timeoutMs) }),
  };
}

function hostText(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

function userPeer(peer: PeerPlan): string | Peer {
  const { address, failTimeoutMs, isBackup, isDown, slowStartMs, route, resolves, service } = peer;
  // SRV records name ports of their own.
  const text = service !== undefined && address.kind === 'tcp' ? address.host : upstreamNameOf(address);
  const others = {
    ...different(peer, peerDefaults, ['weight', 'maxFails']),
    ...(failTimeoutMs === peerDefaults.failTimeoutMs ? {} : { failTimeout: durationText(failTimeoutMs) }),
    ...different(peer, peerDefaults, ['maxConnections']),
    ...(isBackup ? { backup: true } : {}),
    ...(isDown ? { down: true } : {}),
    ...(slowStartMs === 0 ? {} : { slowStart: durationText(slowStartMs) }),
    ...given(route, (each) => ({ route: each })),
    ...(resolves === resolvesByDefault(address) ? {} : { resolve: resolves }),
    ...given(service, (each) => ({ service: each })),
  };
  return Object.keys(others).length > 0 ? { address: text, ...others } : text;
}

function userBalance(balance: Balance): NonNullable<Upstream['balance']> {
  switch (balance.kind) {
    case 'hash':
      return { hash: balance.key, ...(balance.isConsistent ? {} : { consistent: false }) };
    case 'random':
      return balance.two === undefined ? 'random' : { random: balance.two };
    case 'least-time':
      return balance.of === 'header' ? 'least-time' : { leastTime: balance.of };
    default:
      return balance.kind;
  }
}

function userSticky(sticky: Sticky): NonNullable<Upstream['sticky']> {
  if (sticky.kind === 'route') return { route: sticky.variables };
  const { name, expires, domain, path, flags } = sticky;
  return {
    cookie: name,
    ...given(expires, (time) => ({ expires: time === 'max' ? time : durationText(time * 1_000) })),
    ...given(domain, (each) => ({ domain: each })),
    ...given(path, (each) => ({ path: each })),
    ...(flags.length > 0 ? { flags } : {}),
  };
}

function userKeepAlive(keepAlive: UpstreamPlan['keepAlive']): NonNullable<Upstream['keepAlive']> {
  const { idle, ...others } = keepAlive;
  const { idle: _, ...standard } = keepAliveDefaults;
  if (isDeepStrictEqual(others, standard)) return idle === 0 ? false : idle;
  return {
    ...different(keepAlive, keepAliveDefaults, ['idle', 'requests']),
    ...(keepAlive.timeMs === keepAliveDefaults.timeMs ? {} : { time: durationText(keepAlive.timeMs) }),
    ...(keepAlive.timeoutMs === keepAliveDefaults.timeoutMs ? {} : { timeout: durationText(keepAlive.timeoutMs) }),
  };
}

function userHealthCheck(check: NonNullable<UpstreamPlan['healthCheck']>): NonNullable<Upstream['healthCheck']> {
  if (isDeepStrictEqual(check, healthCheckDefaults)) return true;
  const { intervalMs, jitterMs, timeoutMs, statuses, isMandatory } = check;
  return {
    ...different(check, healthCheckDefaults, ['kind']),
    ...(intervalMs === healthCheckDefaults.intervalMs ? {} : { interval: durationText(intervalMs) }),
    ...(jitterMs === healthCheckDefaults.jitterMs ? {} : { jitter: durationText(jitterMs) }),
    ...(timeoutMs === healthCheckDefaults.timeoutMs ? {} : { timeout: durationText(timeoutMs) }),
    ...different(check, healthCheckDefaults, ['fails', 'passes', 'uri']),
    ...picked(check, ['host', 'port']),
    ...(isDeepStrictEqual(statuses, healthCheckDefaults.statuses)
      ? {}
      : { statuses: statuses.map(([from, to]) => (from === to ? from : `${from}-${to}`)) }),
    ...picked(check, ['body']),
    ...(isMandatory ? { mandatory: true } : {}),
  };
}

function userBreaker(breaker: NonNullable<UpstreamPlan['breaker']>): NonNullable<Upstream['breaker']> {
  if (isDeepStrictEqual(breaker, breakerDefaults)) return true;
  const { windowMs, openMs } = breaker;
  return {
    ...different(breaker, breakerDefaults, ['failureRate']),
    ...(windowMs === breakerDefaults.windowMs ? {} : { window: durationText(windowMs) }),
    ...different(breaker, breakerDefaults, ['minRequests']),
    ...(openMs === breakerDefaults.openMs ? {} : { open: durationText(openMs) }),
  };
}

/** The fields of these names that are not the defaults. */
function different<T extends object, const K extends keyof T>(
  value: T,
  standard: NoInfer<Pick<T, K>>,
  names: readonly K[],
): { [Name in K]?: Exclude<T[Name], undefined> } {
  return picked(
    value,
    names.filter((name) => value[name] !== standard[name]),
  );
}
