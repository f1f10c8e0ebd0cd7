// Made of the schema by "npm run config-reference"; see config-schema.ts.

/** A peer of which too many requests fail is left out for a while, then tried with one request. */
export interface Breaker {
  /** The share of requests that fail. Default: 0.5. */
  readonly failureRate?: number;
  /** Of those that ended within so long. Default: "10s". */
  readonly window?: string;
  /** Fewer say nothing. Default: 20. */
  readonly minRequests?: number;
  /** How long it is left out. Default: "30s". */
  readonly open?: string;
}

/** The same peer for the same key. */
export interface HashBalance {
  /** The key, such as '$request_uri'. */
  readonly hash: string;
  /** A peer more or less moves few keys (ketama). Default: true. */
  readonly consistent?: boolean;
}

/** Each peer is asked now and then, so that one that is dead gets nothing. */
export interface HealthCheck {
  /** tcp: it is enough that it takes a connection. Default: "http". */
  readonly kind?: 'http' | 'tcp';
  /** How often. Default: "5s". */
  readonly interval?: string;
  /** At random up to so much later. Default: "1s". */
  readonly jitter?: string;
  /** How long an answer may take. Default: "3s". */
  readonly timeout?: string;
  /** So many in a row and it gets nothing. Default: 3. */
  readonly fails?: number;
  /** So many in a row and it is used again. Default: 2. */
  readonly passes?: number;
  /** What is asked for. Default: "/". */
  readonly uri?: string;
  /** The host that is named. Default: "the peer's name". */
  readonly host?: string;
  /** The port that is asked. Default: "the peer's own". */
  readonly port?: number;
  /** What it may answer. Default: ["200-399"]. */
  readonly statuses?: readonly (number | string)[];
  /** A text that the answer holds. */
  readonly body?: string;
  /** A new peer gets nothing before it has passed. Default: false. */
  readonly mandatory?: boolean;
}

/** The one that answers fastest. */
export interface LeastTimeBalance {
  /** Until the head of an answer, or until its end. */
  readonly leastTime: 'header' | 'last-byte';
}

/** A server that answers for this one. */
export interface Peer {
  /** HOST:PORT, [IPV6]:PORT or unix:PATH; without a port it is 80's. */
  readonly address: string;
  /** How much it gets, beside the weights of the others. Default: 1. */
  readonly weight?: number;
  /** After so many failures within `failTimeout` it is left out for as long; 0 for never. Default: 1. */
  readonly maxFails?: number;
  /** See `maxFails`. Default: "10s". */
  readonly failTimeout?: string;
  /** How many requests it may have at a time; 0 for any number. Default: 0. */
  readonly maxConnections?: number;
  /** Only for when all others cannot be used. Default: false. */
  readonly backup?: boolean;
  /** It gets nothing. Default: false. */
  readonly down?: boolean;
  /** How long its share grows after it has come back. Default: "0s". */
  readonly slowStart?: string;
  /** What sticky cookies and routes name it by. Default: "a hash of its address". */
  readonly route?: string;
  /** Its name is looked up again when the answer is too old. Default: "true for names, but localhost". */
  readonly resolve?: boolean;
  /** SRV records of this service, such as 'http', tell hosts, ports and weights. */
  readonly service?: string;
}

/** The better of two that are drawn. */
export interface RandomBalance {
  /** What makes one better. */
  readonly random: 'least-connections' | 'least-time';
}

/** Who tells the addresses of names. */
export interface Resolver {
  /** Name servers such as '10.0.0.2' or '[::1]:5353', asked in turn. Default: "those of the system". */
  readonly servers?: readonly string[];
  /** How long an answer holds. Default: "its time to live". */
  readonly valid?: string;
  /** IPv4 addresses are asked for. Default: true. */
  readonly ipv4?: boolean;
  /** IPv6 addresses are asked for. Default: true. */
  readonly ipv6?: boolean;
  /** How long an answer may take. Default: "5s". */
  readonly timeout?: string;
}

/** A cookie tells which peer a client has been at. */
export interface StickyCookie {
  /** Its name. */
  readonly cookie: string;
  /** How long browsers keep it. Default: "as long as they run". */
  readonly expires?: string | 'max';
  /** For which domain. */
  readonly domain?: string;
  /** For which path. */
  readonly path?: string;
  /** Its flags. */
  readonly flags?: readonly ('secure' | 'httponly' | 'samesite=strict' | 'samesite=lax' | 'samesite=none')[];
}

/** A text that holds the peer's `route`. */
export interface StickyRoute {
  /** Texts with variables such as '$cookie_route'; the first that is not empty counts. */
  readonly route: readonly string[];
}

/** Servers that answer for this one. */
export interface Upstream {
  /** Who they are. */
  readonly peers: readonly (string | Peer)[];
  /** Who of them gets a request. Default: "round-robin". */
  readonly balance?:
    | 'round-robin'
    | 'least-connections'
    | 'random'
    | 'ip-hash'
    | 'least-time'
    | HashBalance
    | RandomBalance
    | LeastTimeBalance;
  /** Clients go on with the peer that they have been at. Default: false. */
  readonly sticky?: false | StickyCookie | StickyRoute;
  /** Connections that are kept for the next request. */
  readonly keepAlive?: false | number | UpstreamKeepAlive;
  /** Requests that may wait while no peer can take one. Default: false. */
  readonly queue?:
    | false
    | {
        /** How many. */
        readonly requests: number;
        /** For how long. Default: "60s". */
        readonly wait?: string;
      };
  /** Peers are asked whether they live. Default: false. */
  readonly healthCheck?: boolean | HealthCheck;
  /** Peers of which too many requests fail are left out. Default: false. */
  readonly breaker?: boolean | Breaker;
  /** Who tells the addresses of peers that have names; false looks them up once, as the system does. Default: "the name servers of the system". */
  readonly resolver?: false | Resolver;
}

/** Connections that are kept for the next request. */
export interface UpstreamKeepAlive {
  /** Idle ones of one front thread; 0 for none. Default: 64. */
  readonly idle?: number;
  /** Requests over one of them. Default: 1000000. */
  readonly requests?: number;
  /** How long one is used in all. Default: "1h". */
  readonly time?: string;
  /** How long one may be idle. Default: "55s". */
  readonly timeout?: string;
}
