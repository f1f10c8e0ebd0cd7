import type { Balance, PeerPlan, ResolverPlan, Sticky, UpstreamPlan } from '../../plan/upstream-plan.ts';
import { parseHost } from '../proxy-url.ts';
import type { Peer, Resolver, Upstream } from '../schema/user-upstreams.ts';
import { parseDuration } from '../units.ts';
import {
  breakerDefaults,
  healthCheckDefaults,
  keepAliveDefaults,
  peerDefaults,
  resolverDefaults,
  resolverOf,
  resolvesByDefault,
  upstreamOf,
} from '../upstream-defaults.ts';
import { type Conversion, given, picked } from './conversion.ts';

/** An upstream that has a name. */
export function upstreamPlan(name: string, user: Upstream, conversion: Conversion): UpstreamPlan {
  const peers = user.peers.map((peer) => peerPlan(peer, conversion));
  return {
    ...upstreamOf(name, peers),
    ...given(user.balance, (balance) => ({ balance: balanceOf(balance) })),
    ...given(user.sticky, (sticky) => ({ sticky: sticky === false ? undefined : stickyOf(sticky) })),
    ...given(user.keepAlive, (keepAlive) => ({ keepAlive: keepAliveOf(keepAlive) })),
    ...given(user.queue, (queue) => ({
      queue:
        queue === false ? undefined : { maxRequests: queue.requests, maxWaitMs: parseDuration(queue.wait ?? '60s') },
    })),
    ...given(user.healthCheck, (check) => ({ healthCheck: healthCheckOf(check) })),
    ...given(user.breaker, (breaker) => ({ breaker: breakerOf(breaker) })),
    resolver:
      user.resolver === undefined
        ? resolverOf(peers)
        : user.resolver === false
          ? undefined
          : resolverPlan(user.resolver),
  };
}

function peerPlan(user: string | Peer, conversion: Conversion): PeerPlan {
  const peer = typeof user === 'string' ? { address: user } : user;
  const address = addressOf(peer.address, conversion);
  return {
    ...peerDefaults,
    address,
    ...given(peer.failTimeout, (time) => ({ failTimeoutMs: parseDuration(time) })),
    ...given(peer.slowStart, (time) => ({ slowStartMs: parseDuration(time) })),
    ...given(peer.backup, (isBackup) => ({ isBackup })),
    ...given(peer.down, (isDown) => ({ isDown })),
    ...picked(peer, ['weight', 'maxFails', 'maxConnections', 'route', 'service']),
    resolves: peer.resolve ?? resolvesByDefault(address),
  };
}

/** What is no address is told by check-proxies.ts. */
function addressOf(text: string, conversion: Conversion): PeerPlan['address'] {
  if (text.startsWith('unix:')) return { kind: 'unix', path: conversion.path(text.slice('unix:'.length)) };
  return { kind: 'tcp', ...hostOr(text, 80) };
}

function hostOr(text: string, defaultPort: number): ReturnType<typeof parseHost> {
  try {
    return parseHost(text, defaultPort);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { host: text, port: defaultPort };
  }
}

function balanceOf(user: NonNullable<Upstream['balance']>): Balance {
  if (typeof user !== 'string') {
    if ('hash' in user) return { kind: 'hash', key: user.hash, isConsistent: user.consistent ?? true };
    return 'random' in user ? { kind: 'random', two: user.random } : { kind: 'least-time', of: user.leastTime };
  }
  switch (user) {
    case 'random':
      return { kind: 'random', two: undefined };
    case 'least-time':
      return { kind: 'least-time', of: 'header' };
    default:
      return { kind: user };
  }
}

function stickyOf(user: Exclude<NonNullable<Upstream['sticky']>, false>): Sticky {
  if ('route' in user) return { kind: 'route', variables: user.route };
  const { cookie, expires, domain, path, flags = [] } = user;
  const seconds = expires === undefined || expires === 'max' ? expires : Math.floor(parseDuration(expires) / 1_000);
  return { kind: 'cookie', name: cookie, expires: seconds, domain, path, flags };
}

function keepAliveOf(user: NonNullable<Upstream['keepAlive']>): UpstreamPlan['keepAlive'] {
  if (typeof user !== 'object') return { ...keepAliveDefaults, idle: user === false ? 0 : user };
  return {
    ...keepAliveDefaults,
    ...picked(user, ['idle', 'requests']),
    ...given(user.time, (time) => ({ timeMs: parseDuration(time) })),
    ...given(user.timeout, (time) => ({ timeoutMs: parseDuration(time) })),
  };
}

function healthCheckOf(user: NonNullable<Upstream['healthCheck']>): UpstreamPlan['healthCheck'] {
  if (typeof user === 'boolean') return user ? healthCheckDefaults : undefined;
  return {
    ...healthCheckDefaults,
    ...given(user.interval, (time) => ({ intervalMs: parseDuration(time) })),
    ...given(user.jitter, (time) => ({ jitterMs: parseDuration(time) })),
    ...given(user.timeout, (time) => ({ timeoutMs: parseDuration(time) })),
    ...given(user.statuses, (statuses) => ({ statuses: statuses.map(rangeOf) })),
    ...given(user.mandatory, (isMandatory) => ({ isMandatory })),
    ...picked(user, ['kind', 'fails', 'passes', 'uri', 'host', 'port', 'body']),
  };
}

function rangeOf(status: number | string): readonly [from: number, to: number] {
  if (typeof status === 'number') return [status, status];
  const [from = '', to = ''] = status.split('-');
  return [Number(from), Number(to)];
}

function breakerOf(user: NonNullable<Upstream['breaker']>): UpstreamPlan['breaker'] {
  if (typeof user === 'boolean') return user ? breakerDefaults : undefined;
  return {
    ...breakerDefaults,
    ...given(user.window, (time) => ({ windowMs: parseDuration(time) })),
    ...given(user.open, (time) => ({ openMs: parseDuration(time) })),
    ...picked(user, ['failureRate', 'minRequests']),
  };
}

export function resolverPlan(user: Resolver): ResolverPlan {
  return {
    ...resolverDefaults,
    ...given(user.servers, (servers) => ({ servers: servers.map((each) => hostOr(each, 53)) })),
    ...given(user.valid, (time) => ({ validMs: parseDuration(time) })),
    ...given(user.timeout, (time) => ({ timeoutMs: parseDuration(time) })),
    ...picked(user, ['ipv4', 'ipv6']),
  };
}
