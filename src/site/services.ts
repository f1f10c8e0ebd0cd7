import type { Exchange } from '../core/exchange.ts';
import type { Outcome } from '../core/reply.ts';
import type { ErrorLogLevel } from '../plan/log-plan.ts';
import type { SiteOutcome } from './outcome.ts';
import type { SiteRequest } from './site-request.ts';

/** What the requests of a site share. */
export interface SiteServices {
  readonly hostname: string;
  /** Milliseconds since 1970. */
  now(): number;
  readonly errorLog: RequestErrorLog;
  /** Answers by an app. `main`: the client's request. Throws PeerError. */
  app(name: string, exchange: Exchange, main: SiteRequest): Outcome | Promise<Outcome>;
  /** Answers for another path of the same site: GET without a body, or `as`. Gives the answer after its error pages; nothing is sent. */
  subrequest(parent: SiteRequest, uri: string, args: string, as?: SubrequestKind): Promise<SubrequestAnswer>;
}

export interface SubrequestKind {
  readonly method: string;
  readonly body: Uint8Array;
}

export interface SubrequestAnswer {
  readonly request: SiteRequest;
  readonly outcome: SiteOutcome;
}

/** Where requests tell what goes wrong. */
export interface RequestErrorLog {
  write(request: SiteRequest, level: ErrorLogLevel, message: string): void;
}
