import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { unlink } from 'node:fs/promises';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { describe, it } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { AppFolder } from '../../test/support/app-folder.ts';
import { makeCertificate } from '../../test/support/certificates.ts';
import { FakeWorker } from '../../test/support/fake-worker.ts';
import { literalStates } from '../../test/support/literal-upstreams.ts';
import { planOf } from '../../test/support/site-stage.ts';
import { tlsMaterial } from '../../test/support/tls-stage.ts';
import { until } from '../../test/support/until.ts';
import { AppCounters } from '../app/counters.ts';
import type { FromFront } from '../app/front-message.ts';
import type { WorkerFronts } from '../app/supervision/worker-pool.ts';
import { appSite } from '../config/one-site.ts';
import type { Bind } from '../core/bind.ts';
import { maxConnections, queueLimits, webSocketLimits, webSocketTimeouts } from '../core/limits.ts';
import { createLog } from '../observe/log.ts';
import { Kind } from '../protocol/worker/kinds.ts';
import { zoneBuffers } from '../site/limits/limit-zones.ts';
import type { Member } from '../upstream/member.ts';
import { PeerCounters } from '../upstream/peer-counters.ts';
import { FrontThreads } from './front-threads.ts';
import type { ListenPlan } from './inherited-sockets.ts';
import { sharedNow } from './shared-clock.ts';

interface Stage extends AsyncDisposable {
  readonly fronts: FrontThreads;
  /** The ways to the workers of its one app. */
  readonly ways: WorkerFronts;
  readonly counters: AppCounters;
  readonly told: { readonly front: number; readonly message: FromFront }[];
  readonly closed: number[];
  readonly opened: number[];
  readonly folder: AppFolder;
  /** What the next thread is started with. */
  readonly settings: object;
  log(): string;
  /** Ends a thread with an error, where it has a worker 4. */
  end(front: number): void;
  /** A worker that answers everything with 'ok', at all fronts. */
  worker(id: number): Promise<readonly FakeWorker[]>;
}

async function stage(count: number): Promise<Stage> {
  const folder = await AppFolder.with({});
  const counters = new AppCounters(count);
  let logged = '';
  const write = (text: string): void => {
    logged += text;
  };
  const log = createLog({ level: 'info' }, write, () => new Date());
  const settings = {
    trustedPeers: { list: undefined },
    errorLogs: [],
    logLevel: 'error' as const,
    webSocketLimits,
    webSocketTimeouts,
    maxConnections,
  };
  const made: Omit<Stage, 'fronts' | 'ways' | typeof Symbol.asyncDispose> = {
    folder,
    settings,
    counters,
    told: [],
    closed: [],
    opened: [],
    log: () => logged,
    end: (front) => ways.postTo(front, { kind: 'invite', worker: 4, socket: undefined as unknown as string }),
    async worker(id) {
      const links = await Promise.all(ways.sockets.map((socket) => FakeWorker.connect(socket, id)));
      for (const link of links) answerAll(link);
      await until(() => hellos(made.told, id).length === count, 'the fronts know the worker');
      ways.post({ kind: 'serve', worker: id, slot: id });
      return links;
    },
  };
  const fronts: FrontThreads = new FrontThreads(settings, count, folder.path, log, sharedNow(), {
    told: (front, _, message) => made.told.push({ front, message }),
    certificateWanted: () => {},
    closed: (front) => {
      counters.clearFront(front);
      made.closed.push(front);
    },
    opened: (front) => made.opened.push(front),
    listening: () => {},
    failed: () => {},
  });
  await fronts.open();
  const app = { id: 7, queue: queueLimits, requestTimeoutMs: 0, showsStartFailure: false, counters: counters.buffer };
  const ways = await fronts.openApp(app);
  const plan = appSite('main:app', [anyBind], 'off', 'here');
  await fronts.use({
    plan,
    zones: zoneBuffers(plan, count),
    listeners: [{ listener: 0, index: 0, byAddress: [] }],
    apps: [{ name: 'main:app', id: app.id }],
    upstreams: [],
    tls: [],
    generation: 1,
  });
  const dispose = async (): Promise<void> => {
    await fronts.close(0, 0);
    await fronts.end();
    await folder[Symbol.asyncDispose]();
  };
  return { ...made, fronts, ways, [Symbol.asyncDispose]: dispose };
}

function hellos(told: Stage['told'], id: number): readonly number[] {
  return told.flatMap(({ front, message }) => (message.kind === 'hello' && message.hello.worker === id ? front : []));
}

