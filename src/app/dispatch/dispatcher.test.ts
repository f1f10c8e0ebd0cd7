import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { AppFolder } from '../../../test/support/app-folder.ts';
import { fakeExchange } from '../../../test/support/fake-exchange.ts';
import { FakeWorker } from '../../../test/support/fake-worker.ts';
import { until } from '../../../test/support/until.ts';
import { BodyStream } from '../../core/body.ts';
import type { Exchange } from '../../core/exchange.ts';
import { prefetch, stuckGraceMs } from '../../core/limits.ts';
import { isUpgrade, type Outcome, type Reply } from '../../core/reply.ts';
import { CancelReason, Flag, initialWindow, Kind } from '../../protocol/worker/kinds.ts';
import { AppCounters } from '../counters.ts';
import { Dispatcher } from './dispatcher.ts';
import type { WorkerLink } from './worker-link.ts';
import { WorkerListener } from './worker-listener.ts';
import type { WorkerStream } from './worker-stream.ts';

interface Stage {
  dispatcher: Dispatcher;
  listener: WorkerListener;
  counters: AppCounters;
  links: Map<number, WorkerLink>;
  closed: { worker: number | undefined; error: Error | undefined }[];
  appErrors: { text: string; exchange: Exchange | undefined }[];
  stuck: WorkerStream[];
  worker(id: number, hello?: object): Promise<FakeWorker>;
}

const stages: Stage[] = [];
let folder: AppFolder;
before(async () => {
  folder = await AppFolder.with({});
});
after(() => folder[Symbol.asyncDispose]());

/** `front`: which of the fronts that share the counters. */
async function stage(
  limits = { maxRequests: 2, maxWaitMs: 60_000 },
  requestTimeoutMs = 0,
  now = () => performance.now(),
  counters = new AppCounters(1),
  front = 0,
): Promise<Stage> {
  const dispatcher: Dispatcher = new Dispatcher({
    limits,
    requestTimeoutMs,
    counters,
    front,
    now,
    late: (link, { id }) => dispatcher.cancelLate(link, id),
    stuck: (_link, stream) => made.stuck.push(stream),
  });
  const path = folder.file(`front-${stages.length}.sock`);
  const listener = await WorkerListener.open(
    path,
    {
      hello: (link, hello) => {
        made.links.set(hello.worker, link);
        dispatcher.add(link, hello.worker);
      },
      ended: (link, stream, milliseconds) => dispatcher.ended(link, stream, milliseconds),
      returned: (link, exchange) => dispatcher.returned(link, exchange),
      recovered: () => dispatcher.recovered(),
      retry: (stream) => dispatcher.retry(stream),
      appError: (_link, text, exchange) => made.appErrors.push({ text, exchange }),
      closed: (link, error) => {
        dispatcher.forget(link);
        made.closed.push({ worker: link.hello?.worker, error });
      },
    },
    now,
  );
  const made: Stage = {
    dispatcher,
    listener,
    counters,
    links: new Map(),
    closed: [],
    appErrors: [],
    stuck: [],
    worker: async (id, hello) => {
      const worker = await FakeWorker.connect(path, id, hello);
      await until(() => made.links.has(id) || made.closed.length > 0, 'the worker is known');
      return worker;
    },
  };
  stages.push(made);
  return made;
}

afterEach(async () => {
  for (const { dispatcher, listener } of stages.splice(0)) {
    dispatcher.close();
    await listener.close();
  }
});

/** The answer of an ordinary request. */
async function replyOf(outcome: Promise<Outcome>): Promise<Reply> {
  const reply = await outcome;
  assert.ok(!isUpgrade(reply));
  return reply;
}

async function text(outcome: Promise<Outcome>): Promise<string> {
  const reply = await replyOf(outcome);
  if (reply.body instanceof Uint8Array) return Buffer.from(reply.body).toString();
  let all = '';
  for await (const piece of reply.body) all += Buffer.from(piece).toString();
  return all;
}

const request = ({ kind }: { kind: number }): boolean => kind === Kind.request;

