import { emptyBody } from '../core/body.ts';
import { PeerError } from '../core/errors.ts';
import type { Exchange } from '../core/exchange.ts';
import type { ExchangeRecord } from '../core/exchange-record.ts';
import { HeaderList } from '../core/headers.ts';
import { drop, isUpgrade, type Outcome, type Reply } from '../core/reply.ts';
import { decodeEscapes, decodePath, encodePath } from '../http/uri.ts';
import { fieldOf } from './access/answer-parts.ts';
import { tlsRefusal } from './access/tls-refusal.ts';
import { accelerated, dropAcceleratedFields, withAcceleratedFields } from './content/accelerated.ts';
import { checkBodySize } from './content/body-limit.ts';
import type { Location } from './location.ts';
import { refusedExchange } from './log/refused-exchange.ts';
import { type InternalRedirect, type SiteOutcome, type StatusOutcome, statusOutcome } from './outcome.ts';
import type { Script } from './rewrite/script.ts';
import { hostOf, type ServerNames } from './routing/server-names.ts';
import { runFilters, runLocation } from './run-steps.ts';
import type { SiteServices, SubrequestAnswer } from './services.ts';
import { SiteRequest } from './site-request.ts';
import { statusReply } from './status-reply.ts';
import { subrequestExchange } from './subrequest-exchange.ts';
import type { VirtualServer } from './virtual-server.ts';

type Later<T> = T | Promise<T>;

/** The servers of one address. */
export interface ListenerSite {
  /** Undefined where there is only one server, and nothing of its name is wanted. */
  readonly names: ServerNames<VirtualServer> | undefined;
  readonly defaultServer: VirtualServer;
  /** It is for TLS alone. */
  readonly tls: boolean;
}

const mostRedirects = 10; // nginx NGX_HTTP_MAX_URI_CHANGES 10

/** Answers requests as a plan says: server, location, steps, content, filters, error pages, in nginx's order. */
export class Site {
  readonly #servers: readonly VirtualServer[];
  readonly #listeners: readonly ListenerSite[];
  readonly #services: SiteServices;

