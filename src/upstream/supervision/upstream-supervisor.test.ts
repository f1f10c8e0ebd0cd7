import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { describe, it } from 'node:test';
import { DnsServer } from '../../../test/support/dns-server.ts';
import { planOf } from '../../../test/support/site-stage.ts';
import { until } from '../../../test/support/until.ts';
import { healthCheckPlan, peerPlan, upstreamPlan } from '../../../test/support/upstream-plans.ts';
import { createLog } from '../../observe/log.ts';
import type { UpstreamPlan } from '../../plan/upstream-plan.ts';
import { addressText, type UpstreamMembers, type UpstreamState } from '../member.ts';
import { PeerCounters } from '../peer-counters.ts';
import { UpstreamSupervisor } from './upstream-supervisor.ts';

interface Stage extends Disposable {
  readonly supervisor: UpstreamSupervisor;
  /** What front threads were told. */
  readonly told: UpstreamMembers[];
  log(): string;
  /** Uses these from now on. */
  use(...plans: UpstreamPlan[]): Promise<readonly UpstreamState[]>;
  /** The members of the only upstream: address, weight and state, with `backup`. */
  members(): string[];
}

function stage(): Stage {
  const told: UpstreamMembers[] = [];
  let logged = '';
  const write = (text: string): void => {
    logged += text;
  };
  const supervisor = new UpstreamSupervisor({
    frontCount: 2,
    log: createLog({ level: 'info' }, write, () => new Date()),
    now: () => performance.now(),
    changed: (members) => told.push(members),
  });
  return {
    supervisor,
    told,
    log: () => logged,
    async use(...plans) {
      const coming = await supervisor.prepare({ upstreams: plans, servers: [] });
      const states = coming.states();
      coming.keep();
      return states;
    },
    members: () => supervisor.states().flatMap(({ members }) => members.map(textOf)),
    [Symbol.dispose]: () => supervisor.close(),
  };
}

function textOf({ address, weight, state, isBackup }: UpstreamMembers['members'][number]): string {
  return `${addressText(address)} ${weight} ${state}${isBackup ? ' backup' : ''}`;
}

const a = (address: string, ttl = 60): { type: 'A'; address: string; ttl: number } => ({ type: 'A', address, ttl });

