import { longestTimerMs } from '../../core/limits.ts';
import { addressText, type SocketAddress } from '../member.ts';
import { type Check, checkPeer } from './check-peer.ts';
import { afterCheck, type Health, newHealth } from './health.ts';

/** A member that is checked. */
export interface Checked {
  /** Names it among the members of its upstream. */
  readonly key: string;
  readonly address: SocketAddress;
  readonly name: string;
}

/** The last check of a member. */
export interface LastCheck {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Why it has failed; undefined where it has passed. */
  readonly problem: string | undefined;
}

export interface HealthMonitorOptions extends Check {
  /** From 0 to 1. */
  random(): number;
  /** Milliseconds since 1970. */
  now(): number;
  /** What is thought of a member has changed. `problem`: why, where it is unhealthy now. */
  changed(member: Checked, health: Health, problem: string | undefined): void;
}

interface Watch {
  readonly member: Checked;
  /** The first check is over, or there is none any more. */
  readonly first: PromiseWithResolvers<void>;
  readonly stop: AbortController;
  health: Health;
  last: LastCheck | undefined;
  timer: NodeJS.Timeout | undefined;
}

/** Checks the members of one upstream, each by itself, and knows what came of it. */
export class HealthMonitor {
  readonly #options: HealthMonitorOptions;
  readonly #watches: Map<string, Watch> = new Map();
  /** What was known before, by key, of members that come again. */
  readonly #before: ReadonlyMap<string, Watch>;

  /** `before`: the monitor whose place it takes. */
  constructor(options: HealthMonitorOptions, before?: HealthMonitor) {
    this.#options = options;
    this.#before = before ? before.#watches : new Map();
  }

  /** From now on these are the members. */
  watch(members: readonly Checked[]): void {
    const keys = new Set(members.map(({ key }) => key));
    for (const [key, watch] of this.#watches) if (!keys.has(key)) this.#unwatch(key, watch);
    for (const member of members) if (!this.#watches.has(member.key)) this.#begin(member);
  }

  health(key: string): Health | undefined {
    return this.#watches.get(key)?.health;
  }

  lastCheck(key: string): LastCheck | undefined {
    return this.#watches.get(key)?.last;
  }

  /** Each member that there is now was checked once. */
  async checkedOnce(): Promise<void> {
    await Promise.all(Array.from(this.#watches.values(), ({ first }) => first.promise));
  }

  close(): void {
    for (const [key, watch] of this.#watches) this.#unwatch(key, watch);
  }

  #begin(member: Checked): void {
    const { plan, random } = this.#options;
    const before = this.#before.get(member.key);
    const watch: Watch = {
      member,
      first: Promise.withResolvers(),
      stop: new AbortController(),
      health: before?.health ?? newHealth(plan),
      last: before?.last,
      timer: undefined,
    };
    this.#watches.set(member.key, watch);
    // Who waits for it waits for nothing else; the others do not all begin at once.
    const delayMs = watch.health.state === 'checking' ? 0 : random() * Math.min(plan.jitterMs, plan.intervalMs);
    watch.timer = setTimeout(() => void this.#check(watch), delayMs);
  }

  #unwatch(key: string, watch: Watch): void {
    this.#watches.delete(key);
    clearTimeout(watch.timer);
    watch.stop.abort();
    watch.first.resolve();
  }

  async #check(watch: Watch): Promise<void> {
    const { plan, random, now, changed } = this.#options;
    const problem = await checkPeer(this.#options, watch.member, watch.stop.signal);
    if (watch.stop.signal.aborted) return;
    const before = watch.health;
    watch.health = afterCheck(before, problem === undefined, plan);
    watch.last = { at: now(), problem };
    const pauseMs = Math.min(plan.intervalMs + random() * plan.jitterMs, longestTimerMs);
    watch.timer = setTimeout(() => void this.#check(watch), pauseMs);
    if (watch.health.state !== before.state) changed(watch.member, watch.health, problem);
    watch.first.resolve();
  }
}

/** The address that a member is checked at, for a log. */
export function checkedText({ address, name }: Checked): string {
  const text = addressText(address);
  return name === text ? text : `${name} (${text})`;
}
