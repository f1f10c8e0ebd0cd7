import type {
  Balance,
  KeepAlivePlan,
  PeerPlan,
  ResolverPlan,
  Sticky,
  UpstreamPlan,
} from '../../../../plan/upstream-plan.ts';

/** An `upstream` block while it is read. */
export interface UpstreamDraft {
  readonly peers: PeerPlan[];
  keepAlive: KeepAlivePlan;
  /** Undefined for nginx's own. */
  balance: Balance | undefined;
  sticky: Sticky | undefined;
  queue: UpstreamPlan['queue'];
  resolver: Omit<ResolverPlan, 'timeoutMs'> | undefined;
  resolverTimeoutMs: number | undefined;
}
