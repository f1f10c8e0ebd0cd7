import type { Reply } from '../core/reply.ts';
import type { SiteOutcome } from './outcome.ts';
import type { SiteRequest } from './site-request.ts';

/** One thing that is done before content is asked for; undefined to go on. What needs no waiting returns no promise. */
export type Step = (request: SiteRequest) => SiteOutcome | undefined | Promise<SiteOutcome | undefined>;

/** Makes the answer. */
export type Content = (request: SiteRequest) => SiteOutcome | Promise<SiteOutcome>;

/** One thing that is done to an answer before it is sent. The same reply where it has nothing to do. */
export type ReplyFilter = (request: SiteRequest, reply: Reply) => Reply | Promise<Reply>;
