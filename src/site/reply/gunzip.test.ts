import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { contentOf, pieces, replyStage, stageContext, textReply } from '../../../test/support/reply-stage.ts';
import { createCompression } from './compress.ts';
import { createGunzip } from './gunzip.ts';

const packed = gzipSync('some text');
const fields = { 'content-encoding': 'gzip', etag: '"1"', 'content-length': `${packed.length}` };
const filter = createGunzip(true);

describe('createGunzip', () => {
  it('unpacks for clients that do not take gzip, at hand and streamed', async () => {
    for (const body of [packed, pieces(packed.subarray(0, 15), packed.subarray(15))]) {
      const reply = await filter?.(
        replyStage({ headers: { 'accept-encoding': 'br' } }).request,
        textReply(body, fields),
      );
      assert.ok(reply);
      assert.deepEqual([...reply.headers].flat(), [
        'content-type',
        'text/html',
        'etag',
        'W/"1"',
        'vary',
        'Accept-Encoding',
      ]);
      assert.equal((await contentOf(reply)).toString(), 'some text');
    }
  });

  it('leaves it as it is for those that do, and tells caches of the choice', async () => {
    const own = textReply(packed, fields);
    const reply = await filter?.(replyStage({ headers: { 'accept-encoding': 'gzip' } }).request, own);
    assert.equal(reply?.body, packed);
    assert.equal(reply?.headers.get('content-encoding'), 'gzip');
    assert.equal(reply?.headers.get('vary'), 'Accept-Encoding');
  });

  it('leaves alone what is not gzip, and what has no content', () => {
    const { request } = replyStage();
    for (const reply of [
      textReply('text'),
      textReply('text', { 'content-encoding': 'br' }),
      textReply('', fields, 304),
    ]) {
      assert.equal(filter?.(request, reply), reply);
    }
    assert.equal(createGunzip(false), undefined);
  });

  it('answers HEAD with the fields of a GET', async () => {
    const reply = await filter?.(replyStage({ method: 'HEAD' }).request, textReply('', fields));
    assert.equal(reply?.headers.has('content-encoding'), false);
    assert.deepEqual(reply?.body, Buffer.alloc(0));
  });

  it('breaks the answer where the content is not what it says', async () => {
    const reply = await filter?.(replyStage().request, textReply('not gzip', fields));
    assert.ok(reply);
    await assert.rejects(contentOf(reply), { code: 'Z_DATA_ERROR' });
    const short = await filter?.(replyStage().request, textReply(packed.subarray(0, 20), fields));
    assert.ok(short);
    await assert.rejects(contentOf(short), { code: 'Z_BUF_ERROR' });
  });

  it('can be followed by another coding', async () => {
    const compression = {
      encodings: [{ encoding: 'br', level: 4 }],
      minLength: 0,
      types: ['*'],
      vary: true,
      proxied: ['off'],
      httpVersion: '1.1',
      disable: [],
    } as const;
    const { request } = replyStage({ headers: { 'accept-encoding': 'br' } });
    const text = await filter?.(request, textReply(packed, fields));
    assert.ok(text);
    const reply = await createCompression(compression, false, stageContext)?.(request, text);
    assert.equal(reply?.headers.get('content-encoding'), 'br');
    assert.deepEqual(reply?.headers.getAll('vary'), ['Accept-Encoding']);
  });
});