describe('UpstreamSupervisor', () => {
  it('has the peers of the config as members, each with a place of its own', async () => {
    using made = stage();
    const [state] = await made.use(
      upstreamPlan([
        peerPlan('127.0.0.1', 8001, { weight: 3, route: 'first' }),
        peerPlan('::1', 8002, { isBackup: true }),
        peerPlan('127.0.0.1', 8001, { isDown: true }),
        { ...peerPlan('', 0), address: { kind: 'unix', path: '/run/app.sock' } },
      ]),
    );
    assert.deepEqual(made.members(), [
      '127.0.0.1:8001 3 up',
      '[::1]:8002 1 up backup',
      '127.0.0.1:8001 1 down',
      'unix:/run/app.sock 1 up',
    ]);
    assert.deepEqual(
      state?.members.map(({ slot }) => slot),
      [0, 1, 2, 3],
    );
    assert.deepEqual(
      state?.members.map(({ route }) => route),
      // The others are md5 of the address, as nginx has it.
      [
        'first',
        '1697112241d0b69d05ec990fc700ce77',
        'c69a4fd523c3ca0ca67cda2f009f1ea6',
        '939db79304b0f599c2c20969650359ab',
      ],
    );
    assert.deepEqual(made.told, []);
  });

  it('looks names up, and again when the answer does not hold any more', async () => {
    await using server = await DnsServer.start({ 'app.example': [a('192.0.2.2', 1), a('192.0.2.1', 1)] });
    using made = stage();
    const peers = [peerPlan('app.example', 80, { resolves: true, weight: 2 })];
    await made.use(upstreamPlan(peers, { resolver: server.plan() }));
    assert.deepEqual(made.members(), ['192.0.2.1:80 2 up', '192.0.2.2:80 2 up']);
    assert.equal(made.supervisor.states()[0]?.members[0]?.name, 'app.example:80');
    server.names.set('app.example', [a('192.0.2.3', 1), a('192.0.2.2', 1)]);
    await until(() => made.told.length > 0, 'other members are told of');
    assert.deepEqual(made.told[0]?.members.map(textOf), ['192.0.2.2:80 2 up', '192.0.2.3:80 2 up']);
    // It keeps its place; the new one has that of the one that has left.
    assert.deepEqual(
      made.told[0]?.members.map(({ slot }) => slot),
      [1, 2],
    );
  });

  it('looks names up as the system does where they are not to be looked up again', async () => {
    await using server = await DnsServer.start();
    using made = stage();
    const peers = [peerPlan('localhost', 80), peerPlan('no-such-name.invalid', 80), peerPlan('127.0.0.9', 80)];
    await made.use(upstreamPlan(peers, { resolver: server.plan() }));
    const members = made.members();
    assert.match(members.join(), /^(127\.0\.0\.1|\[::1\]):80 1 up,.*127\.0\.0\.9:80 1 up$/);
    assert.match(made.log(), /Cannot look up no-such-name.invalid: /);
    assert.deepEqual(server.asked, []);
  });

  it('keeps the members while a name cannot be looked up', async () => {
    await using server = await DnsServer.start({ 'app.example': [a('192.0.2.1', 1)] });
    using made = stage();
    await made.use(upstreamPlan([peerPlan('app.example', 80, { resolves: true })], { resolver: server.plan() }));
    server.names.set('app.example', 'failure');
    await until(() => made.log() !== '', 'the failure is in the log');
    assert.match(made.log(), / warn {2}upstream "app": Cannot look up app.example: the name server has failed\n$/);
    assert.deepEqual(made.members(), ['192.0.2.1:80 1 up']);
    server.names.set('app.example', [a('192.0.2.1', 60)]);
    await until(() => /upstream "app": app.example can be looked up again/.test(made.log()), 'it is back');
    assert.deepEqual(made.told, []);
  });

  it('takes the members out when the name server says that there is no such name', async () => {
    await using server = await DnsServer.start({ 'app.example': [a('192.0.2.1', 1)] });
    using made = stage();
    const peers = [peerPlan('app.example', 80, { resolves: true }), peerPlan('127.0.0.1', 80)];
    await made.use(upstreamPlan(peers, { resolver: server.plan() }));
    server.names.set('app.example', 'failure');
    await until(() => /the name server has failed/.test(made.log()), 'the failure is in the log');
    assert.deepEqual(made.members(), ['192.0.2.1:80 1 up', '127.0.0.1:80 1 up']);
    server.names.delete('app.example');
    await until(() => made.told.length > 0, 'the other members are told of');
    assert.deepEqual(made.members(), ['127.0.0.1:80 1 up']);
    assert.match(made.log(), /Cannot look up app.example: there is no such name\n$/);
    server.names.set('app.example', [a('192.0.2.2')]);
    await until(() => made.told.length > 1, 'the name is back');
    assert.deepEqual(made.members(), ['192.0.2.2:80 1 up', '127.0.0.1:80 1 up']);
  });

  it('serves although a name cannot be looked up, and says so', async () => {
    await using server = await DnsServer.start();
    using made = stage();
    const peers = [peerPlan('gone.example', 80, { resolves: true }), peerPlan('127.0.0.1', 80)];
    const [state] = await made.use(upstreamPlan(peers, { resolver: server.plan() }));
    assert.deepEqual(state?.members.map(textOf), ['127.0.0.1:80 1 up']);
    assert.match(made.log(), /Cannot look up gone.example: there is no such name/);
    server.names.set('gone.example', [a('192.0.2.1')]);
    await until(() => made.members().length === 2, 'it is there');
    // In the config's order; who was there keeps its place.
    assert.deepEqual(
      made.told[0]?.members.map(({ slot }) => slot),
      [1, 0],
    );
  });

  it('does not wait for a name server that says nothing', async () => {
    await using server = await DnsServer.start({ 'app.example': 'silence' });
    using made = stage();
    await made.use(upstreamPlan([peerPlan('app.example', 80, { resolves: true })], { resolver: server.plan() }));
    assert.match(made.log(), /upstream "app" is not ready after 2000 ms/);
    assert.deepEqual(made.members(), []);
  });

  it('takes services by their SRV records', async () => {
    await using server = await DnsServer.start({
      '_http._tcp.app.example': [
        { type: 'SRV', target: 'one.example', port: 8001, priority: 1, weight: 7 },
        { type: 'SRV', target: 'two.example', port: 8002, priority: 2 },
      ],
      'one.example': [a('192.0.2.1')],
      'two.example': [a('192.0.2.2')],
    });
    using made = stage();
    const service = (isBackup: boolean): UpstreamPlan =>
      upstreamPlan([peerPlan('app.example', 80, { service: 'http', resolves: true, isBackup, weight: 3 })], {
        resolver: server.plan(),
      });
    await made.use(service(false));
    assert.deepEqual(made.members(), ['192.0.2.1:8001 7 up', '192.0.2.2:8002 3 up backup']);
    await made.use(service(true));
    assert.deepEqual(made.members(), ['192.0.2.1:8001 7 up backup']);
  });
});

