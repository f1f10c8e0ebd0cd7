import { isDeepStrictEqual } from 'node:util';
import type { Log } from '../../observe/log.ts';
import type { PeerPlan, UpstreamPlan } from '../../plan/upstream-plan.ts';
import type { Health } from '../health/health.ts';
import { type Checked, checkedText, HealthMonitor } from '../health/health-monitor.ts';
import { addressText, type Member, type UpstreamState } from '../member.ts';
import { mostMembers, PeerCounters } from '../peer-counters.ts';
import type { MemberStatus, UpstreamStatus } from '../upstream-status.ts';
import { type KeyedMember, membersOf } from './members-of.ts';
import { PeerNames } from './peer-names.ts';
import { changeKey, type MemberChange, type Override, RuntimeChanges, readPeerAddress } from './runtime-changes.ts';
import { Slots } from './slots.ts';

export interface SupervisedUpstreamOptions {
  readonly plan: UpstreamPlan;
  /** Requests reach it over TLS, and so do checks. */
  readonly isOverTls: boolean;
  readonly frontCount: number;
  readonly log: Log;
  /** A monotonic clock in milliseconds that all threads share. */
  now(): number;
  /** Who its members are has changed. */
  changed(upstream: SupervisedUpstream): void;
}

/** What came of a change that somebody wanted; the text is one sentence. */
export interface ChangeOutcome {
  readonly ok: boolean;
  readonly text: string;
}

/** One upstream as the main thread has it: who its members are and how they do. */
export class SupervisedUpstream {
  readonly plan: UpstreamPlan;
  readonly #options: SupervisedUpstreamOptions;
  readonly #counters: PeerCounters;
  readonly #slots: Slots;
  readonly #names: PeerNames;
  readonly #monitor: HealthMonitor | undefined;
  readonly #changes: RuntimeChanges;
  #keyed: readonly KeyedMember[] = [];
  #members: readonly Member[] = [];
  #isFull = false;

