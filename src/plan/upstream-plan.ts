import type { Template } from './site-plan.ts';

/** Servers that answer for others, and how requests are spread over them. Durations are in milliseconds. */
export interface UpstreamPlan {
  /** What a URL's host names; of one that a URL makes by itself `host:port`, or `unix:PATH`. */
  readonly name: string;
  /** In the config's order. */
  readonly peers: readonly PeerPlan[];
  readonly balance: Balance;
  /** Where a client that has been at a peer goes on; else `balance` says. */
  readonly sticky: Sticky | undefined;
  readonly keepAlive: KeepAlivePlan;
  /** Requests that wait while no peer can take one; undefined where they are refused at once. */
  readonly queue: { readonly maxRequests: number; readonly maxWaitMs: number } | undefined;
  /** Undefined where only requests show whether a peer lives. */
  readonly healthCheck: HealthCheckPlan | undefined;
  readonly breaker: BreakerPlan | undefined;
  /** Asked again for the names of peers when their time is over; undefined where they are looked up as the system does, once. */
  readonly resolver: ResolverPlan | undefined;
}

/** Where a peer is. `host`: a name, or an address without brackets. */
export type PeerAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

/** One line of an upstream: an address, or a name with as many peers as it has addresses. */
export interface PeerPlan {
  readonly address: PeerAddress;
  /** 1 or more. */
  readonly weight: number;
  /** Failures within `failTimeoutMs` after which it is left out for as long; 0 for never. */
  readonly maxFails: number;
  readonly failTimeoutMs: number;
  /** Requests under way at a time, of all front threads together; 0 for any. */
  readonly maxConnections: number;
  /** Only for when all others cannot be used. */
  readonly isBackup: boolean;
  readonly isDown: boolean;
  /** How long its weight grows from 1 after it has come back; 0 for not at all. */
  readonly slowStartMs: number;
  /** What sticky cookies and routes name it by; undefined for a hash of its address. */
  readonly route: string | undefined;
  /** Its name is looked up again when the answer's time to live is over. */
  readonly resolves: boolean;
  /** The name is that of a service: SRV records `_SERVICE._tcp.HOST` tell hosts, ports, weights and priorities; undefined for an address. */
  readonly service: string | undefined;
}

export type Balance =
  | { readonly kind: 'round-robin' }
  | { readonly kind: 'least-connections' }
  /** The better one of two that are drawn. */
  | { readonly kind: 'random'; readonly two: 'least-connections' | 'least-time' | undefined }
  | { readonly kind: 'ip-hash' }
  /** `isConsistent`: ketama, so that a peer more or less moves few keys. */
  | { readonly kind: 'hash'; readonly key: Template; readonly isConsistent: boolean }
  | { readonly kind: 'least-time'; readonly of: 'header' | 'last-byte' };

export type Sticky =
  | {
      readonly kind: 'cookie';
      readonly name: string;
      /** Seconds; `max` for the year 2037; undefined for as long as the browser runs. */
      readonly expires: number | 'max' | undefined;
      readonly domain: string | undefined;
      readonly path: string | undefined;
      readonly flags: readonly CookieFlag[];
    }
  /** The first of these that is not empty names the peer's route. */
  | { readonly kind: 'route'; readonly variables: readonly Template[] };

export type CookieFlag = 'secure' | 'httponly' | 'samesite=strict' | 'samesite=lax' | 'samesite=none';

/** Connections that are kept for the next request. */
export interface KeepAlivePlan {
  /** Idle ones of all peers together in one front thread; 0 for none. */
  readonly idle: number;
  /** Requests over one of them. */
  readonly requests: number;
  /** How long one is used in all. */
  readonly timeMs: number;
  /** How long one may be idle. */
  readonly timeoutMs: number;
}

/** Asks each peer now and then, so that one that is dead gets no request. */
export interface HealthCheckPlan {
  /** `tcp`: it is enough that it takes a connection. */
  readonly kind: 'http' | 'tcp';
  readonly intervalMs: number;
  /** At random up to so much more. */
  readonly jitterMs: number;
  readonly timeoutMs: number;
  /** So many in a row change what is thought of it. */
  readonly fails: number;
  readonly passes: number;
  /** Path and query. */
  readonly uri: string;
  /** Undefined for the peer's name. */
  readonly host: string | undefined;
  /** Undefined for the peer's own. */
  readonly port: number | undefined;
  /** Ranges, both ends included. */
  readonly statuses: readonly (readonly [from: number, to: number])[];
  /** The body holds this text. */
  readonly body: string | undefined;
  /** A new peer gets nothing before it has passed. */
  readonly isMandatory: boolean;
}

/** A peer of which too many requests fail is left out for a while, then tried with one request. */
export interface BreakerPlan {
  /** Share of failed requests, from 0 to 1, of those that ended within `windowMs`. */
  readonly failureRate: number;
  readonly windowMs: number;
  /** Fewer say nothing. */
  readonly minRequests: number;
  readonly openMs: number;
}

/** nginx `resolver`. */
export interface ResolverPlan {
  /** Name servers, asked in turn; none for those of the system. */
  readonly servers: readonly { readonly host: string; readonly port: number }[];
  /** How long an answer holds; undefined for its time to live. */
  readonly validMs: number | undefined;
  readonly ipv4: boolean;
  readonly ipv6: boolean;
  readonly timeoutMs: number;
}
