import type { UpstreamPlan } from '../site/plan/upstream-plan.ts';
import type { UpstreamMembers, UpstreamState } from './member.ts';

/** The upstreams of one front thread. */
export class Upstreams {
  readonly #members: Map<string, UpstreamMembers> = new Map();

  /** From now on these are the upstreams; those that go on are the same by name. */
  configure(plans: readonly UpstreamPlan[], states: readonly UpstreamState[]): void {
    this.#members.clear();
    for (const { name } of plans) {
      const state = states.find(({ upstream }) => upstream === name);
      if (state) this.#members.set(name, state);
    }
  }

  /** What is said of an upstream that is not known here means nothing. */
  setMembers(members: UpstreamMembers): void {
    if (this.#members.has(members.upstream)) this.#members.set(members.upstream, members);
  }

  close(): void {
    this.#members.clear();
  }
}
