import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { closeStages, replyOf, request, stage, text } from '../../../test/support/dispatcher-stage.ts';
import { fakeExchange } from '../../../test/support/fake-exchange.ts';
import type { FakeWorker } from '../../../test/support/fake-worker.ts';
import { until } from '../../../test/support/until.ts';
import { BodyStream } from '../../core/body.ts';
import { prefetch } from '../../core/limits.ts';
import { CancelReason, Flag, initialWindow, Kind } from '../../protocol/worker/kinds.ts';

closeStages();

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

  it('takes back what it sent ahead to a worker that drains, but not where all of them do', async () => {
    for (const isStop of [false, true]) {
      const { dispatcher, worker, links } = await stage();
      const fake = await worker(1, { interface: 'wsgi', concurrency: 1 });
      const replies = ['/1', '/2', '/3'].map((target) => dispatcher.dispatch(fakeExchange(target)));
      await fake.frame(request);
      fake.respond(1, 'one');
      await until(() => fake.requests.length === 3, 'the others are sent ahead');
      const link = links.get(1);
      if (link) dispatcher.remove(link);
      link?.drain(isStop);
      const { kind } = await fake.frame(({ kind }) => kind === Kind.cancel || kind === Kind.drain);
      assert.equal(kind, isStop ? Kind.drain : Kind.cancel);
      for (const stream of [2, 3]) fake.respond(stream, 'done');
      assert.deepEqual(await Promise.all(replies.map((reply) => text(reply))), ['one', 'done', 'done']);
    }
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
