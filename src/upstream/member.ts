/** Where a connection can be made to. `host`: an IP address without brackets. */
export type SocketAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

/**
 * What the main thread says of a member: `checking` until a mandatory health check has passed, `unhealthy` where checks have failed,
 * `draining` for no more requests but those that stick to it, `down` for none.
 */
export type MemberState = 'up' | 'checking' | 'unhealthy' | 'draining' | 'down';

/** One peer of an upstream with its address found out; can be sent to a thread. */
export interface Member {
  /** Its place in the shared counters: no other member of the upstream has it at the same time. */
  readonly slot: number;
  readonly address: SocketAddress;
  /** As the config has it: `host:port`; for error logs and `host` of health checks. */
  readonly name: string;
  readonly weight: number;
  readonly maxFails: number;
  readonly failTimeoutMs: number;
  readonly maxConnections: number;
  readonly isBackup: boolean;
  readonly slowStartMs: number;
  readonly route: string;
  readonly state: MemberState;
}

/** The members of one upstream from now on, in the config's order. */
export interface UpstreamMembers {
  readonly upstream: string;
  readonly members: readonly Member[];
}

/** `127.0.0.1:80`, `[::1]:80` or `unix:/path`: as nginx's `$upstream_addr`. */
export function addressText(address: SocketAddress): string {
  if (address.kind === 'unix') return `unix:${address.path}`;
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}

/** An upstream as a front thread gets it; can be sent to a thread. */
export interface UpstreamState extends UpstreamMembers {
  /** See PeerCounters. */
  readonly counters: SharedArrayBuffer;
}
