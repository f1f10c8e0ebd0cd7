import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, describe, it } from 'node:test';
import { AppFolder } from '../../test/support/app-folder.ts';
import {
  closeStages,
  type FrontStage,
  get,
  post,
  reply,
  type StageLimits,
  stage,
} from '../../test/support/front-stage.ts';
import { RawClient } from '../../test/support/raw-client.ts';
import { until } from '../../test/support/until.ts';
import { BodyStream } from '../core/body.ts';
import { type ErrorCode, PeerError } from '../core/errors.ts';
import { sendBufferSize } from '../core/limits.ts';
import type { Reply } from '../core/reply.ts';

afterEach(closeStages);

interface HoldingStage extends FrontStage {
  /** What the handler was asked for. */
  readonly targets: string[];
  readonly aborted: ErrorCode[];
  /** The body of the answer to /stream. */
  readonly body: BodyStream;
  /** Lets requests for /held have their answer. */
  release(): void;
}

async function holdingStage(limits: StageLimits = {}): Promise<HoldingStage> {
  const targets: string[] = [];
  const aborted: ErrorCode[] = [];
  const body = new BodyStream({ wanted() {}, taken() {}, cancelled() {} });
  const held = Promise.withResolvers<Reply>();
  const made = await stage((exchange) => {
    const { target } = exchange.request;
    targets.push(target);
    exchange.onAbort((reason) => {
      aborted.push(reason);
      if (target === '/stream') body.fail(new PeerError(reason, 'aborted'));
    });
    if (target === '/held') return held.promise;
    return reply(target === '/stream' ? body : target);
  }, limits);
  return { ...made, targets, aborted, body, release: () => held.resolve(reply('held')) };
}