  /** `before`: the one of the same name whose place it takes; what was counted and found out there goes on. */
  constructor(options: SupervisedUpstreamOptions, before?: SupervisedUpstream) {
    const { plan, frontCount, log } = options;
    this.plan = plan;
    this.#changes = before && isDeepStrictEqual(before.plan, plan) ? before.#changes : new RuntimeChanges();
    this.#options = options;
    this.#counters = before ? before.#counters : new PeerCounters(frontCount);
    this.#slots = before ? before.#slots : new Slots(this.#counters);
    this.#monitor = plan.healthCheck && this.#monitorOf(plan.healthCheck, before);
    this.#names = new PeerNames({
      resolver: plan.resolver,
      changed: () => this.#update(),
      failed: (problem) => log.warn(`upstream "${plan.name}": ${problem}`),
      recovered: (name) => log.info(`upstream "${plan.name}": ${name} can be looked up again`),
    });
    this.#names.watch(plan.peers);
    this.#update();
  }

  /** Whether it would be no other with this. */
  isAs(plan: UpstreamPlan, isOverTls: boolean): boolean {
    // TLS is of no account but for checks.
    const isSame = plan.healthCheck === undefined || this.#options.isOverTls === isOverTls;
    return isSame && isDeepStrictEqual(this.plan, plan);
  }

  get state(): UpstreamState {
    return { upstream: this.plan.name, members: this.#members, counters: this.#counters.buffer };
  }

  get members(): readonly Member[] {
    return this.#members;
  }

  /** All names were looked up, or cannot be, and where members get nothing before they were checked they have been. */
  async settled(): Promise<void> {
    await this.#names.lookedUp();
    if (this.plan.healthCheck?.isMandatory) await this.#monitor?.checkedOnce();
  }

  /** Looks all names up now. */
  refresh(): void {
    this.#names.refresh();
  }

  frontClosed(front: number): void {
    this.#counters.clearFront(front);
  }

  status(): UpstreamStatus {
    return { name: this.plan.name, members: this.#members.map((member, index) => this.#statusOf(member, index)) };
  }

  /** Does what somebody wants. */
  change(wanted: MemberChange): ChangeOutcome {
    const { log } = this.#options;
    const outcome = this.#change(wanted);
    if (outcome.ok) {
      log.info(`upstream "${this.plan.name}": ${outcome.text}`);
      this.#update();
    }
    return outcome;
  }

  close(): void {
    this.#names.close();
    this.#monitor?.close();
    this.#slots.leave(this);
  }

  #change({ action, ...wanted }: MemberChange): ChangeOutcome {
    const address = readPeerAddress(wanted.address);
    if (!address) {
      return { ok: false, text: `"${wanted.address}" is no address such as 127.0.0.1:8000, [::1]:8000 or unix:/path` };
    }
    const key = addressText(address);
    const named = this.#peers().filter((peer) => changeKey(peer.address) === key);
    const addresses = named.flatMap((peer) => this.#names.found(peer).map((found) => found.address));
    const removed = this.#changes.of(address, address).state === 'removed';
    // A name is there also while nobody knows its addresses.
    const isThere = (named.length > 0 && !removed) || this.#keyed.some((member) => changeKey(member.address) === key);
    const change = (fields: Override): void => this.#changes.change(address, fields, addresses);
    if (action === 'add') {
      if (isThere) return { ok: false, text: `${key} is a member already` };
      if (removed) change({ state: 'up', ...(wanted.weight && { weight: wanted.weight }) });
      else this.#changes.add(address, { action, ...wanted }, this.plan.peers[0]);
      return { ok: true, text: `${key} was added` };
    }
    if (!isThere) return { ok: false, text: `There is no member ${key}` };
    switch (action) {
      case 'drain':
        change({ state: 'draining' });
        return { ok: true, text: `${key} gets no more requests but those that stick to it` };
      case 'remove':
        change({ state: 'removed' });
        return { ok: true, text: `${key} was removed` };
      case 'weight': {
        const { weight = 1 } = wanted;
        change({ weight });
        return { ok: true, text: `${key} has weight ${weight} from now on` };
      }
      case 'up':
        change({ state: 'up' });
        return { ok: true, text: `${key} gets requests again` };
    }
  }

  #peers(): readonly PeerPlan[] {
    return [...this.plan.peers, ...this.#changes.added];
  }

  /** Finds out who its members are now, and tells where that has changed. */
  #update(): void {
    const { plan, log, changed } = this.#options;
    const peers = this.#peers();
    this.#names.watch(peers);
    const found = peers.map((peer) => ({ peer, found: this.#names.found(peer) }));
    const healthOf = (key: string): Health | undefined => this.#monitor?.health(key);
    const before = membersOf(found, this.#changes, healthOf);
    this.#monitor?.watch(before);
    // One that is new to the monitor has a health by now.
    this.#keyed = this.#monitor ? membersOf(found, this.#changes, healthOf) : before;
    const places = this.#slots.hold(
      this,
      this.#keyed.map(({ key }) => key),
    );
    if (places.size < this.#keyed.length && !this.#isFull) {
      log.error(`upstream "${plan.name}" has more than ${mostMembers} members; the others get nothing`);
    }
    this.#isFull = places.size < this.#keyed.length;
    this.#keyed = this.#keyed.filter(({ key }) => places.has(key));
    const members = this.#keyed.map(({ key, ...member }): Member => ({ ...member, slot: places.get(key) ?? 0 }));
    if (isDeepStrictEqual(members, this.#members)) return;
    this.#members = members;
    changed(this);
  }

  #statusOf(member: Member, index: number): MemberStatus {
    const { slot, address, name, state, weight, isBackup } = member;
    const last = this.#monitor?.lastCheck(this.#keyed[index]?.key ?? '');
    const isLeftOut = this.#counters.isFailed(slot, this.#options.now()) || this.#counters.breakers.isOpen(slot);
    return {
      address: addressText(address),
      name,
      state: state === 'up' && isLeftOut ? 'failed' : state,
      weight,
      backup: isBackup,
      active: this.#counters.active(slot),
      requests: this.#counters.requests(slot),
      failures: this.#counters.failures(slot),
      lastCheck: last ? { at: new Date(last.at).toISOString(), problem: last.problem ?? null } : null,
    };
  }

  #monitorOf(healthCheck: NonNullable<UpstreamPlan['healthCheck']>, before?: SupervisedUpstream): HealthMonitor {
    const options = {
      plan: healthCheck,
      isOverTls: this.#options.isOverTls,
      random: Math.random,
      now: Date.now,
      changed: (member: Checked, health: Health, problem: string | undefined) => {
        this.#healthChanged(member, health, problem);
      },
    };
    return new HealthMonitor(options, before ? before.#monitor : undefined);
  }

  #healthChanged(member: Checked, { state }: Health, problem: string | undefined): void {
    const { log } = this.#options;
    const which = `upstream "${this.plan.name}": ${checkedText(member)}`;
    if (state === 'unhealthy') log.warn(`${which} is unhealthy: ${problem}`);
    else log.info(`${which} is healthy`);
    this.#update();
  }
}
