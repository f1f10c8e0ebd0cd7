import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BalancerStage, seeded } from '../../test/support/balancer-stage.ts';
import type { Balance } from '../plan/upstream-plan.ts';
import type { Member } from './member.ts';

const requestCount = 10_000;
const everyMs = 10;
const frontCount = 2;
const failTimeoutMs = 5_000;
const maxFails = 2;
const slowStartMs = 10_000;
/** The second member is dead from and to. */
const diesAt = 20_000;
const returnsAt = 50_000;
const weights = [5, 3, 2];

interface Sent {
  readonly at: number;
  readonly slot: number;
  readonly hasFailed: boolean;
}

interface Run {
  readonly sent: readonly Sent[];
  /** Requests that nobody has answered. */
  readonly lost: number;
}

/** One request every 10 ms, at the fronts in turn; each takes 5 to 50 ms, or fails after 1 ms and is sent to another member. */
function simulate(balance: Balance): Run {
  const members = weights.map((weight) => ({ weight, maxFails, failTimeoutMs, slowStartMs }));
  const stage = new BalancerStage(members, { balance, frontCount });
  const start = stage.now;
  const chance = seeded(7);
  const sent: Sent[] = [];
  const events: { readonly at: number; happen(): void }[] = [];
  let lost = 0;
  const later = (ms: number, happen: () => void): void => {
    const at = stage.now + ms;
    const place = events.findLastIndex((event) => event.at <= at);
    events.splice(place + 1, 0, { at, happen });
  };
  const send = (front: number, key: string, tried: ReadonlySet<Member>): void => {
    if (tried.size === weights.length) {
      lost++;
      return;
    }
    const lease = stage.take({ key, tried }, front);
    const at = stage.now - start;
    const hasFailed = lease.member.slot === 1 && at >= diesAt && at < returnsAt;
    sent.push({ at, slot: lease.member.slot, hasFailed });
    const totalMs = hasFailed ? 1 : 5 + Math.floor(chance() * 46);
    later(totalMs, () => {
      lease.done({ hasFailed, headMs: hasFailed ? undefined : totalMs, totalMs });
      if (hasFailed) send(front, key, new Set([...tried, lease.member]));
    });
  };
  for (let count = 0; count < requestCount; count++) {
    const key = `10.${Math.floor(chance() * 256)}.${Math.floor(chance() * 256)}.1`;
    later(count * everyMs, () => send(count % frontCount, key, new Set()));
  }
  for (let event = events.shift(); event; event = events.shift()) {
    stage.now = event.at;
    event.happen();
  }
  for (const slot of weights.keys()) assert.equal(stage.counters.active(slot), 0, `${slot} has requests under way`);
  return { sent, lost };
}

/** What part of the requests between two times each member got. */
function shares({ sent }: Run, from: number, to: number): number[] {
  const within = sent.filter(({ at }) => at >= from && at < to);
  return weights.map((_, slot) => within.filter((each) => each.slot === slot).length / within.length);
}

function areNear(actual: readonly number[], expected: readonly number[], tolerance: number): void {
  const isNear = actual.every((share, slot) => Math.abs(share - (expected[slot] ?? 0)) <= tolerance);
  assert.ok(isNear, `${actual.map((share) => share.toFixed(3))} are not ${expected.map((share) => share.toFixed(3))}`);
}

const methods: readonly { readonly name: string; readonly balance: Balance; readonly tolerance?: number }[] = [
  { name: 'round robin', balance: { kind: 'round-robin' }, tolerance: 0.005 },
  { name: 'random', balance: { kind: 'random', two: undefined }, tolerance: 0.03 },
  { name: 'ip hash', balance: { kind: 'ip-hash' }, tolerance: 0.03 },
  { name: 'hash', balance: { kind: 'hash', key: '', isConsistent: false }, tolerance: 0.03 },
  { name: 'consistent hash', balance: { kind: 'hash', key: '', isConsistent: true }, tolerance: 0.06 },
  { name: 'least connections', balance: { kind: 'least-connections' } },
  { name: 'random two', balance: { kind: 'random', two: 'least-connections' } },
  { name: 'random two by time', balance: { kind: 'random', two: 'least-time' } },
  { name: 'least time', balance: { kind: 'least-time', of: 'header' } },
];

for (const { name, balance, tolerance } of methods) {
  describe(`10,000 requests by ${name}`, () => {
    const run = simulate(balance);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const byWeight = weights.map((weight) => weight / total);

    it('are all answered though a member dies and comes back', () => assert.equal(run.lost, 0));

    it('go to the dead member only as often as it takes to notice and to look again', () => {
      const failures = run.sent.filter(({ hasFailed }) => hasFailed).length;
      const looks = Math.ceil((returnsAt - diesAt) / failTimeoutMs);
      assert.ok(failures >= maxFails && failures <= maxFails + looks, `${failures} failures`);
    });

    it('go to the member again that came back, and not all at once', () => {
      const back = run.sent.find(({ at, slot }) => at >= returnsAt && slot === 1)?.at ?? Number.POSITIVE_INFINITY;
      assert.ok(back <= returnsAt + failTimeoutMs + 1_000, `at ${back}`);
      const [, early = 1] = shares(run, back, back + slowStartMs / 4);
      const [, late = 0] = shares(run, back + slowStartMs, requestCount * everyMs);
      assert.ok(late > 0.15, `it got ${late} in the end`);
      if (balance.kind !== 'hash' && balance.kind !== 'ip-hash')
        assert.ok(early < late * 0.7, `${early}, then ${late}`);
    });

    if (tolerance === undefined) return;

    it('are spread by weight', () => {
      areNear(shares(run, 0, diesAt), byWeight, tolerance);
      areNear(shares(run, 70_000, requestCount * everyMs), byWeight, tolerance);
    });
  });
}
