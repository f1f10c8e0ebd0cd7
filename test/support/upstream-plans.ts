import type { HealthCheckPlan, PeerPlan, UpstreamPlan } from '../../src/plan/upstream-plan.ts';

/** A peer as nginx has it where the config says nothing. */
export function peerPlan(host: string, port: number, changes: Partial<PeerPlan> = {}): PeerPlan {
  return {
    address: { kind: 'tcp', host, port },
    weight: 1,
    maxFails: 1,
    failTimeoutMs: 10_000,
    maxConnections: 0,
    isBackup: false,
    isDown: false,
    slowStartMs: 0,
    route: undefined,
    resolves: false,
    service: undefined,
    ...changes,
  };
}

/** An upstream named `app`, as nginx has it where the config says nothing. */
export function upstreamPlan(peers: readonly PeerPlan[], changes: Partial<UpstreamPlan> = {}): UpstreamPlan {
  return {
    name: 'app',
    peers,
    balance: { kind: 'round-robin' },
    sticky: undefined,
    keepAlive: { idle: 32, requests: 1_000, timeMs: 3_600_000, timeoutMs: 60_000 },
    queue: undefined,
    healthCheck: undefined,
    breaker: undefined,
    resolver: undefined,
    ...changes,
  };
}

/** A check over TCP that is repeated at once. */
export function healthCheckPlan(changes: Partial<HealthCheckPlan> = {}): HealthCheckPlan {
  return {
    kind: 'tcp',
    intervalMs: 5,
    jitterMs: 0,
    timeoutMs: 5_000,
    fails: 1,
    passes: 1,
    uri: '/',
    host: undefined,
    port: undefined,
    statuses: [[200, 399]],
    body: undefined,
    isMandatory: false,
    ...changes,
  };
}
