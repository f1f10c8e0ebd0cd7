import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { BalancerStage, failed, passed } from '../../../test/support/balancer-stage.ts';
import { type NginxServing, serveWithNginx } from '../../../test/support/nginx-serving.ts';
import { requires } from '../../../test/support/requirements.ts';
import { until } from '../../../test/support/until.ts';
import { PeerError } from '../../core/errors.ts';
import type { Balance } from '../../plan/upstream-plan.ts';
import type { Lease } from '../lease.ts';
import { addressText, type Member } from '../member.ts';

/** `live`: there is a server. */
interface PeerLine extends Partial<Pick<Member, 'weight' | 'maxFails' | 'maxConnections' | 'isBackup' | 'state'>> {
  readonly live?: boolean;
  /** The place of the one whose address it has too. */
  readonly sameAs?: number;
}

interface Case {
  readonly name: string;
  readonly balance: Balance;
  readonly servers: readonly PeerLine[];
  /** What is hashed, for each request; or how many requests there are. */
  readonly requests: readonly string[] | number;
  /** All of them are under way at the same time. */
  readonly together?: boolean;
}

const keys = Array.from({ length: 60 }, (_, index) => `/key/${index * 7919}`);
const addresses = Array.from({ length: 60 }, (_, index) =>
  index % 3 === 2 ? `2001:db8::${(index * 7919).toString(16).slice(-4)}` : `${index + 1}.${index * 4}.${index * 3}.9`,
);
const hash = (isConsistent: boolean): Balance => ({ kind: 'hash', key: '$arg_key', isConsistent });
const roundRobin: Balance = { kind: 'round-robin' };
const leastConnections: Balance = { kind: 'least-connections' };
const dead: PeerLine = { live: false };

const cases: readonly Case[] = [
  { name: 'weights', balance: roundRobin, servers: [{ weight: 5 }, {}, { weight: 2 }], requests: 40 },
  { name: 'one that is down', balance: roundRobin, servers: [{}, { state: 'down' }, { weight: 2 }], requests: 20 },
  { name: 'a dead one', balance: roundRobin, servers: [{}, { ...dead, weight: 3 }, { weight: 2 }], requests: 20 },
  {
    name: 'fails',
    balance: roundRobin,
    servers: [{}, { ...dead, weight: 6, maxFails: 3 }, { weight: 4 }],
    requests: 40,
  },
  { name: 'any fails', balance: roundRobin, servers: [{}, { ...dead, weight: 4, maxFails: 0 }, {}], requests: 30 },
  { name: 'a backup', balance: roundRobin, servers: [{}, { isBackup: true, weight: 2 }, {}], requests: 10 },
  {
    name: 'backups of dead ones',
    balance: roundRobin,
    servers: [dead, { isBackup: true, weight: 2 }, { ...dead, weight: 2, maxFails: 2 }, { isBackup: true }],
    requests: 15,
  },
  { name: 'all dead', balance: roundRobin, servers: [{ ...dead, maxFails: 2 }, dead, dead], requests: 6 },
  { name: 'a single dead one', balance: roundRobin, servers: [dead], requests: 4 },
  {
    name: 'a dead one and a dead backup',
    balance: roundRobin,
    servers: [dead, { ...dead, isBackup: true }],
    requests: 4,
  },
  {
    name: 'rooms',
    balance: roundRobin,
    servers: [{ maxConnections: 2 }, { maxConnections: 3 }],
    requests: 7,
    together: true,
  },
  { name: 'fewest in turn', balance: leastConnections, servers: [{ weight: 2 }, {}, { weight: 3 }], requests: 12 },
  {
    name: 'fewest under way',
    balance: leastConnections,
    servers: [{ weight: 2 }, {}, { weight: 3 }, { weight: 3 }],
    requests: 25,
    together: true,
  },
  {
    name: 'fewest under way, rooms and a backup',
    balance: leastConnections,
    servers: [{ maxConnections: 2 }, dead, { maxConnections: 3, weight: 2 }, { isBackup: true }],
    requests: 9,
    together: true,
  },
  {
    name: 'addresses',
    balance: { kind: 'ip-hash' },
    servers: [{}, { weight: 3 }, { weight: 2 }, {}],
    requests: addresses,
  },
  {
    name: 'addresses, with one dead and one down',
    balance: { kind: 'ip-hash' },
    servers: [{}, { ...dead, weight: 3 }, { state: 'down', weight: 2 }, {}],
    requests: addresses,
  },
  { name: 'a hash', balance: hash(false), servers: [{}, { weight: 3 }, { weight: 2 }, {}], requests: ['', ...keys] },
  {
    name: 'a hash, with one dead and one down',
    balance: hash(false),
    servers: [{}, { ...dead, weight: 3 }, { state: 'down', weight: 2 }, {}],
    requests: keys,
  },
  {
    name: 'a circle',
    balance: hash(true),
    servers: [{}, { weight: 3 }, { weight: 2 }, {}],
    requests: ['', ...keys, ''],
  },
  {
    name: 'a circle with a name that is there twice',
    balance: hash(true),
    servers: [{}, { weight: 2 }, { sameAs: 0, weight: 3 }, {}],
    requests: [...keys, ...addresses],
  },
  {
    name: 'a circle, with one dead and one down',
    balance: hash(true),
    servers: [{}, { ...dead, weight: 3 }, { state: 'down', weight: 2 }, {}],
    requests: keys,
  },
];