describe('The status of an upstream', () => {
  it('tells of each member what all front threads have counted', async () => {
    using made = stage();
    const [state] = await made.use(upstreamPlan([peerPlan('127.0.0.1', 8001), peerPlan('127.0.0.1', 8002)]));
    const counters = new PeerCounters(2, state?.counters);
    counters.begin(0, 1, 0);
    counters.begin(1, 1, 0);
    counters.end(1, 1, true);
    counters.failed(1, { maxFails: 1, failTimeoutMs: 10_000 }, performance.now());
    const same = { weight: 1, backup: false, lastCheck: null };
    const [first, second] = ['127.0.0.1:8001', '127.0.0.1:8002'];
    assert.deepEqual(made.supervisor.status(), [
      {
        name: 'app',
        members: [
          { address: first, name: first, state: 'up', active: 0, requests: 0, failures: 0, ...same },
          { address: second, name: second, state: 'failed', active: 1, requests: 2, failures: 1, ...same },
        ],
      },
    ]);
    made.supervisor.frontClosed(0);
    assert.equal(made.supervisor.status()[0]?.members[1]?.active, 0);
  });
});

describe('A reload', () => {
  it('goes on with an upstream that has not changed, and with what was changed of it', async () => {
    using made = stage();
    const plan = upstreamPlan([peerPlan('127.0.0.1', 8001), peerPlan('127.0.0.1', 8002)]);
    const [before] = await made.use(plan);
    made.supervisor.change('app', { action: 'drain', address: '127.0.0.1:8001' });
    const [after] = await made.use(structuredClone(plan), upstreamPlan([], { name: 'other' }));
    assert.equal(after?.counters, before?.counters);
    assert.deepEqual(after?.members.map(textOf), ['127.0.0.1:8001 1 draining', '127.0.0.1:8002 1 up']);
  });

  it('keeps what was changed of an upstream when TLS comes to it or goes', async () => {
    using made = stage();
    for (const [number, changes] of [{}, { healthCheck: healthCheckPlan({ intervalMs: 60_000 }) }].entries()) {
      const plan = upstreamPlan([peerPlan('127.0.0.1', 8001), peerPlan('127.0.0.1', 8002)], {
        name: `app${number}`,
        ...changes,
      });
      const { servers } = planOf(`server { listen 80; location / { proxy_pass https://app${number}; } }`);
      await made.use(plan);
      made.supervisor.change(plan.name, { action: 'drain', address: '127.0.0.1:8001' });
      const coming = await made.supervisor.prepare({ upstreams: [plan], servers });
      coming.keep();
      assert.match(made.members()[0] ?? '', /^127.0.0.1:8001 1 draining$/, plan.name);
    }
  });

  it('keeps the places and counts of members that go on, and forgets what was changed while it ran', async () => {
    using made = stage();
    const [before] = await made.use(upstreamPlan([peerPlan('127.0.0.1', 8001), peerPlan('127.0.0.1', 8002)]));
    made.supervisor.change('app', { action: 'drain', address: '127.0.0.1:8002' });
    const counters = new PeerCounters(2, before?.counters);
    counters.begin(1, 1, 0);
    const [after] = await made.use(upstreamPlan([peerPlan('127.0.0.1', 8003), peerPlan('127.0.0.1', 8002)]));
    assert.equal(after?.counters, before?.counters);
    assert.deepEqual(after?.members.map(textOf), ['127.0.0.1:8003 1 up', '127.0.0.1:8002 1 up']);
    assert.deepEqual(
      after?.members.map(({ slot }) => slot),
      [2, 1],
    );
    assert.equal(made.supervisor.status()[0]?.members[1]?.active, 1);
    // The place of the one that has left is free now.
    made.supervisor.change('app', { action: 'add', address: '127.0.0.1:8004' });
    assert.equal(made.supervisor.states()[0]?.members[2]?.slot, 0);
  });

  it('that fails changes nothing', async () => {
    using made = stage();
    const [before] = await made.use(upstreamPlan([peerPlan('127.0.0.1', 8001)]));
    const coming = await made.supervisor.prepare({
      upstreams: [upstreamPlan([peerPlan('127.0.0.1', 8009)])],
      servers: [],
    });
    assert.equal(coming.states()[0]?.members[0]?.slot, 1);
    coming.drop();
    assert.deepEqual(made.supervisor.states(), [before]);
    made.supervisor.change('app', { action: 'add', address: '127.0.0.1:8004' });
    assert.equal(made.supervisor.states()[0]?.members[1]?.slot, 1);
  });

  it('looks names up again whose answers still hold', async () => {
    await using server = await DnsServer.start({ 'app.example': [a('192.0.2.1')] });
    using made = stage();
    const plan = upstreamPlan([peerPlan('app.example', 80, { resolves: true })], { resolver: server.plan() });
    await made.use(plan);
    server.names.set('app.example', [a('192.0.2.2')]);
    await made.use(plan);
    await until(() => made.told.length > 0, 'the other address is told of');
    assert.deepEqual(made.members(), ['192.0.2.2:80 1 up']);
  });

  it('keeps what checks have shown', async () => {
    using made = stage();
    const { port, close } = await listening();
    await close();
    const healthCheck = healthCheckPlan();
    await made.use(upstreamPlan([peerPlan('127.0.0.1', port)], { healthCheck }));
    await until(() => made.members().join().endsWith('unhealthy'), 'it is unhealthy');
    const slow = healthCheckPlan({ intervalMs: 60_000, jitterMs: 60_000 });
    const [after] = await made.use(upstreamPlan([peerPlan('127.0.0.1', port)], { healthCheck: slow }));
    assert.equal(after?.members[0]?.state, 'unhealthy');
  });
});

