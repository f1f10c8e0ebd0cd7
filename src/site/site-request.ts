import type { Exchange, ExchangeObserver, Peer } from '../core/exchange.ts';
import type { ExchangeRecord } from '../core/exchange-record.ts';
import type { Reply } from '../core/reply.ts';
import type { ErrorLogLevel } from '../plan/log-plan.ts';
import type { Location } from './location.ts';
import type { UpstreamAttempts } from './proxy/upstream-attempts.ts';
import type { SiteServices } from './services.ts';
import type { VirtualServer } from './virtual-server.ts';

/** What a limit did to a request, as nginx names it. */
export type LimitStatus = 'PASSED' | 'DELAYED' | 'REJECTED' | 'DELAYED_DRY_RUN' | 'REJECTED_DRY_RUN';

/** What became of a request at its location's cache, as nginx's `$upstream_cache_status` has it. */
export type CacheStatus = 'MISS' | 'BYPASS' | 'EXPIRED' | 'STALE' | 'UPDATING' | 'REVALIDATED' | 'HIT';

const noCaptures: readonly (string | undefined)[] = [];

/**
 * One request on its way through a site: what changes of it by rewrites and redirects, and what variables are read from.
 * Every string is latin-1 of its bytes.
 */
export class SiteRequest implements ExchangeObserver {
  readonly exchange: Exchange;
  readonly services: SiteServices;
  /** Of a subrequest: the request that it is made for. */
  readonly parent: SiteRequest | undefined;
  /** Of a subrequest: the request that a client made; else this one. */
  readonly main: SiteRequest;
  server: VirtualServer;
  /** The one that holds now. */
  location: Location;
  /** The request's, until an error page makes it GET. */
  method: string;
  /** nginx's `$uri`: the path, decoded and normalised. Begins with `/`. */
  uri: string;
  /** nginx's `$args`, as it came or as rewrites made it. */
  args: string;
  /** Reached by an internal redirect, by a rewrite or as a subrequest. */
  isInternal = false;
  /** Internal redirects and changes by `rewrite` so far; 10 at most. */
  redirects = 0;
  /** A rewrite has changed the path, for which a location is to be found. */
  isUriChanged = false;
  /** The path or the query is no longer what the client sent, and an app is to see what it is now. */
  isRewritten = false;
  /** The path was changed by `rewrite … break`, so that what the location matched is not its beginning any more. */
  isPrefixGone = false;
  /** Attempts to get an answer of upstreams, for `$upstream_addr` and its like; undefined where there were none. */
  attempts: UpstreamAttempts | undefined;
  /** Undefined where no cache was asked. */
  cacheStatus: CacheStatus | undefined;
  /** Whether a cache has begun to keep its answer; undefined where none did though the answer does not forbid it. */
  isKept: boolean | undefined;
  /** The `set-cookie` by which its client comes back to the peer that has answered, where a cache stands between them. */
  stickyCookie: string | undefined;
  /** nginx's `$slice_range`: the piece that is asked for. */
  sliceRange: string | undefined;
  /** It is for a piece of what others may be kept of already. */
  isAmongPieces = false;
  /** What an app wants of an answer that is sent in place of its own (X-Accel-Redirect). */
  acceleratedFields: readonly (readonly [name: string, value: string])[] | undefined;
  /** Of the failure for which it was sent to an error page. */
  failedStatus: number | undefined;
  /** It has an error page of a location whose pages are not recursive: there is none for what fails after that. */
  hasLastErrorPage = false;
  /** A streamed body went to an app: what is left of it is nothing for another one. */
  isBodySent = false;
  /** Of the last pattern that matched: `$1` and so on; 0 is the whole match. */
  captures: readonly (string | undefined)[] = noCaptures;
  /** The values of variables that were set or are kept, by slot. A request shares them with its subrequests, as in nginx. */
  readonly values: (string | undefined)[];
  /** The status that an error page gets in place of its own. */
  errorStatus: number | undefined;
  /** The `www-authenticate` that an error page gets besides. */
  challenge: string | undefined;
  /** The `content-range` that it gets besides where it stays 416 (RFC 9110 §15.5.17). */
  unsatisfiedRange: string | undefined;
  /** The answer as far as it is made. */
  reply: Reply | undefined;
  /** What became of it; known when it is logged. */
  record: ExchangeRecord | undefined;
  /** Who connected, where `exchange.connection.client` is what real ip made of a field that it sent. */
  peer: Peer | undefined;
  /** nginx's `$limit_req_status` and `$limit_conn_status`; of main requests. */
  limitRequestsStatus: LimitStatus | undefined;
  limitConnectionsStatus: Exclude<LimitStatus, 'DELAYED' | 'DELAYED_DRY_RUN'> | undefined;
  /** nginx's `$uid_got` and `$uid_set`; of main requests. */
  userIdGot: string | undefined;
  userIdSet: string | undefined;
  /** What `set $limit_rate` made of it, in place of the location's. */
  limitRate: string | undefined;
  #doneListeners: (() => void)[] | undefined;
  #isDone = false;

  constructor(
    exchange: Exchange,
    services: SiteServices,
    server: VirtualServer,
    location: Location,
    uri: string,
    args: string,
    parent?: SiteRequest,
    original?: SiteRequest,
  ) {
    this.exchange = exchange;
    this.method = exchange.request.method;
    this.services = services;
    this.server = server;
    this.location = location;
    this.uri = uri;
    this.args = args;
    this.parent = parent;
    this.main = parent?.main ?? original?.main ?? this;
    this.values = parent?.values ?? original?.values ?? [];
  }

  /** The same request with another exchange: what a cache asks content with. Both share the values of variables. */
  withExchange(exchange: Exchange): SiteRequest {
    const { services, server, location, uri, args, parent } = this;
    const copy = new SiteRequest(exchange, services, server, location, uri, args, parent, this);
    copy.isInternal = this.isInternal;
    copy.isRewritten = this.isRewritten;
    copy.isPrefixGone = this.isPrefixGone;
    copy.isBodySent = this.isBodySent;
    copy.captures = this.captures;
    copy.failedStatus = this.failedStatus;
    copy.hasLastErrorPage = this.hasLastErrorPage;
    copy.errorStatus = this.errorStatus;
    copy.attempts = this.attempts;
    copy.sliceRange = this.sliceRange;
    copy.isAmongPieces = this.isAmongPieces;
    copy.peer = this.peer;
    return copy;
  }

  /** The value of the first header field of that name, lower-case. */
  header(name: string): string | undefined {
    return this.exchange.request.headers.get(name);
  }

  /** Calls back once when the exchange is over, its answer sent or its client gone. For main requests. */
  onDone(listener: () => void): void {
    if (this.#isDone) listener();
    else if (this.#doneListeners) this.#doneListeners.push(listener);
    else this.#doneListeners = [listener];
  }

  /** The exchange is over: tells the listeners, and the access logs. */
  done(record: ExchangeRecord): void {
    this.#isDone = true;
    this.record = record;
    const listeners = this.#doneListeners;
    this.#doneListeners = undefined;
    if (listeners) for (const listener of listeners) listener();
    this.location.log?.(this);
  }

  /** Writes to the location's error log, with the client, the server and the request. */
  log(level: ErrorLogLevel, message: string): void {
    this.services.errorLog.write(this, level, message);
  }
}
