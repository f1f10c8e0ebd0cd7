import type { Bind } from '../core/bind.ts';
import type { CachePlan } from './cache-plan.ts';
import type { LocationPlan, Rule } from './location-plan.ts';
import type { LogFormatPlan } from './log-plan.ts';
import type { Settings } from './settings.ts';
import type { IssuerPlan, TlsPlan } from './tls-plan.ts';
import type { UpstreamPlan } from './upstream-plan.ts';
import type { VariablePlan } from './variable-plan.ts';
import type { ConnectionZonePlan, RequestZonePlan } from './zone-plan.ts';

/**
 * All that a site does, as plain data: config/ makes it of a config, with everything inherited and every default filled in, and it is
 * sent to each front thread as it is. Durations are in milliseconds and sizes in bytes unless said otherwise.
 *
 * A `Template` is text with `$variables` as nginx has them. Texts of a plan are Unicode; in a request all is latin-1 of bytes.
 */
export interface SitePlan {
  readonly listeners: readonly ListenerPlan[];
  readonly servers: readonly ServerPlan[];
  /** Variables of maps and their like. */
  readonly variables: readonly VariablePlan[];
  readonly requestZones: readonly RequestZonePlan[];
  readonly connectionZones: readonly ConnectionZonePlan[];
  readonly logFormats: readonly LogFormatPlan[];
  readonly upstreams: readonly UpstreamPlan[];
  readonly caches: readonly CachePlan[];
  readonly issuers: readonly IssuerPlan[];
  /** Whether what PCRE allows and costs too much is refused, and so on: see docs/nginx.md. */
  readonly hostname: string;
}

/** Text with variables: `$name`, `${name}`. */
export type Template = string;

/** One address that is listened on. */
export interface ListenerPlan {
  readonly bind: Bind;
  /** Indices of the servers that answer there, in the config's order. */
  readonly servers: readonly number[];
  /** The one of them for hosts that none is for. */
  readonly defaultServer: number;
  /** Each connection begins with a header of the PROXY protocol (v1 or v2) that tells of its client. */
  readonly takesProxyProtocol: boolean;
  /** Its servers speak TLS there. */
  readonly tls: boolean;
  /** HTTP/2 is offered there whichever server it is: over TLS by ALPN, without it to clients that begin with it. */
  readonly http2: boolean;
  /** HTTP/3 is served on the same port of UDP, where the runtime knows QUIC. */
  readonly http3?: true;
  /** A socket for all IPv6 addresses takes no IPv4 connections. */
  readonly ipv6Only: boolean;
  /** Kernel queue of connections that wait to be accepted; undefined for the default. */
  readonly backlog: number | undefined;
}

/** One virtual server. */
export interface ServerPlan {
  /** As nginx's `server_name`: `example.com`, `*.example.com`, `.example.com`, `www.example.*`, `~^regex$`, ''. The first one is `$server_name`. */
  readonly names: readonly string[];
  readonly connection: ConnectionPlan;
  /** Undefined where it has none, even on addresses with TLS. */
  readonly tls: TlsPlan | undefined;
  /** HTTP/2 is offered to whoever asks for one of its names. */
  readonly http2: boolean;
  /** Two slashes of a path are one. */
  readonly mergeSlashes: boolean;
  readonly realIp: RealIpPlan | undefined;
  /** The rewrite rules outside of locations. */
  readonly rules: readonly Rule[];
  readonly locations: readonly LocationPlan[];
  /** What holds where no location matches. */
  readonly settings: Settings;
}

/** What is decided before the host of a request is known: the default server of an address has the say. */
export interface ConnectionPlan {
  readonly headTimeoutMs: number;
  readonly keepAliveMs: number;
  readonly keepAliveRequests: number;
  /** How long one connection may be kept in all. */
  readonly keepAliveTimeMs: number;
  readonly maxHeadSize: number;
  readonly maxFieldSize: number;
  readonly maxFieldCount: number;
  readonly maxTargetSize: number;
  /** HTTP/2 streams that one connection may have open. */
  readonly maxStreams: number;
  /** Longest time in which a client takes nothing of an answer. */
  readonly sendTimeoutMs: number;
  /** Bodies beyond this are refused before a location is chosen, in bytes; undefined where only locations have limits. */
  readonly maxBodySize?: number;
  /** Names with `_` are kept; else such fields are left out. */
  readonly underscoresInHeaders: boolean;
}

/** Whose word is taken for the client's address (nginx realip). */
export interface RealIpPlan {
  /** Addresses and networks, or `unix:`. */
  readonly from: readonly string[];
  /** Lower-case field name; `proxy_protocol` for what the PROXY protocol tells. */
  readonly header: string;
  readonly recursive: boolean;
}