describe('A health check', () => {
  it('takes a peer out and in again, and tells why', async () => {
    using made = stage();
    const peer = await listening();
    const plan = upstreamPlan(
      [peerPlan('127.0.0.1', peer.port), peerPlan('127.0.0.1', peer.port, { isBackup: true })],
      {
        healthCheck: healthCheckPlan({ fails: 2, passes: 2 }),
      },
    );
    await made.use(plan);
    assert.equal(made.members()[0], `127.0.0.1:${peer.port} 1 up`);
    await peer.close();
    await until(() => made.members().every((each) => each.includes('unhealthy')), 'both are unhealthy');
    assert.match(made.log(), / warn {2}upstream "app": 127.0.0.1:\d+ is unhealthy: it refuses connections\n/);
    const status = made.supervisor.status()[0]?.members[0];
    assert.equal(status?.state, 'unhealthy');
    assert.equal(status?.lastCheck?.problem, 'it refuses connections');
    const again = await listening(peer.port);
    await until(() => made.members().every((each) => !each.includes('unhealthy')), 'both are back');
    assert.match(made.log(), / info {2}upstream "app": 127.0.0.1:\d+ is healthy\n/);
    await again.close();
  });

  it('that is mandatory comes before the first request', async () => {
    using made = stage();
    const peer = await listening();
    const healthCheck = healthCheckPlan({ isMandatory: true, intervalMs: 60_000 });
    const [state] = await made.use(upstreamPlan([peerPlan('127.0.0.1', peer.port)], { healthCheck }));
    assert.equal(state?.members[0]?.state, 'up');
    await peer.close();
    assert.ok(made.supervisor.change('app', { action: 'add', address: '127.0.0.1:1' })?.ok);
    assert.equal(made.members()[1], '127.0.0.1:1 1 checking');
  });
});

