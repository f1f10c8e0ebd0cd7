import type { CookieFlag } from '../plan/upstream-plan.ts';

/** A name of a cookie: a token (RFC 6265 §4.1.1). */
export const cookieNamePattern: RegExp = /^[!#$%&'*+\-.^_`|~\dA-Za-z]+$/;

/** A value of a cookie, or of one of its attributes: with more it would be another one. */
export const cookieTextPattern: RegExp = /^[^\x00-\x1f\x7f;,]+$/;

export const cookieFlags: readonly [CookieFlag, ...CookieFlag[]] = [
  'secure',
  'httponly',
  'samesite=strict',
  'samesite=lax',
  'samesite=none',
];
