import type { Log } from '../../observe/log.ts';
import type { SitePlan } from '../../plan/site-plan.ts';
import type { UpstreamMembers, UpstreamState } from '../member.ts';
import type { UpstreamStatus } from '../upstream-status.ts';
import type { MemberChange } from './runtime-changes.ts';
import { type ChangeOutcome, SupervisedUpstream } from './supervised-upstream.ts';
import { usedOnlyAs } from './upstream-uses.ts';

/** How long names may take to be looked up before all goes on without them, in milliseconds. */
const settleMs = 2_000;

export interface UpstreamSupervisorOptions {
  readonly frontCount: number;
  readonly log: Log;
  /** A monotonic clock in milliseconds that all threads share. */
  now(): number;
  /** Front threads are to know this. */
  changed(members: UpstreamMembers): void;
}

/** The upstreams of a site that is to be used; one of `keep` and `drop` is to be called. */
export interface ComingUpstreams {
  states(): readonly UpstreamState[];
  /** The site is in use. */
  keep(): void;
  /** It is not. */
  drop(): void;
}

/** The upstreams of the site in the main thread, which alone looks names up and checks members, and tells the front threads. */
export class UpstreamSupervisor {
  readonly #options: UpstreamSupervisorOptions;
  #current: ReadonlyMap<string, SupervisedUpstream> = new Map();
  #isClosed = false;

  constructor(options: UpstreamSupervisorOptions) {
    this.#options = options;
  }

  /** The upstreams that are in use. */
  states(): readonly UpstreamState[] {
    return Array.from(this.#current.values(), ({ state }) => state);
  }

  status(): readonly UpstreamStatus[] {
    return Array.from(this.#current.values(), (upstream) => upstream.status());
  }

  /**
   * Gets the upstreams of another site ready; those with the same plan are the same. A name that takes too long to look up, or cannot be, is
   * told of in the log and looked up again later.
   */
  async prepare(site: Pick<SitePlan, 'upstreams' | 'servers'>): Promise<ComingUpstreams> {
    const { frontCount, log, now } = this.#options;
    const next = new Map<string, SupervisedUpstream>();
    const added: SupervisedUpstream[] = [];
    // Checks of their members have to do the same.
    const overTls = usedOnlyAs(site, ({ isOverTls }) => isOverTls);
    for (const plan of site.upstreams) {
      const isOverTls = overTls.has(plan.name);
      const before = this.#current.get(plan.name);
      const isSame = before?.isAs(plan, isOverTls) === true;
      const changed = (upstream: SupervisedUpstream): void => this.#changed(upstream);
      const options = { plan, isOverTls, frontCount, log, now, changed };
      const upstream = isSame ? before : new SupervisedUpstream(options, before);
      if (!isSame) added.push(upstream);
      next.set(plan.name, upstream);
    }
    await Promise.all(added.map((upstream) => settledInTime(upstream, log)));
    const told = new Map<SupervisedUpstream, unknown>();
    return {
      states: () => {
        for (const upstream of added) told.set(upstream, upstream.members);
        return Array.from(next.values(), ({ state }) => state);
      },
      keep: () => {
        const kept = new Set(next.values());
        for (const upstream of this.#current.values()) {
          if (kept.has(upstream)) upstream.refresh();
          else upstream.close();
        }
        this.#current = next;
        for (const upstream of added) if (told.get(upstream) !== upstream.members) this.#changed(upstream);
        if (this.#isClosed) this.close();
      },
      drop: () => {
        for (const upstream of added) upstream.close();
      },
    };
  }

  /** Does what somebody wants of an upstream; undefined where there is none of that name. */
  change(name: string, wanted: MemberChange): ChangeOutcome | undefined {
    return this.#current.get(name)?.change(wanted);
  }

  /** A front thread died: what it had under way is gone. */
  frontClosed(front: number): void {
    for (const upstream of this.#current.values()) upstream.frontClosed(front);
  }

  close(): void {
    this.#isClosed = true;
    for (const upstream of this.#current.values()) upstream.close();
  }

  #changed(upstream: SupervisedUpstream): void {
    const { name } = upstream.plan;
    if (this.#current.get(name) !== upstream) return;
    this.#options.changed({ upstream: name, members: upstream.members });
  }
}

async function settledInTime(upstream: SupervisedUpstream, log: Log): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<true>();
  const timer = setTimeout(resolve, settleMs, true);
  const isLate = await Promise.race([upstream.settled(), late]);
  clearTimeout(timer);
  if (isLate)
    log.warn(`upstream "${upstream.plan.name}" is not ready after ${settleMs} ms; it is served without waiting`);
}