const liveHost = '127.0.0.1';
/** As nobody can listen for all addresses at the ports of those that live, nobody answers here. */
const deadHost = '127.0.0.2';
/** Servers enough for each case. */
const serverCount = 4;

describe('balancing beside nginx', { skip: requires('nginx') }, () => {
  const servers: Server[] = [];
  const held: ServerResponse[] = [];
  let ports: readonly number[] = [];
  let nginx: NginxServing;

  before(async () => {
    for (let index = 0; index < serverCount; index++) {
      const server = createServer(({ url = '' }, response) => {
        if (url.startsWith('/together')) held.push(response);
        else response.end();
      });
      server.listen(0, liveHost);
      await once(server, 'listening');
      servers.push(server);
    }
    ports = servers.map((server) => (server.address() as AddressInfo).port);
    const blocks = cases.map(
      ({ balance, servers }, index) =>
        `upstream backend${index} { ${directiveOf(balance)} ${servers.map((_, at) => lineOf(membersOf(index)[at]!)).join(' ')} }
         server { listen LISTEN0; server_name case${index}; location / { proxy_pass http://backend${index}; } }`,
    );
    nginx = await serveWithNginx({
      http: `set_real_ip_from 127.0.0.1; real_ip_header X-Real-IP; add_header peers $upstream_addr always; ${blocks.join('\n')}`,
    });
  });

  after(async () => {
    await nginx?.[Symbol.asyncDispose]();
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
  });

  for (const [index, { name, requests, together = false }] of cases.entries()) {
    it(`chooses the same: ${name}`, async () => {
      const wishes = typeof requests === 'number' ? Array.from({ length: requests }, () => '') : requests;
      const theirs = await chosenByNginx(index, wishes, together);
      const ours = chosenByUs(index, wishes, together);
      assert.deepEqual(ours, theirs);
    });
  }

  function membersOf(index: number): readonly (Partial<Member> & Pick<Member, 'name'>)[] {
    return cases[index]!.servers.map(({ live = true, sameAs, ...options }, at) => {
      const address = { kind: 'tcp', host: live ? liveHost : deadHost, port: ports[sameAs ?? at]! } as const;
      return { ...options, address, name: addressText(address) };
    });
  }

  async function chosenByNginx(index: number, wishes: readonly string[], together: boolean): Promise<string[]> {
    held.length = 0;
    const answers: Promise<string>[] = [];
    let answered = 0;
    for (const wish of wishes) {
      const answer = asked(index, wish, together).finally(() => answered++);
      answers.push(answer);
      if (together) await until(() => held.length + answered === answers.length, 'the request is at a server');
      else await answer;
    }
    for (const response of held) response.end();
    return await Promise.all(answers);
  }

  /** The `$upstream_addr` of one request. */
  async function asked(index: number, wish: string, together: boolean): Promise<string> {
    const isAddress = cases[index]!.balance.kind === 'ip-hash';
    const outgoing = request({
      port: nginx.ports[0]!,
      path: `/${together ? 'together' : ''}?key=${isAddress ? '' : wish}`,
      headers: { host: `case${index}`, ...(isAddress ? { 'x-real-ip': wish } : {}) },
      agent: false,
    });
    outgoing.end();
    const [answer] = await once(outgoing, 'response');
    answer.resume();
    return answer.headers.peers;
  }

  function chosenByUs(index: number, wishes: readonly string[], together: boolean): string[] {
    const { balance } = cases[index]!;
    const stage = new BalancerStage(membersOf(index), { balance });
    const leases: Lease[] = [];
    return wishes.map((key) => {
      const tried = new Set<Member>();
      const names: string[] = [];
      for (;;) {
        let lease: Lease;
        try {
          lease = stage.take({ key, tried });
        } catch (error) {
          assert.ok(error instanceof PeerError && error.code === 'upstream-unavailable');
          names.push(`backend${index}`);
          break;
        }
        const { address } = lease.member;
        names.push(addressText(address));
        const isLive = address.kind === 'tcp' && address.host === liveHost;
        if (isLive && together) leases.push(lease);
        else lease.done(isLive ? passed : failed);
        tried.add(lease.member);
        if (isLive || tried.size === stage.members.filter(({ state }) => state === 'up').length) break;
      }
      return names.join(', ');
    });
  }
});

function directiveOf(balance: Balance): string {
  switch (balance.kind) {
    case 'least-connections':
      return 'least_conn;';
    case 'ip-hash':
      return 'ip_hash;';
    case 'hash':
      return `hash ${balance.key} ${balance.isConsistent ? 'consistent' : ''};`;
    default:
      return '';
  }
}

function lineOf({ name, weight = 1, maxFails = 1, maxConnections = 0, isBackup, state }: Partial<Member>): string {
  const flags = `${isBackup ? 'backup' : ''} ${state === 'down' ? 'down' : ''}`;
  return `server ${name} weight=${weight} max_fails=${maxFails} max_conns=${maxConnections} ${flags};`;
}