describe('A change while it runs', () => {
  const plan = upstreamPlan([
    peerPlan('127.0.0.1', 8001, { maxFails: 5 }),
    peerPlan('127.0.0.1', 8002, { isDown: true }),
  ]);

  for (const [changes, expected] of [
    [['drain 127.0.0.1:8001'], '127.0.0.1:8001 1 draining, 127.0.0.1:8002 1 down'],
    [['drain 127.0.0.1:8001', 'up 127.0.0.1:8001'], '127.0.0.1:8001 1 up, 127.0.0.1:8002 1 down'],
    [['up 127.0.0.1:8002'], '127.0.0.1:8001 1 up, 127.0.0.1:8002 1 up'],
    [['weight 127.0.0.1:8001 7'], '127.0.0.1:8001 7 up, 127.0.0.1:8002 1 down'],
    [['weight 127.0.0.1:8001 7', 'drain 127.0.0.1:8001'], '127.0.0.1:8001 7 draining, 127.0.0.1:8002 1 down'],
    [['remove 127.0.0.1:8001'], '127.0.0.1:8002 1 down'],
    [['remove 127.0.0.1:8001', 'add 127.0.0.1:8001 4'], '127.0.0.1:8001 4 up, 127.0.0.1:8002 1 down'],
    [['add [::1]:80 3'], '127.0.0.1:8001 1 up, 127.0.0.1:8002 1 down, [::1]:80 3 up'],
    [['add unix:/run/a', 'remove unix:/run/a'], '127.0.0.1:8001 1 up, 127.0.0.1:8002 1 down'],
    [
      ['add unix:/run/a 3', 'remove unix:/run/a', 'add unix:/run/a'],
      '127.0.0.1:8001 1 up, 127.0.0.1:8002 1 down, unix:/run/a 1 up',
    ],
  ] as const) {
    it(`${changes.join(', ')}: ${expected}`, async () => {
      using made = stage();
      await made.use(plan);
      for (const change of changes) assert.ok(made.supervisor.change('app', changeOf(change))?.ok);
      assert.equal(made.members().join(', '), expected);
      assert.equal(made.told.at(-1)?.members.map(textOf).join(', '), expected);
      assert.equal(made.log().split('\n').length - 1, changes.length);
    });
  }

  for (const [change, expected] of [
    ['add 127.0.0.1:8001', '127.0.0.1:8001 is a member already'],
    ['drain 127.0.0.1:9', 'There is no member 127.0.0.1:9'],
    ['drain nowhere', '"nowhere" is no address such as 127.0.0.1:8000, [::1]:8000 or unix:/path'],
    ['add 127.0.0.1:0', '"127.0.0.1:0" is no address such as 127.0.0.1:8000, [::1]:8000 or unix:/path'],
    ['add [1::2::3]:80', '"[1::2::3]:80" is no address such as 127.0.0.1:8000, [::1]:8000 or unix:/path'],
    ['add unix:relative', '"unix:relative" is no address such as 127.0.0.1:8000, [::1]:8000 or unix:/path'],
  ] as const) {
    it(`${change}: ${expected}`, async () => {
      using made = stage();
      await made.use(plan);
      assert.deepEqual(made.supervisor.change('app', changeOf(change)), { ok: false, text: expected });
      assert.deepEqual(made.told, []);
    });
  }

  it('gives one that is added the limits of the first, and says where there is no such upstream', async () => {
    using made = stage();
    await made.use(plan);
    made.supervisor.change('app', { action: 'add', address: '127.0.0.1:8003', isBackup: true });
    const { maxFails, isBackup } = made.supervisor.states()[0]?.members[2] ?? {};
    assert.deepEqual([maxFails, isBackup], [5, true]);
    assert.equal(made.supervisor.change('other', changeOf('add 127.0.0.1:8003')), undefined);
  });

  it('of a name is one of all its addresses', async () => {
    await using server = await DnsServer.start({ 'app.example': [a('192.0.2.1'), a('192.0.2.2')] });
    using made = stage();
    await made.use(upstreamPlan([peerPlan('App.example', 80, { resolves: true })], { resolver: server.plan() }));
    made.supervisor.change('app', changeOf('drain App.example:80'));
    assert.deepEqual(made.members(), ['192.0.2.1:80 1 draining', '192.0.2.2:80 1 draining']);
    assert.ok(made.supervisor.change('app', changeOf('up app.EXAMPLE:80'))?.ok);
    assert.deepEqual(made.members(), ['192.0.2.1:80 1 up', '192.0.2.2:80 1 up']);
  });

  it('of a name takes the place of what was changed of its addresses, in what it says', async () => {
    await using server = await DnsServer.start({ 'app.example': [a('192.0.2.1'), a('192.0.2.2')] });
    using made = stage();
    await made.use(upstreamPlan([peerPlan('app.example', 80, { resolves: true })], { resolver: server.plan() }));
    const change = (text: string): void => {
      assert.ok(made.supervisor.change('app', changeOf(text))?.ok, text);
    };
    change('weight 192.0.2.1:80 5');
    change('drain app.example:80');
    assert.deepEqual(made.members(), ['192.0.2.1:80 5 draining', '192.0.2.2:80 1 draining']);
    change('up 192.0.2.2:80');
    assert.deepEqual(made.members(), ['192.0.2.1:80 5 draining', '192.0.2.2:80 1 up']);
    change('remove 192.0.2.1:80');
    change('remove 192.0.2.2:80');
    change('up app.example:80');
    assert.deepEqual(made.members(), ['192.0.2.1:80 5 up', '192.0.2.2:80 1 up']);
    change('remove app.example:80');
    assert.deepEqual(made.members(), []);
    const outcome = made.supervisor.change('app', changeOf('drain app.example:80'));
    assert.deepEqual(outcome, { ok: false, text: 'There is no member app.example:80' });
    change('add app.example:80');
    assert.deepEqual(made.members(), ['192.0.2.1:80 5 up', '192.0.2.2:80 1 up']);
  });

  it('adds a name that nobody knows once, and removes it', async () => {
    await using server = await DnsServer.start();
    using made = stage();
    await made.use(upstreamPlan([peerPlan('other.example', 80, { resolves: true })], { resolver: server.plan() }));
    const change = (text: string): string | undefined => made.supervisor.change('app', changeOf(text))?.text;
    assert.equal(change('add Gone.example:80'), 'gone.example:80 was added');
    assert.equal(change('add gone.example:80'), 'gone.example:80 is a member already');
    assert.equal(change('add other.example:80'), 'other.example:80 is a member already');
    assert.equal(change('remove gone.example:80'), 'gone.example:80 was removed');
    assert.equal(change('remove gone.example:80'), 'There is no member gone.example:80');
  });
});

function changeOf(text: string): Parameters<UpstreamSupervisor['change']>[1] {
  const [action, address = '', weight] = text.split(' ');
  return { action: action as 'add', address, ...(weight && { weight: Number(weight) }) };
}

/** A peer that takes connections. */
async function listening(at = 0): Promise<{ readonly port: number; close(): Promise<void> }> {
  const server: Server = createServer((socket) => {
    socket.on('error', () => {});
    socket.end();
  });
  server.listen(at, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { readonly port: number };
  return {
    port,
    async close() {
      const closed = once(server, 'close');
      server.close();
      await closed;
    },
  };
}
