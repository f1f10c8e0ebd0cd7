import type { ErrorCode } from '../core/errors.ts';
import type { Drop, Reply } from '../core/reply.ts';
import type { Tunnel } from '../core/tunnel.ts';
import type { Upgrade } from '../core/websocket.ts';

/** What a step of a site leads to. */
export type SiteOutcome = Reply | Upgrade | Tunnel | StatusOutcome | InternalRedirect | Drop;

/** The answer is the page of this status: of `error_page`, or ours. */
export interface StatusOutcome {
  readonly kind: 'status';
  readonly status: number;
  /** Where the client is sent, for 301, 302, 303, 307 and 308; checked and made absolute when it is sent. */
  readonly location?: string;
  /** Fields of the answer besides, as `www-authenticate`; lower-case. */
  readonly fields?: readonly (readonly [name: string, value: string])[];
  /** What failed, where it was an app or an upstream. */
  readonly code?: ErrorCode;
}

/** The request is for another path, or for a named location, from here on. */
export interface InternalRedirect {
  readonly kind: 'redirect';
  /** A decoded path, or `@name`. */
  readonly target: string;
  /** The query from now on; undefined for the same. */
  readonly args: string | undefined;
}

/** The answer is the page of this status. */
export function statusOutcome(status: number): StatusOutcome {
  return { kind: 'status', status };
}