function answerAll(worker: FakeWorker): void {
  let answered = 0;
  worker.socket.on('data', () => {
    for (const stream of worker.requests.slice(answered)) worker.respond(stream, 'ok');
    answered = worker.requests.length;
  });
}

const anyBind = { kind: 'tcp', host: '127.0.0.1', port: 0 } as const;

/** The only address to listen on. */
function listening(bind: Bind): ReadonlyMap<number, ListenPlan> {
  return new Map([[0, { bind, fds: [], origin: 'galley' }]]);
}

/** Lets all threads listen on a free port. */
async function listenOnAny(fronts: FrontThreads): Promise<number> {
  await fronts.listen(listening(anyBind));
  const ports = new Set(fronts.listening.flatMap(({ bind }) => (bind.kind === 'tcp' ? bind.port : [])));
  assert.equal(ports.size, 1, 'all threads share one port');
  return [...ports][0] as number;
}

async function answer(port: number): Promise<string> {
  return (await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } })).text();
}

describe('FrontThreads', () => {
  for (const count of [1, 3]) {
    it(`${count} on one port answer by workers that they share`, async () => {
      await using made = await stage(count);
      await made.worker(4);
      const port = await listenOnAny(made.fronts);
      assert.equal(made.fronts.listening.length, count);
      for (let sent = 0; sent < 20; sent++) assert.equal(await answer(port), 'ok');
      assert.deepEqual([made.counters.requests(4), made.counters.inFlight(4)], [20, 0]);
    });
  }

  it('lets nobody else have the port', async () => {
    await using made = await stage(2);
    await using other = await stage(2);
    const port = await listenOnAny(made.fronts);
    await assert.rejects(other.fronts.listen(listening({ ...anyBind, port })), /another program listens there/);
  });

  it('replaces one that dies, and says so', async () => {
    await using made = await stage(2);
    const links = await made.worker(4);
    const port = await listenOnAny(made.fronts);
    made.counters.sent(1, 4);
    const lost = once(links[1]!.socket, 'close');
    made.end(1);
    await lost;
    await until(() => made.opened.length === 1, 'another one takes its place');
    assert.deepEqual([made.closed, made.opened, made.fronts.restarts], [[1], [1], [0, 1]]);
    assert.match(made.log(), /front thread 1 died .*a new one starts now\n.*TypeError/s);
    assert.equal(made.counters.inFlight(4), 0, 'what it had is not counted any longer');
    made.ways.postTo(0, { kind: 'invite', worker: 4, socket: made.ways.sockets[1]! });
    const { payload } = await links[0]!.frame(({ kind }) => kind === Kind.connect);
    answerAll(await FakeWorker.connect(payload.toString(), 4));
    await until(() => hellos(made.told, 4).length === 3, 'the worker is connected to it');
    made.ways.postTo(1, { kind: 'serve', worker: 4, slot: 4 });
    for (let sent = 0; sent < 20; sent++) assert.equal(await answer(port), 'ok');
  });

  it('tells the one that takes its place who the members of upstreams are now', async () => {
    await using made = await stage(2);
    await made.worker(4);
    await using backend = createServer((_, response) => response.end('there')).listen(0, '127.0.0.1');
    await once(backend, 'listening');
    const plan = planOf(
      'upstream app { server 127.0.0.1:1; } server { listen 80; location / { proxy_pass http://app; } }',
    );
    const counters = new PeerCounters(2).buffer;
    const upstreams = literalStates(plan.upstreams).map((state) => ({ ...state, counters }));
    const listeners = [{ listener: 0, index: 0, byAddress: [] }];
    await made.fronts.use({
      plan,
      zones: zoneBuffers(plan, 2),
      listeners,
      apps: [],
      upstreams,
      tls: [],
      generation: 2,
    });
    const port = await listenOnAny(made.fronts);
    assert.match(await answer(port), /502/);
    const { port: there } = backend.address() as { readonly port: number };
    const members = (upstreams[0]?.members ?? []).map((member): Member => {
      return { ...member, address: { kind: 'tcp', host: '127.0.0.1', port: there } };
    });
    made.fronts.setMembers({ upstream: 'app', members });
    made.end(1);
    await until(() => made.opened.length === 1, 'another one takes its place');
    await until(() => made.fronts.listening.length === 2, 'it listens');
    for (let sent = 0; sent < 20; sent++) assert.equal(await answer(port), 'there');
  });

  it('uses certificates of the site that is served alone', async () => {
    await using made = await stage(1);
    const plan = planOf('server { listen 443 ssl; ssl_certificate /a.pem; ssl_certificate_key /a.key; return 200; }');
    const materials = (name: string) => [tlsMaterial({ certificates: [makeCertificate([name])] })];
    const listeners = [{ listener: 0, index: 0, byAddress: [] }];
    const others = { zones: zoneBuffers(plan, 1), listeners, apps: [], upstreams: [] };
    await made.fronts.use({ plan, ...others, tls: materials('first.test'), generation: 2 });
    const port = await listenOnAny(made.fronts);
    const seen: (string | undefined)[] = [];
    for (const [name, generation] of [['old.test', 1] as const, ['new.test', 2] as const]) {
      made.fronts.setMaterials(materials(name), generation);
      await made.fronts.cacheCounts();
      const client = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
      await once(client, 'secureConnect');
      seen.push(client.getPeerX509Certificate()?.subjectAltName);
      client.destroy();
    }
    assert.deepEqual(seen, ['DNS:first.test', 'DNS:new.test']);
  });

  it('lets the one that takes its place try again until it listens', async () => {
    await using made = await stage(2);
    await made.worker(4);
    const path = made.folder.file('u.sock');
    await made.fronts.listen(listening({ kind: 'unix', path }));
    await unlink(path);
    await made.folder.write('u.sock', '');
    made.end(0);
    await until(
      () => /front thread 0 tries again in 200 ms: .*no abandoned socket/.test(made.log()),
      () => `it has tried twice\n${made.log()}`,
    );
    assert.deepEqual(made.fronts.listening, []);
    await unlink(path);
    await until(() => made.fronts.listening.length === 1, 'it listens');
    await once(connect(path), 'connect');
  });

  it('lets the one that takes its place log where a reload said', async () => {
    await using made = await stage(2);
    await made.worker(4);
    const logsTo = (name: string) =>
      [{ target: { kind: 'file', path: made.folder.file(name) }, level: 'warn' }] as const;
    Object.assign(made.settings, { errorLogs: logsTo('start.log') });
    made.fronts.announce({ kind: 'error-logs', errorLogs: logsTo('reload.log') });
    made.end(1);
    await until(() => made.opened.length === 1, 'another one takes its place');
    assert.deepEqual(
      [existsSync(made.folder.file('start.log')), existsSync(made.folder.file('reload.log'))],
      [false, true],
    );
  });

  it('lets the one that takes its place serve where its log cannot be opened', async (test) => {
    await using made = await stage(2);
    await made.worker(4);
    const path = made.folder.file('missing/a.log');
    Object.assign(made.settings, { errorLogs: [{ target: { kind: 'file', path }, level: 'warn' }] });
    let told = '';
    test.mock.method(process.stderr, 'write', (text: unknown) => {
      told += text;
      return true;
    });
    made.end(1);
    await until(() => made.opened.length === 1, made.log);
    await until(
      () => told.includes(`open() "${path}" failed (2: No such file or directory)`),
      () => told,
    );
    assert.deepEqual(made.fronts.restarts, [0, 1]);
  });

  it('goes on where a thread cannot be made', async () => {
    await using made = await stage(2);
    await made.worker(4);
    const cannotBeCloned = { maxConnections: () => {} };
    Object.assign(made.settings, cannotBeCloned);
    made.end(1);
    await until(
      () => /front thread 1 cannot be started; a new one starts in 100 ms\n.*DataCloneError/s.test(made.log()),
      () => `it could not be started\n${made.log()}`,
    );
    Object.assign(made.settings, { maxConnections });
    await until(() => made.opened.length === 1, 'another one takes its place');
    assert.deepEqual(made.opened, [1]);
  });

  it('says how many connections it had to cut in all threads', async () => {
    await using made = await stage(2);
    const port = await listenOnAny(made.fronts);
    const clients = Array.from({ length: 12 }, () => connect(port, '127.0.0.1'));
    const answers = clients.map(async (client) => {
      client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      const [answer] = await once(client, 'data');
      return String(answer);
    });
    await until(() => made.counters.queueDepth === 12, 'all wait for a worker');
    const path = made.folder.file('own.log');
    made.fronts.announce({ kind: 'error-logs', errorLogs: [{ target: { kind: 'file', path }, level: 'warn' }] });
    assert.equal(await made.fronts.close(10, 10), 0);
    await until(() => /requests had no answer/.test(readFileSync(path, 'latin1')), 'they log where they were told to');
    for (const text of await Promise.all(answers)) assert.match(text, /^HTTP\/1.1 503 .*connection: close/is);
  });
});
