import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { closeStages, request, stage, text } from '../../../test/support/dispatcher-stage.ts';
import { fakeExchange } from '../../../test/support/fake-exchange.ts';
import { until } from '../../../test/support/until.ts';
import { stuckGraceMs } from '../../core/limits.ts';
import { Flag, Kind } from '../../protocol/worker/kinds.ts';
import { AppCounters } from '../counters.ts';

closeStages();

describe('Dispatcher, with workers that die, hang or come back, and with other fronts', () => {
  it('does not make a request that came back forget that its worker died before', async () => {
    const { dispatcher, worker } = await stage();
    const first = await worker(1, { interface: 'wsgi', concurrency: 1 });
    const reply = dispatcher.dispatch(fakeExchange('/twice'));
    await first.frame(request);
    const second = await worker(2, { interface: 'wsgi', concurrency: 1 });
    first.socket.destroy();
    await second.frame(request);
    second.send(Kind.returned, 0, second.requests[0] ?? 0);
    await until(() => second.requests.length === 2, 'it is sent once more');
    second.socket.destroy();
    await assert.rejects(reply, { code: 'worker-lost' });
  });

  it('lets a request that came back go before those that wait, whatever room the queue has', async () => {
    const { dispatcher, worker } = await stage({ maxRequests: 1, maxWaitMs: 60_000 });
    const first = await worker(1, { interface: 'wsgi', concurrency: 1 });
    const replies = [dispatcher.dispatch(fakeExchange('/1'))];
    await first.frame(request);
    replies.push(dispatcher.dispatch(fakeExchange('/2')));
    first.send(Kind.returned, 0, first.requests[0] ?? 0);
    await until(() => first.requests.length === 2, 'it is sent again');
    first.respond(first.requests[1] ?? 0, 'one');
    await until(() => first.requests.length === 3, 'the next one is sent');
    first.respond(first.requests[2] ?? 0, 'two');
    assert.deepEqual(await Promise.all(replies.map((each) => text(each))), ['one', 'two']);
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
    let time = 0;
    const { dispatcher, worker } = await stage({ maxRequests: 10, maxWaitMs: 60_000 }, 0, () => time);
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
    time += 200;
    await until(() => third.requests.length === 2, 'the other one is sent once the first one is seen to be harmless');
    third.respond(third.requests[0] ?? 0, 'third');
    third.respond(third.requests[1] ?? 0, 'third');
    assert.deepEqual(await Promise.all([text(innocent), text(fresh)]), ['third', 'third']);
  });

  it('reports a request that its worker does not end although it was cancelled', async () => {
    let time = 0;
    const made = await stage(undefined, 1_000, () => time);
    const { dispatcher, worker, stuck } = made;
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

  it('reports a worker in which a request was interrupted', async () => {
    const made = await stage();
    const fake = await made.worker(1);
    const replies = [made.dispatcher.dispatch(fakeExchange('/1')), made.dispatcher.dispatch(fakeExchange('/2'))];
    await until(() => fake.requests.length === 2, 'both are sent');
    fake.send(Kind.abort, 0, fake.requests[0] ?? 0, 'Traceback');
    fake.send(Kind.abort, Flag.tainted, fake.requests[1] ?? 0, 'Traceback');
    for (const reply of replies) await assert.rejects(reply, { code: 'app-error' });
    assert.equal(made.tainted, 1);
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

  it('sends what a dead worker had before younger requests of another front', async () => {
    const counters = new AppCounters(2);
    const limits = { maxRequests: 100, maxWaitMs: 60_000 };
    const one = await stage(limits, 0, undefined, counters, 0);
    const other = await stage(limits, 0, undefined, counters, 1);
    const dying = await one.worker(7);
    const reply = one.dispatcher.dispatch(fakeExchange('/1'));
    await dying.frame(request);
    const atOne = await one.worker(8, { concurrency: 1 });
    const atOther = await other.worker(8, { concurrency: 1 });
    const busy = other.dispatcher.dispatch(fakeExchange('/busy'));
    await atOther.frame(request);
    dying.socket.destroy();
    await until(() => counters.againDepth === 1, 'it waits for another worker');
    const younger = other.dispatcher.dispatch(fakeExchange('/younger'));
    atOther.respond(atOther.requests[0] ?? 0, 'busy');
    await atOne.frame(request);
    assert.equal(atOther.requests.length, 1, 'the younger one still waits');
    atOne.respond(atOne.requests[0] ?? 0, 'one');
    await until(() => atOther.requests.length === 2, 'then the younger one is sent');
    atOther.respond(atOther.requests[1] ?? 0, 'younger');
    assert.deepEqual(await Promise.all([reply, busy, younger].map((each) => text(each))), ['one', 'busy', 'younger']);
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
});
