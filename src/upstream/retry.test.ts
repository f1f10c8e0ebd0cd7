import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type NextCondition, nextConditions } from '../plan/proxy-plan.ts';
import { type AttemptResult, mayTryNext, type RetryQuestion } from './retry.ts';
import { UpstreamFailure, type UpstreamStage } from './upstream-request.ts';

/** What nginx calls it, and what came about. */
interface Result {
  readonly what: string;
  readonly condition: NextCondition | undefined;
  readonly result: AttemptResult;
  readonly wasSent: boolean;
  readonly isStale: boolean;
}

function failure(
  code: UpstreamFailure['code'],
  stage: UpstreamStage,
  condition: NextCondition | undefined,
  how: { readonly isStaleConnection?: boolean; readonly wasSent?: boolean } = {},
): Result {
  const result = new UpstreamFailure(code, code, stage, how);
  const { isStaleConnection: isStale, wasSent } = result;
  return {
    what: `${code} at ${stage}${isStale ? ', stale' : ''}${wasSent ? '' : ', unsent'}`,
    condition,
    result,
    wasSent,
    isStale,
  };
}

function status(value: number, condition: NextCondition | undefined): Result {
  return { what: `${value}`, condition, result: { status: value }, wasSent: true, isStale: false };
}

const results: readonly Result[] = [
  failure('upstream-refused', 'connect', 'error'),
  failure('upstream-tls', 'connect', 'error'),
  failure('upstream-connect-timeout', 'connect', 'timeout'),
  failure('upstream-closed', 'send', 'error'),
  failure('upstream-closed', 'send', 'error', { wasSent: false }),
  failure('upstream-timeout', 'send', 'timeout'),
  failure('upstream-closed', 'head', 'error'),
  failure('upstream-incomplete', 'head', 'error'),
  failure('upstream-timeout', 'head', 'timeout'),
  failure('upstream-response-invalid', 'head', 'invalid_header'),
  failure('upstream-response-too-large', 'head', 'invalid_header'),
  failure('upstream-closed', 'head', 'error', { isStaleConnection: true }),
  failure('upstream-closed', 'send', 'error', { isStaleConnection: true, wasSent: false }),
  failure('upstream-incomplete', 'body', undefined),
  failure('upstream-timeout', 'body', undefined),
  failure('upstream-unresolved', 'connect', undefined),
  failure('upstream-unavailable', 'connect', undefined),
  failure('internal-error', 'head', undefined),
  ...([500, 502, 503, 504, 403, 404, 429] as const).map((value) => status(value, `http_${value}`)),
  ...[200, 304, 400, 401, 501].map((value) => status(value, undefined)),
];

const methods = ['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE', 'POST', 'LOCK', 'PATCH', 'PROPFIND', 'get'];
const sets: readonly (readonly NextCondition[])[] = [
  [],
  ...nextConditions.map((condition) => [condition]),
  ...nextConditions.map((condition) => ['non_idempotent' as const, condition]),
  ['error', 'timeout'],
  nextConditions,
];
const counts: readonly Pick<RetryQuestion, 'tries' | 'nextTries' | 'elapsedMs' | 'nextTimeoutMs' | 'membersLeft'>[] = [
  { tries: 1, nextTries: 0, elapsedMs: 5, nextTimeoutMs: 0, membersLeft: 1 },
  { tries: 9, nextTries: 0, elapsedMs: 5_000, nextTimeoutMs: 0, membersLeft: 3 },
  { tries: 2, nextTries: 3, elapsedMs: 99, nextTimeoutMs: 100, membersLeft: 1 },
];
const exhausted: typeof counts = [
  { tries: 1, nextTries: 0, elapsedMs: 5, nextTimeoutMs: 0, membersLeft: 0 },
  { tries: 1, nextTries: 1, elapsedMs: 5, nextTimeoutMs: 0, membersLeft: 1 },
  { tries: 4, nextTries: 3, elapsedMs: 5, nextTimeoutMs: 0, membersLeft: 1 },
  { tries: 1, nextTries: 0, elapsedMs: 100, nextTimeoutMs: 100, membersLeft: 1 },
];

/** As ngx_http_upstream_next decides it, by bits. */
function nginxSays({ condition, wasSent }: Result, next: readonly NextCondition[], method: string): boolean {
  if (condition === undefined) return false;
  const bit = (each: NextCondition): number => 1 << nextConditions.indexOf(each);
  const allowed = next.reduce((bits, each) => bits | bit(each), 0);
  const asked = bit(condition) | (wasSent && /^(?:POST|LOCK|PATCH)$/.test(method) ? bit('non_idempotent') : 0);
  return (allowed & asked) === asked;
}

describe('mayTryNext', () => {
  for (const result of results) {
    it(`says what nginx does for ${result.what}, of any method and conditions`, () => {
      for (const next of sets) {
        for (const method of methods) {
          for (const limits of counts) {
            const question = { ...limits, next, method, failure: result.result, isBodyReplayable: true };
            const isAgain = /^(?:GET|HEAD|OPTIONS|TRACE|PUT|DELETE)$/.test(method) || next.includes('non_idempotent');
            const forStale = result.isStale && (isAgain || !result.wasSent);
            const expected = forStale || nginxSays(result, next, method);
            assert.equal(mayTryNext(question), expected, JSON.stringify({ next, method, limits }));
            assert.equal(mayTryNext({ ...question, isBodyReplayable: false }), false);
          }
          for (const limits of exhausted) {
            const question = { ...limits, next, method, failure: result.result, isBodyReplayable: true };
            assert.equal(mayTryNext(question), false, JSON.stringify({ next, method, limits }));
          }
        }
      }
    });
  }
});
