import type { ProxyTarget } from '../../plan/proxy-plan.ts';
import type { Settings } from '../../plan/settings.ts';
import type { CompileContext } from '../compile-context.ts';
import type { SiteOutcome } from '../outcome.ts';
import type { SiteRequest } from '../site-request.ts';
import type { Content } from '../steps.ts';
import { type AnswerChanges, compileAnswerFields } from './answer-fields.ts';
import { compileCookies } from './cookies.ts';
import { compileRedirects } from './redirects.ts';

/** What is done to the fields of a peer's answers. `prefix`: what the location matched, latin-1. Throws PlanError. */
export function compileAnswerChanges(
  target: ProxyTarget,
  settings: Settings,
  prefix: string,
  context: CompileContext,
): AnswerChanges {
  const { proxy } = settings;
  const redirects = compileRedirects(proxy.redirects, target, prefix, context);
  return compileAnswerFields(settings, redirects, compileCookies(proxy, context));
}

/**
 * The content of a proxy behind its cache, with what is one client's alone done in front of the cache, so that it is neither kept nor hides from the cache
 * what it has to know: fields that clients do not get, URLs and cookies that are rewritten, and the cookie of a sticky upstream.
 */
export function createGivenAnswers(cached: Content, { given }: AnswerChanges): Content {
  const change = (request: SiteRequest, outcome: SiteOutcome): SiteOutcome => {
    const { stickyCookie } = request;
    if ((!given && stickyCookie === undefined) || 'kind' in outcome || !('status' in outcome)) return outcome;
    const headers = given ? given(request, outcome.headers) : outcome.headers;
    return { ...outcome, headers: stickyCookie === undefined ? headers : headers.with('set-cookie', stickyCookie) };
  };
  return (request) => {
    // Another location may have answered first.
    request.stickyCookie = undefined;
    const outcome = cached(request);
    return outcome instanceof Promise ? outcome.then((late) => change(request, late)) : change(request, outcome);
  };
}
