import type { Member } from './member.ts';

/** What a request says of where it wants to go. */
export interface Choice {
  /** Of `hash`: what is hashed, as latin-1. Of `ip-hash`: the client's address as text, anything else for none. Undefined elsewhere. */
  readonly key: string | undefined;
  /** The route that its cookie or a variable names. */
  readonly route: string | undefined;
  /** Members that have failed for it. */
  readonly tried: ReadonlySet<Member>;
}

/** A member that was chosen for one request. */
export interface Lease {
  readonly member: Member;
  /** Once, when the request is over there. */
  done(result: LeaseResult): void;
}

export interface LeaseResult {
  /** Whether it counts against the member: for `maxFails`, and for the breaker. */
  readonly hasFailed: boolean;
  /** Until the answer's head, in milliseconds; undefined where there was none. */
  readonly headMs: number | undefined;
  /** In all, in milliseconds. */
  readonly totalMs: number;
}