describe('Dispatcher', () => {
  it('answers a request by a worker', async () => {
    const { dispatcher, worker } = await stage();
    const fake = await worker(1);
    const reply = dispatcher.dispatch(fakeExchange('/x?y'));
    const { stream, flags, payload } = await fake.frame(request);
    assert.equal(flags, Flag.end);
    assert.ok(payload.includes('http\x00127.0.0.1\x005\x00127.0.0.1\x0080'));
    fake.respond(stream, 'hello');
    assert.equal((await replyOf(reply)).status, 200);
    assert.equal(await text(reply), 'hello');
  });

  it('gives each request to the worker with the fewest under way', async () => {
    const { dispatcher, worker } = await stage();
    const fakes = [await worker(1), await worker(2), await worker(3)];
    for (let count = 0; count < 6; count++) void dispatcher.dispatch(fakeExchange(`/${count}`)).catch(() => {});
    await until(() => fakes.every(({ requests }) => requests.length === 2), 'two requests each');
    fakes[1]?.respond(fakes[1].requests[0] ?? 0, '');
    fakes[1]?.respond(fakes[1].requests[1] ?? 0, '');
    await until(() => [...fakes].length === 3 && dispatcher.queueDepth === 0, 'nothing queued');
    const more = [dispatcher.dispatch(fakeExchange('/6')), dispatcher.dispatch(fakeExchange('/7'))];
    for (const each of more) each.catch(() => {});
    await until(() => fakes.reduce((sum, { requests }) => sum + requests.length, 0) === 8, 'all eight are sent');
  });

  it('queues what no worker can take, first come first served, and notes how long', async () => {
    const { dispatcher, worker } = await stage();
    const fake = await worker(1, { concurrency: 1 });
    const exchanges = ['/1', '/2', '/3'].map((target) => fakeExchange(target));
    const replies = exchanges.map((exchange) => dispatcher.dispatch(exchange));
    assert.equal(dispatcher.queueDepth, 2);
    for (const index of [0, 1, 2]) {
      await until(() => fake.requests.length === index + 1, `request ${index + 1}`);
      fake.respond(fake.requests[index] ?? 0, `answer ${index + 1}`);
    }
    assert.deepEqual(await Promise.all(replies.map((reply) => text(reply))), ['answer 1', 'answer 2', 'answer 3']);
    assert.equal(exchanges[0]?.queueMs, 0);
    assert.ok((exchanges[2]?.queueMs ?? 0) > 0);
  });

  it('sends a WSGI worker a few requests ahead while they are quick, and none once they are slow', async () => {
    let time = 0;
    const { dispatcher, worker } = await stage({ maxRequests: 100, maxWaitMs: 60_000 }, 0, () => time);
    const fake = await worker(1, { interface: 'wsgi', concurrency: 2 });
    const send = (count: number): void => {
      for (let sent = 0; sent < count; sent++) dispatcher.dispatch(fakeExchange('/')).catch(() => {});
    };
    const room = 2 * (1 + prefetch.perThread);
    send(room + 10);
    await until(() => fake.requests.length === 2, 'one request for each thread');
    for (const stream of [1, 2]) fake.respond(stream, '');
    await until(() => fake.requests.length === 2 + room, 'all that may be there after two quick answers');
    assert.equal(dispatcher.queueDepth, 8);
    time += 1000;
    for (const stream of fake.requests.slice(2)) fake.respond(stream, '');
    await until(() => fake.requests.length === 4 + room, 'only one request for each thread again');
    assert.equal(dispatcher.queueDepth, 6);
  });

  it('takes back what it sent ahead to a worker that got stuck, and gives it to one that is free', async () => {
    let time = 0;
    const { dispatcher, worker } = await stage({ maxRequests: 100, maxWaitMs: 60_000 }, 0, () => time);
    const stuck = await worker(1, { interface: 'wsgi', concurrency: 1 });
    const replies = ['/1', '/2', '/3'].map((target) => dispatcher.dispatch(fakeExchange(target)));
    await stuck.frame(request);
    stuck.respond(1, 'one');
    await until(() => stuck.requests.length === 3, 'the others are sent ahead');
    const free = await worker(2, { interface: 'wsgi', concurrency: 1 });
    time += 1000;
    const { stream, payload } = await stuck.frame(({ kind }) => kind === Kind.cancel);
    assert.deepEqual([stream, ...payload], [3, CancelReason.takenBack]);
    stuck.send(Kind.returned, 0, 3);
    await free.frame(request);
    free.respond(1, 'three');
    stuck.respond(2, 'two');
    assert.deepEqual(await Promise.all(replies.map((reply) => text(reply))), ['one', 'two', 'three']);
  });

  it('names the request in whose background work the app failed after its answer', async () => {
    const { dispatcher, worker, appErrors } = await stage();
    const fake = await worker(1);
    const reply = dispatcher.dispatch(fakeExchange('/late'));
    const { stream } = await fake.frame(request);
    fake.respond(stream, '');
    await reply;
    fake.send(Kind.abort, 0, stream, 'Traceback …');
    await until(() => appErrors.length === 1, 'the failure is reported');
    assert.equal(appErrors[0]?.exchange?.id, 'test-/late');
  });

  it('refuses a request beyond the queue, and takes out a client that leaves', async () => {
    const { dispatcher, worker } = await stage();
    const fake = await worker(1, { concurrency: 1 });
    dispatcher.dispatch(fakeExchange('/1')).catch(() => {});
    const leaves = fakeExchange('/2');
    const left = dispatcher.dispatch(leaves);
    dispatcher.dispatch(fakeExchange('/3')).catch(() => {});
    assert.throws(() => dispatcher.dispatch(fakeExchange('/4')), { code: 'queue-full', status: 503 });
    leaves.abort('client-closed');
    await assert.rejects(left, { code: 'client-closed' });
    assert.equal(dispatcher.queueDepth, 1);
    await fake.frame(request);
    fake.respond(fake.requests[0] ?? 0, '');
    await until(() => fake.requests.length === 2, 'the next request');
    assert.match(fake.frames.at(-1)?.payload.toString() ?? '', /\/3/);
  });

  it('refuses a request that waits too long', async () => {
    const { dispatcher } = await stage({ maxRequests: 5, maxWaitMs: 1 });
    await assert.rejects(dispatcher.dispatch(fakeExchange('/')), { code: 'queue-timeout', status: 503 });
  });

  it('cancels a request whose answer does not begin in time, and keeps its place taken until the worker ends it', async () => {
    const { dispatcher, worker } = await stage(undefined, 1);
    const fake = await worker(1, { concurrency: 1 });
    await assert.rejects(dispatcher.dispatch(fakeExchange('/')), { code: 'app-timeout', status: 504 });
    const cancel = await fake.frame(({ kind }) => kind === Kind.cancel);
    assert.deepEqual([...cancel.payload], [CancelReason.deadline]);
    dispatcher.dispatch(fakeExchange('/next')).catch(() => {});
    assert.equal(dispatcher.queueDepth, 1);
    fake.send(Kind.abort, 0, cancel.stream);
    await until(() => dispatcher.queueDepth === 0, 'the place is free');
  });

  it('tries the idempotent requests of a worker that dies elsewhere, and fails the others', async () => {
    const { dispatcher, worker, closed, counters } = await stage();
    const dying = await worker(1);
    const reply = dispatcher.dispatch(fakeExchange('/1'));
    const posted = dispatcher.dispatch(fakeExchange('/2', undefined, false, 'POST'));
    await until(() => dying.requests.length === 2, 'both are sent');
    dying.socket.destroy();
    await assert.rejects(posted, { code: 'worker-lost' });
    assert.equal(closed[0]?.worker, 1);
    assert.equal(counters.inFlight(1), 0);
    const other = await worker(2);
    await other.frame(request);
    other.respond(other.requests[0] ?? 0, 'fine');
    assert.equal(await text(reply), 'fine');
  });

  it('tries a request again only once, and no two such at a time at one worker', async () => {
    const { dispatcher, worker } = await stage({ maxRequests: 10, maxWaitMs: 60_000 });
    const first = await worker(1);
    const killer = dispatcher.dispatch(fakeExchange('/kills'));
    const innocent = dispatcher.dispatch(fakeExchange('/innocent'));
    await until(() => first.requests.length === 2, 'both are sent');
    first.socket.destroy();
    const second = await worker(2);
    await second.frame(request);
    const fresh = dispatcher.dispatch(fakeExchange('/fresh'));
    await until(() => second.requests.length === 2, 'a new request is sent, the other one is not');
    assert.deepEqual(
      second.frames.map(({ payload }) => /\/(kills|fresh|innocent)/.exec(payload.toString('latin1', 60))?.[1]),
      ['kills', 'fresh'],
    );
    second.socket.destroy();
    await assert.rejects(killer, { code: 'worker-lost' });
    const third = await worker(3);
    await third.frame(request);
    third.respond(third.requests[0] ?? 0, 'third');
    await until(() => third.requests.length === 2, 'the other one is sent');
    third.respond(third.requests[1] ?? 0, 'third');
    assert.deepEqual(await Promise.all([text(innocent), text(fresh)]), ['third', 'third']);
  });

  it('reports a request that its worker does not end although it was cancelled', async () => {
    let time = 0;
    const { dispatcher, worker, stuck } = await stage(undefined, 1_000, () => time);
    const fake = await worker(1);
    const reply = dispatcher.dispatch(fakeExchange('/ends'));
    const other = dispatcher.dispatch(fakeExchange('/stuck'));
    await until(() => fake.requests.length === 2, 'both are sent');
    time += 1_000;
    await assert.rejects(reply, { code: 'app-timeout' });
    await assert.rejects(other, { code: 'app-timeout' });
    await until(() => fake.frames.filter(({ kind }) => kind === Kind.cancel).length === 2, 'both are cancelled');
    fake.send(Kind.abort, 0, fake.requests[0] ?? 0);
    fake.send(Kind.inform, 0, 77, '');
    time += stuckGraceMs - 1;
    await until(() => time > 0, 'time passes');
    assert.equal(stuck.length, 0);
    time += 1;
    await until(() => stuck.length === 1, 'it is reported');
    assert.deepEqual(
      [...stuck].map(({ exchange }) => exchange.request.target),
      ['/stuck'],
    );
  });

  it('sends nothing to a worker that does not answer any more, until it does', async () => {
    let time = 0;
    const { dispatcher, worker, links } = await stage(undefined, 0, () => time);
    const fake = await worker(1);
    const reply = dispatcher.dispatch(fakeExchange('/1'));
    const { stream } = await fake.frame(request);
    time += 400;
    const isPing = ({ kind }: { kind: number }): boolean => kind === Kind.ping;
    await fake.frame(isPing);
    fake.send(Kind.pong, 0, 0);
    await until(() => dispatcher.queueDepth === 0, 'nothing waits');
    const next = dispatcher.dispatch(fakeExchange('/2'));
    await until(() => fake.requests.length === 2, 'the next request is sent');
    time += 400;
    await until(() => fake.frames.filter(isPing).length === 2, 'it is asked again');
    time += 500;
    await until(() => links.get(1)?.room === 0, 'it is found to hang');
    const queued = dispatcher.dispatch(fakeExchange('/3'));
    assert.equal(dispatcher.queueDepth, 1);
    assert.equal(fake.requests.length, 2);
    fake.respond(stream, 'one');
    await until(() => fake.requests.length === 3, 'what waited is sent');
    for (const each of fake.requests.slice(1)) fake.respond(each, 'more');
    assert.deepEqual(await Promise.all([text(reply), text(next), text(queued)]), ['one', 'more', 'more']);
  });

  it('gives the place that becomes free to the front whose request has waited longest', async () => {
    const counters = new AppCounters(2);
    const limits = { maxRequests: 10, maxWaitMs: 60_000 };
    const one = await stage(limits, 0, undefined, counters, 0);
    const other = await stage(limits, 0, undefined, counters, 1);
    const atOne = await one.worker(7, { concurrency: 1 });
    const atOther = await other.worker(7, { concurrency: 1 });
    const replies = [one.dispatcher.dispatch(fakeExchange('/1'))];
    for (const [index, { dispatcher }] of [other, one, other, one].entries()) {
      replies.push(dispatcher.dispatch(fakeExchange(`/${index + 2}`)));
    }
    assert.equal(counters.queueDepth, 4);
    assert.equal(counters.inFlight(7), 1);
    for (const [index, [fake, nth]] of (
      [
        [atOne, 1],
        [atOther, 1],
        [atOne, 2],
        [atOther, 2],
        [atOne, 3],
      ] as const
    ).entries()) {
      await until(
        () => fake.requests.length === nth,
        () => `request ${index + 1} is sent: ${atOne.requests.length}, ${atOther.requests.length}`,
      );
      assert.equal(counters.inFlight(7), 1);
      fake.respond(fake.requests[nth - 1] ?? 0, `answer ${index + 1}`);
    }
    assert.deepEqual(await Promise.all(replies.map((reply) => text(reply))), [
      'answer 1',
      'answer 2',
      'answer 3',
      'answer 4',
      'answer 5',
    ]);
    assert.equal(counters.queueDepth, 0);
  });

  it('bounds the queues of all fronts together', async () => {
    const counters = new AppCounters(2);
    const one = await stage(undefined, 0, undefined, counters, 0);
    const other = await stage(undefined, 0, undefined, counters, 1);
    const waiting = [one.dispatcher.dispatch(fakeExchange('/1')), other.dispatcher.dispatch(fakeExchange('/2'))];
    assert.throws(() => one.dispatcher.dispatch(fakeExchange('/3')), { code: 'queue-full' });
    assert.equal(counters.refusedFull, 1);
    one.dispatcher.close();
    other.dispatcher.close();
    for (const each of waiting) await assert.rejects(each, { code: 'shutting-down' });
  });

  it('refuses what has no answer yet when it closes', async () => {
    const { dispatcher, worker } = await stage();
    const fake = await worker(1);
    const answering = dispatcher.dispatch(fakeExchange('/1'));
    const { stream } = await fake.frame(request);
    fake.respond(stream, 'he', false);
    await answering;
    const waiting = dispatcher.dispatch(fakeExchange('/2'));
    dispatcher.close();
    await assert.rejects(waiting, { code: 'shutting-down', status: 503 });
    fake.send(Kind.body, Flag.end, stream, 'llo');
    assert.equal(await text(answering), 'hello');
  });

  it('reports the traceback of an app with the request it failed on', async () => {
    const { dispatcher, worker, appErrors } = await stage();
    const fake = await worker(1);
    const reply = dispatcher.dispatch(fakeExchange('/bad'));
    const { stream } = await fake.frame(request);
    fake.send(Kind.abort, 0, stream, 'Traceback …');
    await assert.rejects(reply, { code: 'app-error', status: 500 });
    assert.equal(appErrors[0]?.text, 'Traceback …');
    assert.equal(appErrors[0]?.exchange?.id, 'test-/bad');
  });

  it('refuses an answer that is not valid HTTP, and goes on with the worker', async () => {
    const { dispatcher, worker, appErrors } = await stage();
    const fake = await worker(1);
    const reply = dispatcher.dispatch(fakeExchange('/'));
    const { stream } = await fake.frame(request);
    fake.respond(stream, '', false, 'a\rb');
    fake.send(Kind.body, Flag.end, stream, 'rest');
    await assert.rejects(reply, { code: 'app-response-invalid', status: 500 });
    assert.equal(appErrors.length, 1);
    const next = dispatcher.dispatch(fakeExchange('/next'));
    await until(() => fake.requests.length === 2, 'the next request');
    fake.respond(fake.requests[1] ?? 0, 'ok');
    assert.equal(await text(next), 'ok');
  });

  for (const [what, act] of Object.entries<(fake: FakeWorker, stream: number) => void>({
    'a frame that only the front may send': (fake, stream) => fake.send(Kind.request, 0, stream),
    'two answers to one request': (fake, stream) => {
      fake.respond(stream, '', false);
      fake.respond(stream, '', false);
    },
    'a body without a head': (fake, stream) => fake.send(Kind.body, 0, stream, 'x'),
    'more of an answer than it has credit for': (fake, stream) => {
      fake.respond(stream, '', false);
      for (let sent = 0; sent <= initialWindow; sent += 65_536) fake.send(Kind.body, 0, stream, Buffer.alloc(65_536));
    },
    'bytes that are no frame': (fake) => fake.socket.write('HTTP/1.1 200 OK\r\n\r\n'),
  })) {
    it(`drops a worker that sends ${what}`, async () => {
      const { dispatcher, worker, closed } = await stage();
      const fake = await worker(1);
      const reply = dispatcher.dispatch(fakeExchange('/'));
      reply.catch(() => {});
      const { stream } = await fake.frame(request);
      act(fake, stream);
      await until(() => closed.length === 1, 'the connection is closed');
      assert.equal((closed[0]?.error as { code?: string } | undefined)?.code, 'worker-protocol');
    });
  }

  it('refuses a worker of another protocol version, and says both versions', async () => {
    const { worker, closed } = await stage();
    await worker(1, { protocol: 99 });
    assert.match(closed[0]?.error?.message ?? '', /version 99.*version 2/);
  });

  it('sends a streamed request body only as far as the worker gave credit', async () => {
    const { dispatcher, worker } = await stage();
    const fake = await worker(1);
    const body = new BodyStream({ wanted() {}, taken() {}, cancelled() {} });
    body.push(Buffer.alloc(initialWindow + 1000));
    body.end();
    const reply = dispatcher.dispatch(fakeExchange('/up', body));
    const sent = (): number =>
      fake.frames.filter(({ kind }) => kind === Kind.body).reduce((sum, { payload }) => sum + payload.length, 0);
    await until(() => sent() === initialWindow, 'the whole window is sent');
    const [stream = 0] = fake.requests;
    const credit = Buffer.alloc(4);
    credit.writeUInt32LE(500);
    fake.send(Kind.window, 0, stream, credit);
    await until(() => sent() === initialWindow + 500, 'the credit is used');
    fake.send(Kind.window, 0, stream, credit);
    await fake.frame(({ kind, flags }) => kind === Kind.body && flags === Flag.end);
    assert.equal(sent(), initialWindow + 1000);
    fake.respond(stream, 'done');
    assert.equal(await text(reply), 'done');
  });

  it('does not ask for a held body before the worker does', async () => {
    const { dispatcher, worker } = await stage();
    const fake = await worker(1);
    let wanted = 0;
    const body = new BodyStream({ wanted: () => wanted++, taken() {}, cancelled() {} });
    const reply = dispatcher.dispatch(fakeExchange('/hold', body, true));
    const { stream, flags } = await fake.frame(request);
    assert.equal(flags, Flag.hold);
    assert.equal(wanted, 0);
    const credit = Buffer.alloc(4);
    credit.writeUInt32LE(initialWindow);
    fake.send(Kind.window, 0, stream, credit);
    await until(() => wanted === 1, 'the body is asked for');
    body.push(Buffer.from('x'));
    body.end();
    await fake.frame(({ kind, flags: end }) => kind === Kind.body && end === Flag.end);
    fake.respond(stream, '');
    await reply;
  });

  it('gives credit back as the answer is taken, at the latest at half a window', async () => {
    const { dispatcher, worker } = await stage();
    const fake = await worker(1);
    const reply = dispatcher.dispatch(fakeExchange('/down'));
    const { stream } = await fake.frame(request);
    fake.respond(stream, '', false);
    for (let sent = 0; sent < initialWindow; sent += 65_536) fake.send(Kind.body, 0, stream, Buffer.alloc(65_536));
    const { body } = await replyOf(reply);
    assert.equal(fake.frames.filter(({ kind }) => kind === Kind.window).length, 0);
    const pieces = (body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
    await pieces.next();
    await pieces.next();
    const window = await fake.frame(({ kind }) => kind === Kind.window);
    assert.equal(window.payload.readUInt32LE(), initialWindow / 2);
  });
});
