import type { AuthRequest } from '../../plan/settings.ts';
import type { CompileContext } from '../compile-context.ts';
import { statusOutcome } from '../outcome.ts';
import type { SiteRequest } from '../site-request.ts';
import { discard, fieldOf, statusOf } from './answer-parts.ts';
import type { Check, Verdict } from './gate.ts';

const challenge = 'www-authenticate';

/**
 * nginx's `auth_request`: a subrequest decides. 2xx allows, 401 and 403 refuse, anything else is an error of the server. Variables
 * are set of the subrequest's, whatever it decides.
 */
export function createAuthRequest(plan: AuthRequest, context: CompileContext): Check {
  const uri = context.template(plan.uri);
  const sets = plan.set.map(({ variable, value }) => ({
    set: context.setter(variable),
    value: context.template(value),
  }));

  return async (request) => {
    const { request: subrequest, outcome } = await request.services.subrequest(request, uri.evaluate(request), '');
    for (const { set, value } of sets) set(request, value.evaluate(subrequest));
    discard(outcome);
    return verdictOf(request, statusOf(outcome), fieldOf(outcome, challenge));
  };
}

function verdictOf(request: SiteRequest, status: number | undefined, authenticate: string | undefined): Verdict {
  if (status !== undefined && status >= 200 && status < 300) return 'allowed';
  if (status === 403) return statusOutcome(403);
  if (status === 401) {
    return { kind: 'status', status, ...(authenticate !== undefined && { fields: [[challenge, authenticate]] }) };
  }
  request.log('error', `auth request unexpected status: ${status ?? 0}`);
  return statusOutcome(500);
}
