import type { Exchange } from '../core/exchange.ts';
import type { ExchangeRecord } from '../core/exchange-record.ts';
import type { Reply } from '../core/reply.ts';
import type { Location } from './location.ts';
import type { ErrorLogLevel } from './plan/log-plan.ts';
import type { SiteServices } from './services.ts';
import type { VirtualServer } from './virtual-server.ts';

/**
 * One request on its way through a site: what changes of it by rewrites and redirects, and what variables are read from.
 * Every string is latin-1 of its bytes.
 */
export class SiteRequest {
  readonly exchange: Exchange;
  readonly services: SiteServices;
  /** Of a subrequest: the request that it is made for. */
  readonly parent: SiteRequest | undefined;
  server: VirtualServer;
  /** The one that holds now. */
  location: Location;
  /** nginx's `$uri`: the path, decoded and normalised. Begins with `/`. */
  uri: string;
  /** nginx's `$args`, as it came or as rewrites made it. */
  args: string;
  /** Reached by an internal redirect or as a subrequest. */
  isInternal = false;
  /** Internal redirects and changes by `rewrite` so far; 10 at most. */
  redirects = 0;
  /** Of the last pattern that matched: `$1` and so on; 0 is the whole match. */
  captures: readonly (string | undefined)[] = [];
  /** The values of variables that were set or are kept, by slot. */
  readonly values: (string | undefined)[] = [];
  /** The status that an error page gets in place of its own. */
  errorStatus: number | undefined;
  /** The answer as far as it is made. */
  reply: Reply | undefined;
  /** What became of it; known when it is logged. */
  record: ExchangeRecord | undefined;

  constructor(
    exchange: Exchange,
    services: SiteServices,
    server: VirtualServer,
    location: Location,
    uri: string,
    args: string,
    parent?: SiteRequest,
  ) {
    this.exchange = exchange;
    this.services = services;
    this.server = server;
    this.location = location;
    this.uri = uri;
    this.args = args;
    this.parent = parent;
  }

  get method(): string {
    return this.exchange.request.method;
  }

  /** The value of the first header field of that name, lower-case. */
  header(name: string): string | undefined {
    return this.exchange.request.headers.get(name);
  }

  /** Writes to the location's error log, with the client, the server and the request. */
  log(level: ErrorLogLevel, message: string): void {
    this.services.errorLog.write(this, level, message);
  }
}
