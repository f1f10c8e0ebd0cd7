import { emptyBody } from '../core/body.ts';
import { HeaderList, InvalidHeader } from '../core/headers.ts';
import type { Reply } from '../core/reply.ts';
import { errorReply } from './error-reply.ts';
import type { StatusOutcome } from './outcome.ts';
import { locationField } from './redirect-location.ts';
import type { SiteRequest } from './site-request.ts';

/** Our own page for a status; nothing where the config made up the status. */
export function statusReply(request: SiteRequest, outcome: StatusOutcome): Reply {
  const { status, location, fields = [], code } = outcome;
  const reply = isOwn(status)
    ? errorReply(status, code, request.exchange)
    : { status, headers: HeaderList.empty, body: emptyBody };
  const added = location === undefined ? fields : [...fields, ['location', locationField(request, location)] as const];
  if (added.length === 0) return reply;
  try {
    return { ...reply, headers: reply.headers.withAll(added) };
  } catch (error) {
    if (!(error instanceof InvalidHeader)) throw error;
    request.log('error', error.message);
    return errorReply(500, undefined, request.exchange);
  }
}

/** Whether a server answers with it by itself: those for which nginx has a page. */
function isOwn(status: number): boolean {
  return status < 417 || status === 421 || status === 429 || status === 431 || (status >= 494 && status <= 508);
}
