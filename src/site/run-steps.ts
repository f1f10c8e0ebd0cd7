import type { Reply } from '../core/reply.ts';
import type { Location } from './location.ts';
import type { SiteOutcome } from './outcome.ts';
import type { SiteRequest } from './site-request.ts';
import type { ReplyFilter, Step } from './steps.ts';

type Later<T> = T | Promise<T>;

/** Runs what a location has before its content, then its content. */
export function runLocation(request: SiteRequest, location: Location): Later<SiteOutcome> {
  return runFrom(request, location, request.parent ? location.subrequestSteps : location.steps, 0);
}

function runFrom(request: SiteRequest, location: Location, steps: readonly Step[], from: number): Later<SiteOutcome> {
  for (let index = from; index < steps.length; index++) {
    const outcome = (steps[index] as Step)(request);
    if (outcome instanceof Promise) {
      return outcome.then((late) => late ?? runFrom(request, location, steps, index + 1));
    }
    if (outcome) return outcome;
  }
  return location.content(request);
}

/** Does to an answer all that a location does to its answers. */
export function runFilters(
  request: SiteRequest,
  filters: readonly ReplyFilter[],
  from: number,
  reply: Reply,
): Later<Reply> {
  let made = reply;
  for (let index = from; index < filters.length; index++) {
    const next = (filters[index] as ReplyFilter)(request, made);
    if (next instanceof Promise) {
      return next.then((late) => {
        request.reply = late;
        return runFilters(request, filters, index + 1, late);
      });
    }
    made = next;
    request.reply = made;
  }
  return made;
}
