import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contentOf, pieces, replyStage, stageContext, textReply } from '../../../test/support/reply-stage.ts';
import { until } from '../../../test/support/until.ts';
import type { Reply } from '../../core/reply.ts';
import { takeAcceleratedFields } from './accelerated-fields.ts';
import { createRateLimit } from './limit-rate.ts';

/** A stage whose clock is `now`. */
function clock(): { now: number; stage: ReturnType<typeof replyStage> } {
  const time = { now: 5_000, stage: replyStage() };
  Object.assign(time.stage.request.services, { now: () => time.now });
  return time;
}

const limit = (limitRate: string | undefined, limitRateAfter?: string): ReturnType<typeof createRateLimit> =>
  createRateLimit({ limitRate, limitRateAfter }, stageContext);

const iterate = (reply: Reply): AsyncIterator<Uint8Array> =>
  (reply.body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();

describe('createRateLimit', () => {
  it('gives the first second at once, and the rest no faster than the rate', async () => {
    const time = clock();
    const reply = limit('1k')(time.stage.request, textReply(Buffer.alloc(3_000))) as Reply;
    assert.equal(reply.headers.get('content-length'), '3000');
    const body = iterate(reply);
    assert.equal((await body.next()).value.length, 1_024);
    let length = 0;
    const next = body.next().then(({ value }) => {
      length = value.length;
    });
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(length, 0);
    time.now += 500;
    await next;
    assert.equal(length, 512);
    time.now += 10_000;
    assert.equal((await body.next()).value.length, 3_000 - 1_024 - 512);
    assert.equal((await body.next()).done, true);
  });

  it('does not count what is free', async () => {
    const { stage } = clock();
    const reply = limit('1k', '10k')(stage.request, textReply(pieces(Buffer.alloc(30_000)))) as Reply;
    assert.equal((await iterate(reply).next()).value.length, 11 * 1_024);
    const short = textReply(Buffer.alloc(10_240));
    assert.equal(limit('1k', '10k')(stage.request, short), short);
  });

  it('leaves answers alone that have no limit, or no content', () => {
    const { stage } = clock();
    for (const rate of [undefined, '0', '$unknown']) {
      const reply = textReply('x');
      assert.equal(limit(rate)(stage.request, reply), reply);
    }
    const head = textReply('x');
    assert.equal(limit('1k')(replyStage({ method: 'HEAD' }).request, head), head);
    const empty = textReply('', {}, 304);
    assert.equal(limit('1k')(stage.request, empty), empty);
  });

  it('goes by the rate that was set for the request', async () => {
    const { stage } = clock();
    stage.request.limitRate = '2k';
    const reply = limit('1k')(stage.request, textReply(Buffer.alloc(5_000))) as Reply;
    assert.equal((await iterate(reply).next()).value.length, 2_048);
    stage.request.limitRate = '0';
    const free = textReply('x');
    assert.equal(limit('1k')(stage.request, free), free);
  });

  it('waits no more when the client has left, or the reader stops', async () => {
    for (const end of ['abort', 'return'] as const) {
      const { stage } = clock();
      const source = pieces(Buffer.alloc(1_000), 'more');
      const body = iterate(limit('100')(stage.request, textReply(source)) as Reply);
      await body.next();
      let failed = '';
      const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
      const before = timers();
      body.next().catch((error: Error) => {
        failed = error.message;
      });
      await new Promise((resolve) => setImmediate(resolve));
      assert.equal(timers(), before + 1);
      if (end === 'abort') stage.exchange.abort('client-closed');
      else void body.return?.();
      await until(() => failed !== '', 'the wait is over');
      assert.equal(timers(), before);
      assert.equal((await source.next()).done, true);
    }
  });
});

describe('takeAcceleratedFields', () => {
  it('takes what an app tells the server alone', async () => {
    const { request } = replyStage();
    const fields = {
      'x-accel-limit-rate': '1000',
      'x-accel-charset': 'koi8-r',
      'x-accel-buffering': 'no',
      'x-other': '1',
    };
    const reply = (await takeAcceleratedFields(request, textReply('x', fields))) as Reply;
    assert.deepEqual([...reply.headers].flat(), ['content-type', 'text/html; charset=koi8-r', 'x-other', '1']);
    assert.equal(request.limitRate, '1000');
    const plain = textReply('x');
    assert.equal(takeAcceleratedFields(request, plain), plain);
    assert.equal((await contentOf(reply)).toString(), 'x');
  });
});