describe('Front, when it closes', () => {
  it('answers a request that comes within the last call, be it the first on its connection, and says close', async () => {
    const { client, front } = await holdingStage();
    const kept = await client();
    kept.send(get('/before'));
    await kept.sees(/\/before$/);
    const fresh = await client();
    const closing = front.close(10_000, 10_000);
    kept.send(get('/kept'));
    fresh.send(get('/fresh'));
    assert.match(await kept.all(), /connection: close\r\n[\s\S]*\/kept$/);
    assert.match(await fresh.all(), /connection: close\r\n[\s\S]*\/fresh$/);
    assert.equal(await closing, 0);
  });

  it('ends connections without a request after the last call, in order, and soon those whose client does not', async () => {
    const { client, front } = await holdingStage();
    const kept = await client();
    kept.send(get('/before'));
    await kept.sees(/\/before$/);
    const fresh = await client();
    const before = performance.now();
    const closing = front.close(10_000, 100);
    await until(() => kept.ended && fresh.ended, 'both are ended');
    const tookMs = performance.now() - before;
    assert.ok(tookMs >= 100 && tookMs < 1_000, `it took ${tookMs} ms`);
    assert.equal(await closing, 0);
    assert.ok(performance.now() - before < 3_000);
  });

  it('gives one that was silent for longer before the stop the whole last call, too', async () => {
    const { client, front } = await holdingStage();
    const kept = await client();
    kept.send(get('/before'));
    await kept.sees(/\/before$/);
    const fresh = await client();
    const silentAt = front.coarseNow;
    await until(() => front.coarseNow - silentAt > 700, 'both were silent for longer than the last call');
    const stoppedAt = front.coarseNow;
    const closing = front.close(10_000, 600);
    await until(() => front.coarseNow > stoppedAt, 'the next sweep');
    kept.send(get('/kept'));
    fresh.send(get('/fresh'));
    assert.match(await kept.all(), /\/kept$/);
    assert.match(await fresh.all(), /\/fresh$/);
    assert.equal(await closing, 0);
  });

  it('closes what begins to listen meanwhile', async () => {
    await using folder = await AppFolder.with({});
    const { front } = await holdingStage();
    const path = folder.file('late.sock');
    const opening = front.listen({ kind: 'unix', path });
    await front.close(0);
    assert.deepEqual((await opening).bind, { kind: 'unix', path });
    const [error] = await once(connect(path), 'error');
    assert.equal(error.code, 'ECONNREFUSED');
  });

  it('accepts what waits to be accepted', async () => {
    const { front, port } = await holdingStage();
    const connecting = Array.from({ length: 50 }, () => RawClient.connect(port));
    // Connecting begins in the next tick, and is complete for the kernel at once.
    process.nextTick(() => void front.close(10_000, 1_000));
    const clients = await Promise.all(connecting);
    for (const connection of clients) connection.send(get('/late'));
    for (const connection of clients) assert.match(await connection.all(), /\/late$/);
    await assert.rejects(RawClient.connect(port));
  });

  it('goes on after an answer that had begun before, and gives that connection a last call of its own', async () => {
    const { client, front, body, targets } = await holdingStage();
    const connections = [await client(), await client()] as const;
    connections[0].send(get('/stream') + get('/behind'));
    await until(() => targets.length === 1, 'the stream has begun');
    const other = await holdingStage();
    const silent = await other.client();
    silent.send(get('/stream'));
    await silent.sees(/chunked/);
    const closing = [front.close(10_000, 20), other.front.close(10_000, 20)];
    await until(() => connections[1].ended, 'the last call is over');
    body.end();
    assert.match(
      await connections[0].all(),
      /\r\n0\r\n\r\nHTTP\/1\.1 200 OK\r\n[\s\S]*connection: close[\s\S]*\/behind$/,
    );
    other.body.end();
    assert.match(await silent.all(), /\r\n0\r\n\r\n$/);
    connections[1].destroy();
    assert.deepEqual(await Promise.all(closing), [0, 0]);
  });

  it('does not look at what is behind an answer that says close (RFC 9112 §9.6)', async () => {
    const { client, front, release, targets } = await holdingStage();
    const connection = await client();
    connection.send(get('/held') + get('/behind'));
    await until(() => targets.length === 1, 'the request is under way');
    const closing = front.close(10_000);
    release();
    assert.match(await connection.all(), /^HTTP\/1\.1 200 OK\r\n[\s\S]*connection: close\r\n[\s\S]*held$/);
    assert.deepEqual(targets, ['/held']);
    assert.equal(await closing, 0);
  });

  it('refuses with 503 what has no answer when the time is over', async () => {
    let refused = 0;
    const { client, front, targets, aborted, records, log } = await holdingStage({ refuseAll: () => refused++ });
    const held = await client();
    held.send(get('/held'));
    const halfHead = await client();
    halfHead.send('GET /half');
    const halfBody = await client();
    halfBody.send(post('Content-Length: 9', 'half'));
    const idle = await client();
    await until(() => targets.length === 1, 'a request is under way');
    const closing = front.close(100, 50);
    assert.equal(refused, 0);
    for (const connection of [held, halfHead, halfBody]) {
      assert.match(await connection.all(), /^HTTP\/1\.1 503 [\s\S]*connection: close\r\n[\s\S]*stopping/);
    }
    assert.equal(await idle.all(), '');
    assert.equal(await closing, 0);
    assert.equal(refused, 1);
    assert.deepEqual(aborted, ['shutting-down']);
    assert.deepEqual(targets, ['/held']);
    assert.deepEqual(
      records.map(({ status, complete }) => [status, complete]),
      [1, 2, 3].map(() => [503, true]),
    );
    assert.match(log.join(''), /3 requests had no answer after 100 ms and got 503/);
  });

  it('cuts answers that are under way when the time is over, and counts them', async () => {
    const { client, front, body, records } = await holdingStage();
    const connection = await client();
    connection.send(get('/stream'));
    body.push(Buffer.from('half'));
    await connection.sees(/half/);
    assert.equal(await front.close(1), 1);
    assert.doesNotMatch(await connection.all(), /\r\n0\r\n/);
    await until(() => records.length === 1, 'the record');
    assert.equal(records[0]?.complete, false);
  });

  it('gives the last answers a moment to leave, and counts those that do not', async () => {
    const size = sendBufferSize;
    const { client, front, records } = await stage(() => reply(Buffer.alloc(size, 'x')));
    const fast = await client();
    const slow = await client();
    for (const connection of [fast, slow]) {
      connection.socket.pause();
      connection.send(get('/').repeat(1_000));
    }
    let before = 0;
    await until(() => {
      const isStuck = records.length > 0 && records.length === before;
      before = records.length;
      return isStuck;
    }, 'nobody takes more');
    const closing = front.close(1);
    fast.socket.resume();
    const all = await fast.all();
    assert.equal(all.length - all.lastIndexOf('\r\n\r\n') - 4, size);
    assert.equal(await closing, 1);
  });
});
