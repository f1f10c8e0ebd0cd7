import type { Balance, KeepAlivePlan, PeerPlan } from '../../../../site/plan/upstream-plan.ts';

/** An `upstream` block while it is read. */
export interface UpstreamDraft {
  readonly peers: PeerPlan[];
  keepAlive: KeepAlivePlan;
  /** Undefined for nginx's own. */
  balance: Balance | undefined;
}
