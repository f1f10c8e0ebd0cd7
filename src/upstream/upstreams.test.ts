import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { DnsServer } from '../../test/support/dns-server.ts';
import { literalStates } from '../../test/support/literal-upstreams.ts';
import { peerPlan, upstreamPlan } from '../../test/support/upstream-plans.ts';
import type { UpstreamPlan } from '../plan/upstream-plan.ts';
import type { Choice } from './lease.ts';
import { mostMembers } from './peer-counters.ts';
import type { Upstream } from './upstream.ts';
import { Upstreams } from './upstreams.ts';

const anywhere: Choice = { key: undefined, route: undefined, tried: new Set() };
const done = { hasFailed: false, headMs: 1, totalMs: 1 };

describe('Upstreams', () => {
  let upstreams: Upstreams;
  beforeEach(() => {
    upstreams = new Upstreams({ front: 0, frontCount: 1, now: () => performance.now(), random: Math.random });
  });
  afterEach(() => upstreams.close());

  it('uses as many addresses of a name as there are places', async () => {
    const addresses = Array.from({ length: mostMembers + 76 }, (_, index) => `127.1.${index >> 8}.${index & 255}`);
    const records = addresses.map((address) => ({ type: 'A', address }) as const);
    await using dns = await DnsServer.start({ 'many.test': { truncated: records } });
    const upstream = await upstreams.at('many.test', 80, dns.plan({ ipv6: false }));
    const members = addresses.map(() => {
      const lease = upstream.balancer.take(anywhere);
      assert.ok('member' in lease);
      return lease.member;
    });
    assert.equal(new Set(members).size, mostMembers);
  });

  it('forgets the answers of name servers that nobody asks any more', async () => {
    await using dns = await DnsServer.start({ 'a.test': [{ type: 'A', address: '127.0.0.1' }] });
    const plan = dns.plan({ ipv6: false });
    const ask = async (): Promise<number> => {
      await upstreams.at('a.test', 80, plan);
      return dns.asked.length;
    };
    const reload = (): void => {
      upstreams.configure([], []);
      upstreams.keep();
    };
    assert.equal(await ask(), 1);
    for (let count = 0; count < 3; count++) {
      reload();
      assert.equal(await ask(), 1);
    }
    reload();
    reload();
    assert.equal(await ask(), 2);
  });

  it('lets those that wait go on when the config changes', async () => {
    const peers = [peerPlan('127.0.0.1', 8000, { maxConnections: 1 })];
    const plan: UpstreamPlan = upstreamPlan(peers, { queue: { maxRequests: 2, maxWaitMs: 5_000 } });
    const states = literalStates([plan]);
    const use = (changed: UpstreamPlan): Upstream => {
      upstreams.configure([changed], states);
      upstreams.keep();
      return upstreams.get('app') as Upstream;
    };
    const before = use(plan).balancer;
    const first = before.take(anywhere);
    const waiting = before.take(anywhere);
    assert.ok('member' in first && 'lease' in waiting);
    const after = use({ ...plan, keepAlive: { ...plan.keepAlive, idle: 1 } }).balancer;
    assert.notEqual(after, before);
    const later = after.take(anywhere);
    assert.ok('lease' in later);
    first.done(done);
    const second = await waiting.lease;
    assert.ok('lease' in after.take(anywhere), 'it waits behind the other one');
    second.done(done);
    (await later.lease).done(done);
  });
});
