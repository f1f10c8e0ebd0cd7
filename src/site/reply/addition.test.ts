import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  contentOf,
  pieces,
  replyStage,
  type StageOptions,
  stageContext,
  textReply,
} from '../../../test/support/reply-stage.ts';
import { BodyStream } from '../../core/body.ts';
import type { Reply } from '../../core/reply.ts';
import type { Addition } from '../../plan/settings.ts';
import { createAddition } from './addition.ts';

const both: Addition = { before: '/before?x=$x', after: '/after', types: ['text/html'] };

function run(reply: Reply, options: StageOptions = {}, addition = both): Reply {
  const filter = createAddition(addition, stageContext);
  assert.ok(filter);
  const subrequest = async (uri: string, args: string): Promise<Reply> => textReply(pieces(`[${uri} ${args}]`));
  return filter(replyStage({ subrequest, variables: { x: '1' }, ...options }).request, reply) as Reply;
}

describe('createAddition', () => {
  it('puts the answers of other paths around the content', async () => {
    for (const body of ['text', pieces('te', 'xt')]) {
      const reply = run(textReply(body, { 'content-length': '4', etag: '"1"', 'accept-ranges': 'bytes' }));
      assert.deepEqual([...reply.headers].flat(), ['content-type', 'text/html', 'etag', 'W/"1"']);
      assert.equal((await contentOf(reply)).toString(), '[/before x=1]text[/after ]');
    }
    const after = run(textReply('text'), {}, { ...both, before: undefined });
    assert.equal((await contentOf(after)).toString(), 'text[/after ]');
    assert.equal(createAddition({ ...both, before: undefined, after: undefined }, stageContext), undefined);
  });

  it('leaves alone other statuses and types, and what is compressed', () => {
    for (const reply of [
      textReply('x', {}, 404),
      textReply('x', { 'content-type': 'text/css' }),
      textReply('x', { 'content-encoding': 'gzip' }),
    ]) {
      assert.equal(run(reply), reply);
    }
  });

  it('answers HEAD with the fields of a GET', () => {
    const reply = run(textReply('', { 'content-length': '7' }), { method: 'HEAD' });
    assert.equal(reply.headers.has('content-length'), false);
    assert.deepEqual(reply.body, Buffer.alloc(0));
  });

  it('stops what it reads, and the content that it has not come to, where the reader stops', async () => {
    for (const read of [0, 1, 2]) {
      const told: string[] = [];
      const stream = (name: string): BodyStream => {
        const body = new BodyStream({ wanted: () => {}, taken: () => {}, cancelled: () => told.push(name) });
        body.push(Buffer.from(name));
        if (name === 'before' && read === 2) body.end();
        return body;
      };
      const reply = run(textReply(stream('main')), { subrequest: async (uri) => textReply(stream(uri.slice(1))) });
      const iterator = (reply.body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
      for (let count = 0; count < read; count++) await iterator.next();
      await iterator.return?.();
      assert.deepEqual(told.sort(), [['main'], ['before', 'main'], ['main']][read]);
      assert.equal((await iterator.next()).done, true);
    }
  });

  it('breaks, and stops the content, where the other answer fails', async () => {
    let isStopped = false;
    const stop = (): void => {
      isStopped = true;
    };
    const main = new BodyStream({ wanted: () => {}, taken: () => {}, cancelled: stop });
    const reply = run(textReply(main), { subrequest: () => Promise.reject(new Error('no way')) });
    await assert.rejects(contentOf(reply), /no way/);
    assert.equal(isStopped, true);
  });
});
