import { InvalidHeader } from '../core/headers.ts';
import type { Reply } from '../core/reply.ts';
import { errorReply } from './error-reply.ts';
import type { StatusOutcome } from './outcome.ts';
import { locationField } from './redirect-location.ts';
import type { SiteRequest } from './site-request.ts';

/** Our own page for a status. */
export function statusReply(request: SiteRequest, outcome: StatusOutcome): Reply {
  const { status, location, fields = [], code } = outcome;
  const reply = errorReply(status, code, request.exchange);
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
