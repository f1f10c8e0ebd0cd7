import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { closeStages, type FrontStage, get, reply, stage } from '../../test/support/front-stage.ts';
import type { RawClient } from '../../test/support/raw-client.ts';
import { until } from '../../test/support/until.ts';
import type { Reply } from '../core/reply.ts';

afterEach(closeStages);

/** A front with its most connections, each of which has had an answer. */
async function fullStage(count: number): Promise<FrontStage & { clients: RawClient[]; answer(reply: Reply): void }> {
  const held = Promise.withResolvers<Reply>();
  const made = await stage(({ request }) => (request.target === '/held' ? held.promise : reply(request.target)), {
    maxConnections: count,
  });
  const clients: RawClient[] = [];
  for (let index = 0; index < count; index++) {
    const connection = await made.client();
    connection.send(get('/first'));
    await connection.sees(/\/first$/);
    clients.push(connection);
  }
  await sweep(made);
  return { ...made, clients, answer: held.resolve };
}

/** Resolves when what happened before counts as past. */
async function sweep({ front }: FrontStage): Promise<void> {
  const now = performance.now();
  await until(() => front.coarseNow > now, 'the sweep');
}

describe('Front, at its most connections', () => {
  it('ends those that are idle the longest, and no others', async () => {
    const made = await fullStage(64);
    const { clients, client } = made;
    clients[0]!.send(get('/again'));
    await clients[0]!.sees(/\/again$/);
    await sweep(made);
    const newcomers = [];
    for (let index = 0; index < 10; index++) {
      const newcomer = await client();
      newcomer.send(get('/new'));
      await newcomer.sees(/\/new$/);
      newcomers.push(newcomer);
    }
    await until(() => clients.slice(1, 11).every((each) => each.ended), 'the longest idle ones are ended');
    assert.deepEqual(
      clients.filter((each) => each.ended),
      clients.slice(1, 11),
    );
    for (const each of [...clients.filter((one) => !one.ended), ...newcomers]) {
      each.send(get('/last'));
      await each.sees(/\/last$/);
    }
    assert.deepEqual(made.log, []);
  });

  it('refuses a new one only where none is idle, and says so once', async () => {
    const made = await fullStage(3);
    const { clients, client, log } = made;
    for (const each of clients) each.send(get('/held'));
    await sweep(made);
    const refused = [await client(), await client()];
    for (const each of refused) assert.equal(await each.all(), '');
    await until(() => log.length > 0, 'the log');
    assert.match(log.join(''), /warn +2 connections refused: 3 are open, and none of them is idle\n$/);
    made.answer(reply('held'));
    for (const each of clients) await each.sees(/held$/);
    await sweep(made);
    const accepted = await client();
    accepted.send(get('/new'));
    await accepted.sees(/\/new$/);
    await until(() => clients[0]!.ended, 'the longest idle one is ended');
    assert.equal(log.length, 1);
  });

  it('does not end a connection whose request has arrived and was not read yet', async () => {
    const made = await fullStage(2);
    const { clients, client } = made;
    const connecting = client();
    // Connecting begins in the next tick; the requests come right behind it.
    process.nextTick(() => {
      for (const each of clients) each.send(get('/second'));
    });
    const refused = await connecting;
    for (const each of clients) await each.sees(/\/second$/);
    assert.equal(await refused.all(), '');
  });

  it('has many idle connections for each request that the app may have', async () => {
    let underWay = 0;
    let most = 0;
    const { client } = await stage(async ({ request }) => {
      most = Math.max(most, ++underWay);
      await Promise.resolve();
      underWay--;
      return reply(request.target);
    });
    const idle: RawClient[] = [];
    for (let index = 0; index < 64; index++) {
      const connection = await client();
      connection.send(get('/first'));
      await connection.sees(/\/first$/);
      idle.push(connection);
    }
    assert.equal(underWay, 0);
    const busy = await client();
    busy.send(get('/busy'));
    await busy.sees(/\/busy$/);
    for (const each of idle) {
      each.send(get('/second'));
      await each.sees(/\/second$/);
    }
    assert.equal(most, 1);
  });
});