  /** By their indexes in the plan. */
  constructor(
    servers: readonly VirtualServer[],
    listeners: readonly ListenerSite[],
    services: Omit<SiteServices, 'subrequest'>,
  ) {
    this.#servers = servers;
    this.#listeners = listeners;
    this.#services = {
      ...services,
      subrequest: (parent, uri, args, options) => this.#subrequest(parent, uri, args, options),
    };
  }

  /** Answers a request. `listener`: which of the plan's it came in on. */
  handle(exchange: Exchange, listener: number): Later<Outcome> {
    const request = this.#open(exchange, listener);
    exchange.observer = request;
    return this.#settle(request, () => this.#begin(request, listener)) as Later<Outcome>;
  }

  /** Which of the plan's servers is for a client that asks for this name (SNI), lower-case. */
  serverFor(name: string, listener: number): number {
    const { names, defaultServer } = this.#listeners[listener] as ListenerSite;
    return (names?.find(name)?.server ?? defaultServer).index;
  }

  /** The digests of the servers' rules for client certificates. Connections that were made under others get no more answers of these servers. */
  setClientRules(digests: readonly (string | undefined)[]): void {
    for (const server of this.#servers) server.clientRules = digests[server.index] ?? '';
  }

  /** A request that was refused before there was an exchange is logged where the default server of its address logs. */
  refused(record: ExchangeRecord, listener: number): void {
    const request = this.#open(refusedExchange(record.connection), listener);
    request.reply = { status: record.status, headers: HeaderList.empty, body: emptyBody };
    request.done(record);
  }

  #open(exchange: Exchange, index: number): SiteRequest {
    const listener = this.#listeners[index] as ListenerSite;
    const server = listener.defaultServer;
    const request = new SiteRequest(exchange, this.#services, server, server.outside, '/', exchange.request.query);
    const found = listener.names?.find(hostOf(request));
    if (!found) return request;
    request.server = found.server;
    request.location = found.server.outside;
    found.matches?.match(request, hostOf(request));
    return request;
  }

  #begin(request: SiteRequest, listener: number): Later<SiteOutcome> {
    const { server, exchange } = request;
    const { path, target } = exchange.request;
    const refusal = tlsRefusal(request, this.#listeners[listener]?.tls === true);
    if (refusal) {
      // The next request would fare no better. As nginx, but for 421.
      exchange.isLast = true;
      return refusal;
    }
    // What concerns the server itself has no path (RFC 9110 §9.3.7).
    if (target === '*') return serverOptions;
    request.uri = decodePath(path, server.mergesSlashes);
    request.isRewritten = request.uri !== path && !isSamePath(exchange, request.uri);
    server.realIp?.(request);
    return this.#runServer(request);
  }

  /** From the server's rewrite rules on. */
  #runServer(request: SiteRequest): Later<SiteOutcome> {
    request.isUriChanged = false;
    return runScript(request, request.server.script) ?? this.#runLocation(request);
  }

  /** Finds the location, runs its rewrite rules, and again where they have changed the path; then the location itself. */
  #runLocation(request: SiteRequest): Later<SiteOutcome> {
    const { server } = request;
    for (;;) {
      const found = server.locations.find(request.uri, request);
      request.location = found?.location ?? server.outside;
      request.isPrefixGone = false;
      const { location } = request;
      if (location.settings.internal && !request.isInternal) return statusOutcome(404);
      if (found?.kind === 'slash') return slashRedirect(request);
      const tooLarge = checkBodySize(request);
      if (tooLarge) return tooLarge;
      const outcome = this.#runScript(request, location);
      if (outcome) return outcome;
      if (!request.isUriChanged) return runLocation(request, request.location);
      if (!this.#mayRedirect(request)) return statusOutcome(500);
    }
  }

  #runScript(request: SiteRequest, location: Location): SiteOutcome | undefined {
    request.isUriChanged = false;
    if (location.scriptMethods?.has(request.method) === false) return undefined;
    return runScript(request, location.script);
  }

  #mayRedirect(request: SiteRequest): boolean {
    if (++request.redirects <= mostRedirects) return true;
    request.log('error', `rewrite or internal redirection cycle while processing "${request.uri}"`);
    return false;
  }

  /** Runs something and makes an answer of what it leads to. */
  #settle(request: SiteRequest, run: () => Later<SiteOutcome>): Later<SiteOutcome> {
    let outcome: Later<SiteOutcome>;
    try {
      outcome = run();
    } catch (error) {
      outcome = failure(error);
    }
    if (!(outcome instanceof Promise)) return this.#finish(request, outcome);
    return outcome.then(
      (late) => this.#finish(request, late),
      (error: unknown) => this.#finish(request, failure(error)),
    );
  }

  #finish(request: SiteRequest, outcome: SiteOutcome): Later<SiteOutcome> {
    if ('kind' in outcome) {
      if (outcome.kind === 'drop' || outcome.kind === 'tunnel') return outcome;
      if (outcome.kind === 'redirect') return this.#settle(request, () => this.#redirect(request, outcome));
      // nginx NGX_HTTP_CLOSE
      if (outcome.status === 444) return drop;
      dropAcceleratedFields(request);
      const { settings, errorPages } = request.location;
      const isAllowed = request.redirects <= mostRedirects && !request.hasLastErrorPage;
      const page = isAllowed ? errorPages.find(request, outcome.status) : undefined;
      if (page) {
        request.failedStatus = outcome.status;
        request.hasLastErrorPage = !settings.recursiveErrorPages;
        request.challenge ??= fieldOf(outcome, 'www-authenticate');
        if (outcome.status === 416) request.unsatisfiedRange ??= fieldOf(outcome, 'content-range');
        if (page.kind === 'redirect') return this.#finish(request, page);
        return this.#send(request, statusReply(request, page));
      }
      request.errorStatus = undefined;
      return this.#send(request, statusReply(request, outcome));
    }
    if (isUpgrade(outcome)) return outcome;
    if (request.location.heedsAcceleratedFields) {
      const redirect = accelerated(request, outcome);
      if (redirect) return this.#finish(request, redirect);
    }
    return this.#send(request, outcome);
  }

  /** The request goes on with another path, or in a named location. */
  #redirect(request: SiteRequest, { target, args }: InternalRedirect): Later<SiteOutcome> {
    request.isInternal = true;
    if (!this.#mayRedirect(request)) return statusOutcome(500);
    if (args !== undefined && args !== request.args) {
      request.args = args;
      request.isRewritten = true;
    }
    if (!target.startsWith('@')) {
      request.isRewritten ||= target !== request.uri;
      request.uri = target;
      return this.#runServer(request);
    }
    const location = request.server.locations.named(target);
    if (!location) {
      request.log('error', `could not find named location "${target}"`);
      return statusOutcome(500);
    }
    request.location = location;
    const outcome = this.#runScript(request, location);
    if (outcome) return outcome;
    if (!request.isUriChanged) return runLocation(request, request.location);
    return this.#mayRedirect(request) ? this.#runLocation(request) : statusOutcome(500);
  }

  #send(request: SiteRequest, reply: Reply): Later<SiteOutcome> {
    const made = changedReply(request, reply);
    request.reply = made;
    if (request.parent) return made;
    const { filters } = request.location;
    return filters.length === 0 ? made : runFilters(request, filters, 0, made);
  }

  async #subrequest(
    parent: SiteRequest,
    uri: string,
    args: string,
    options: Parameters<SiteServices['subrequest']>[3],
  ): Promise<SubrequestAnswer> {
    const exchange = subrequestExchange(parent.exchange, options);
    const request = new SiteRequest(exchange, this.#services, parent.server, parent.server.outside, uri, args, parent);
    request.isInternal = true;
    request.isRewritten = true;
    return { request, outcome: await this.#settle(request, () => this.#runServer(request)) };
  }
}

/** With the status and some fields of the failed request that an error page stands for, and the fields that an app wanted. */
function changedReply(request: SiteRequest, reply: Reply): Reply {
  const { errorStatus, acceleratedFields, challenge, unsatisfiedRange } = request;
  if (errorStatus === undefined && !acceleratedFields && challenge === undefined) return reply;
  let headers = withAcceleratedFields(request, reply.headers, reply.status);
  if (challenge !== undefined) headers = headers.replaced('www-authenticate', challenge);
  if (errorStatus === 416 && unsatisfiedRange !== undefined)
    headers = headers.replaced('content-range', unsatisfiedRange);
  if (errorStatus === 204) headers = headers.without('content-type');
  return { ...reply, headers, status: errorStatus ?? reply.status };
}

/** `OPTIONS *` asks about the server, not about anything on it. */
const serverOptions: Reply = {
  status: 204,
  headers: HeaderList.of([['allow', 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS']]),
  body: emptyBody,
};

/** What rewrite rules make of the path and the query an app is to see. */
function runScript(request: SiteRequest, script: Script): SiteOutcome | undefined {
  if (script.isEmpty) return undefined;
  const { uri, args } = request;
  const outcome = script.run(request);
  if (request.uri !== uri || request.args !== args) request.isRewritten = true;
  return outcome;
}

/** What failed, as an answer. What is no fault of a peer is thrown on: the front reports it. */
function failure(error: unknown): StatusOutcome {
  if (!(error instanceof PeerError) || error.code === 'client-closed') throw error;
  return { kind: 'status', status: error.status, code: error.code };
}

/** A folder of an app was asked for without its slash. */
function slashRedirect(request: SiteRequest): StatusOutcome {
  const args = request.args === '' ? '' : `?${request.args}`;
  return { kind: 'status', status: 301, location: `${encodePath(request.uri)}/${args}` };
}

/** Whether an app that decodes its path by itself comes to the path that the location was chosen by, but for slashes in a row. */
function isSamePath({ request }: Exchange, uri: string): boolean {
  return decodeEscapes(request.normalizedPath).replace(/\/{2,}/g, '/') === uri.replace(/\/{2,}/g, '/');
}
