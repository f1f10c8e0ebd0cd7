import type { ErrorCode } from '../core/errors.ts';
import type { NextCondition } from '../plan/proxy-plan.ts';
import { UpstreamFailure } from './upstream-request.ts';

/** What an attempt came to: no answer, or one whose status may be reason for another attempt. */
export type AttemptResult = UpstreamFailure | { readonly status: number };

/** What is asked when an attempt is over and the client has got nothing yet. Times in milliseconds. */
export interface RetryQuestion {
  readonly next: readonly NextCondition[];
  /** Attempts so far; those that met a stale connection may be left out. */
  readonly tries: number;
  /** 0 for any number. */
  readonly nextTries: number;
  /** Since the first attempt began. */
  readonly elapsedMs: number;
  /** 0 for any time. */
  readonly nextTimeoutMs: number;
  readonly method: string;
  readonly failure: AttemptResult;
  /** The body can be sent from its beginning: it is kept, or there is none, or nothing of it was read. */
  readonly isBodyReplayable: boolean;
  /** Members that have not been tried; one whose connection was stale may be among them. */
  readonly membersLeft: number;
}

/** Those of RFC 9110 §9.2.2. */
const idempotentMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);
/** Those that nginx takes for not idempotent. */
const unsafeMethods: ReadonlySet<string> = new Set(['POST', 'LOCK', 'PATCH']);

const conditionsOfCodes: Partial<Record<ErrorCode, NextCondition>> = {
  'upstream-refused': 'error',
  'upstream-tls': 'error',
  'upstream-closed': 'error',
  'upstream-incomplete': 'error',
  'upstream-connect-timeout': 'timeout',
  'upstream-timeout': 'timeout',
  'upstream-response-invalid': 'invalid_header',
  'upstream-response-too-large': 'invalid_header',
};

const conditionsOfStatuses: ReadonlyMap<number, NextCondition> = new Map([
  [500, 'http_500'],
  [502, 'http_502'],
  [503, 'http_503'],
  [504, 'http_504'],
  [403, 'http_403'],
  [404, 'http_404'],
  [429, 'http_429'],
]);

/**
 * Whether a request may be sent once more, as nginx's `proxy_next_upstream` has it; and, where that says nothing of errors, also because the
 * connection that it went over was stale (RFC 9112 §9.3.1).
 */
export function mayTryNext(question: RetryQuestion): boolean {
  const { next, failure, method, elapsedMs, nextTimeoutMs } = question;
  if (!question.isBodyReplayable || question.membersLeft <= 0) return false;
  if (question.nextTries > 0 && question.tries >= question.nextTries) return false;
  if (nextTimeoutMs > 0 && elapsedMs >= nextTimeoutMs) return false;
  const sendsTwice = wasSent(failure) && !next.includes('non_idempotent');
  if (isStale(failure) && (!sendsTwice || idempotentMethods.has(method))) return true;
  const condition = conditionOf(failure);
  if (condition === undefined || !next.includes(condition)) return false;
  return !sendsTwice || !unsafeMethods.has(method);
}

function conditionOf(result: AttemptResult): NextCondition | undefined {
  if (!(result instanceof UpstreamFailure)) return conditionsOfStatuses.get(result.status);
  return result.stage === 'body' ? undefined : conditionsOfCodes[result.code];
}

function wasSent(result: AttemptResult): boolean {
  return !(result instanceof UpstreamFailure) || result.wasSent;
}

function isStale(result: AttemptResult): boolean {
  return result instanceof UpstreamFailure && result.isStaleConnection;
}
