import type { MemberState } from './member.ts';

/** One member, as `galley upstreams` tells. */
export interface MemberStatus {
  /** `127.0.0.1:80`, `[::1]:80` or `unix:/path`. */
  readonly address: string;
  /** As the config has it: `host:port`. */
  readonly name: string;
  /** `failed`: left out for a while, since too many requests have failed. */
  readonly state: MemberState | 'failed';
  readonly weight: number;
  readonly backup: boolean;
  /** Requests under way. */
  readonly active: number;
  readonly requests: number;
  /** Those that failed. */
  readonly failures: number;
  readonly lastCheck: {
    /** ISO 8601. */
    readonly at: string;
    /** Why it has failed; null where it has passed. */
    readonly problem: string | null;
  } | null;
}

/** One upstream, as `GET /upstreams` of the control socket answers. */
export interface UpstreamStatus {
  readonly name: string;
  readonly members: readonly MemberStatus[];
}
