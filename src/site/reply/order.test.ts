import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { contentOf, pieces, replyStage, stageContext, textReply } from '../../../test/support/reply-stage.ts';
import type { Reply } from '../../core/reply.ts';
import type { ReplySettings, Settings } from '../../plan/settings.ts';
import { createReplyFilters } from './order.ts';

const bare: ReplySettings = {
  headers: [],
  trailers: [],
  expires: undefined,
  compression: undefined,
  gunzip: false,
  charset: undefined,
  substitution: undefined,
  addition: undefined,
};

const settings = (more: Partial<Settings>): Settings =>
  ({ ...bare, content: { kind: 'files' }, serverHeader: { kind: 'name' }, ...more }) as Settings;

describe('createReplyFilters', () => {
  it('leaves out what is not used', () => {
    const filters = createReplyFilters(settings({}), stageContext, '1.2.3');
    assert.equal(filters.length, 1);
    const reply = textReply('x');
    for (const filter of filters) assert.equal(filter(replyStage().request, reply), reply);
  });

  it('does all in an order in which they fit together', async () => {
    const filters = createReplyFilters(
      settings({
        headers: [{ name: 'ETag', value: '"mine"', always: false }],
        expires: { kind: 'epoch' },
        addition: { before: '/before', after: undefined, types: ['text/html'] },
        substitution: {
          replacements: [{ from: 'name', to: 'Иван' }],
          once: false,
          keepsLastModified: true,
          types: ['text/html'],
        },
        charset: { charset: 'koi8-r', source: 'utf-8', override: false, types: ['text/html'] },
        compression: {
          encodings: [{ encoding: 'gzip', level: 1 }],
          minLength: 0,
          types: ['text/html'],
          vary: true,
          proxied: ['off'],
          httpVersion: '1.1',
          disable: [],
        },
        content: { kind: 'app', app: 'main' },
      }),
      stageContext,
      '1.2.3',
    );
    const { request } = replyStage({
      headers: { 'accept-encoding': 'gzip' },
      subrequest: async () => textReply('name: '),
    });
    let reply: Reply = textReply(pieces('na', 'me!'), { 'cache-control': 'private', 'x-accel-buffering': 'no' });
    for (const filter of filters) reply = await filter(request, reply);
    const russian = Buffer.from([0xe9, 0xd7, 0xc1, 0xce]);
    const content = gunzipSync(await contentOf(reply));
    assert.deepEqual(content, Buffer.concat([russian, Buffer.from(': '), russian, Buffer.from('!')]));
    assert.deepEqual(Object.fromEntries(reply.headers), {
      'cache-control': 'no-cache',
      'content-encoding': 'gzip',
      'content-type': 'text/html; charset=koi8-r',
      etag: 'W/"mine"',
      expires: 'Thu, 01 Jan 1970 00:00:01 GMT',
      vary: 'Accept-Encoding',
    });
  });
});
