import type { StatusOutcome } from '../outcome.ts';
import type { SiteRequest } from '../site-request.ts';
import type { Step } from '../steps.ts';

/** What one kind of access control says: undefined where it has nothing to say of this request. */
export type Verdict = 'allowed' | StatusOutcome | undefined;

/** What nginx logs of a refusal by address, or where no kind of access control let a request pass. */
export const forbiddenByRule = 'access forbidden by rule';

export type Check = (request: SiteRequest) => Verdict | Promise<Verdict>;

/**
 * Asks the checks in order. With `all` the first refusal counts. With `any` the first that allows does: else 401, where one says
 * so, before 403, since a user may come again with a password.
 */
export function createGate(checks: readonly Check[], satisfy: 'all' | 'any'): Step {
  const isAny = satisfy === 'any';

  function ask(request: SiteRequest, index: number, refusal: StatusOutcome | undefined): ReturnType<Step> {
    const verdict = checks[index]?.(request);
    if (!(verdict instanceof Promise)) return heard(request, index, refusal, verdict);
    return verdict.then((known) => heard(request, index, refusal, known));
  }

  function heard(
    request: SiteRequest,
    index: number,
    before: StatusOutcome | undefined,
    verdict: Verdict,
  ): ReturnType<Step> {
    let refusal = before;
    if (verdict === 'allowed' && isAny) return undefined;
    if (verdict !== undefined && verdict !== 'allowed') {
      const mayStillPass = isAny && (verdict.status === 401 || verdict.status === 403);
      if (!mayStillPass) return verdict;
      refusal = worse(before, verdict);
    }
    if (index + 1 < checks.length) return ask(request, index + 1, refusal);
    if (refusal?.status === 403) request.log('error', forbiddenByRule);
    return refusal;
  }

  return (request) => ask(request, 0, undefined);
}

/** 401 with what all that say so want of the user, or else 403. */
function worse(before: StatusOutcome | undefined, verdict: StatusOutcome): StatusOutcome {
  if (before?.status !== 401) return verdict;
  return verdict.status === 401 ? { ...before, fields: [...(before.fields ?? []), ...(verdict.fields ?? [])] } : before;
}
