import type { Location } from './location.ts';
import type { Script } from './rewrite/script.ts';
import type { LocationTree } from './routing/location-tree.ts';
import type { ServerNames } from './routing/server-names.ts';
import type { SiteRequest } from './site-request.ts';

/** One server of a site, ready to run. */
export interface VirtualServer {
  /** Its place in the plan. */
  readonly index: number;
  /** nginx's `$server_name`. */
  readonly name: string;
  /** All that it has. */
  readonly names: ServerNames<true>;
  readonly mergesSlashes: boolean;
  /** What tells clients of HTTP/3 (RFC 7838), '' where it is not served. */
  readonly altSvc: string;
  /** The digest of its rules for client certificates, '' where it has none: see TlsFacts. Another one when their files change. */
  clientRules: string;
  /** They let nobody in without a certificate. */
  readonly requiresClient: boolean;
  /** Takes the client's address from where trusted proxies tell it. */
  readonly realIp: ((request: SiteRequest) => void) | undefined;
  /** The addresses and networks of these. */
  readonly trustedProxies: readonly string[];
  /** The rewrite rules outside of locations. */
  readonly script: Script;
  readonly locations: LocationTree;
  /** What holds where no location matches. */
  readonly outside: Location;
}
