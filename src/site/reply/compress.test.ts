import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import {
  contentOf,
  pieces,
  replyStage,
  type StageOptions,
  stageContext,
  textReply,
} from '../../../test/support/reply-stage.ts';
import { HeaderList } from '../../core/headers.ts';
import type { Reply } from '../../core/reply.ts';
import type { Compression } from '../../plan/settings.ts';
import { createCompression } from './compress.ts';

const page = '<p>Some text that can be compressed.</p>\n'.repeat(50);

const plain: Compression = {
  encodings: [{ encoding: 'gzip', level: 1 }],
  minLength: 20,
  types: ['text/html', 'text/css'],
  vary: true,
  proxied: ['off'],
  httpVersion: '1.1',
  disable: [],
};

function compress(reply: Reply, options: StageOptions = {}, compression: Partial<Compression> = {}): Promise<Reply> {
  const filter = createCompression({ ...plain, ...compression }, false, stageContext);
  assert.ok(filter);
  const { request } = replyStage({ headers: { 'accept-encoding': 'gzip' }, ...options });
  return Promise.resolve(filter(request, reply));
}

const codingOf = ({ headers }: Reply): string | undefined => headers.get('content-encoding');

describe('createCompression', () => {
  it('compresses content that is at hand at once, with fields that tell of it', () => {
    const filter = createCompression(plain, false, stageContext);
    const { request } = replyStage({ headers: { 'accept-encoding': 'gzip' } });
    const fields = { 'content-length': `${page.length}`, etag: '"1"', 'accept-ranges': 'bytes' };
    const reply = filter?.(request, textReply(page, fields)) as Reply;
    assert.equal(reply instanceof Promise, false);
    assert.deepEqual([...reply.headers].flat(), [
      'content-type',
      'text/html',
      'etag',
      'W/"1"',
      'vary',
      'Accept-Encoding',
      'content-encoding',
      'gzip',
    ]);
    assert.equal(gunzipSync(reply.body as Uint8Array).toString(), page);
  });

  it('compresses long content elsewhere, and streams as they come', async () => {
    const long = page.repeat(500);
    assert.equal(gunzipSync(await contentOf(await compress(textReply(long)))).toString(), long);
    const streamed = await compress(textReply(pieces('one ', 'two ', 'three')));
    assert.equal(gunzipSync(await contentOf(streamed)).toString(), 'one two three');
  });

  it('compresses a short stream of known length in one go, and breaks where it is shorter', async () => {
    const whole = await compress(textReply(pieces(page, page), { 'content-length': `${2 * page.length}` }));
    assert.equal(gunzipSync(await contentOf(whole)).toString(), page + page);
    assert.equal(whole.headers.has('content-length'), false);
    for (const length of [page.length + 1, 10_000_000]) {
      const short = await compress(textReply(pieces(page), { 'content-length': `${length}` }));
      await assert.rejects(contentOf(short), { code: 'app-response-invalid' });
    }
    const long = await compress(textReply(pieces(page, page), { 'content-length': `${page.length}` }));
    assert.equal(gunzipSync(await contentOf(long)).toString(), page);
  });

  it('takes the coding that the client wants most, of those that it wants alike the first', async () => {
    const encodings = [
      { encoding: 'zstd', level: 3 },
      { encoding: 'br', level: 4 },
      { encoding: 'gzip', level: 1 },
    ] as const;
    const unpack = { zstd: zstdDecompressSync, br: brotliDecompressSync, gzip: gunzipSync };
    for (const [field, coding] of [
      ['gzip, br, zstd', 'zstd'],
      ['gzip, br', 'br'],
      ['gzip;q=1, br;q=0.5', 'gzip'],
      ['gzip;q=0, br;q=0, *', 'zstd'],
    ] as const) {
      for (const body of [page, pieces(page, page)]) {
        const reply = await compress(textReply(body), { headers: { 'accept-encoding': field } }, { encodings });
        assert.equal(codingOf(reply), coding, field);
        assert.ok(
          unpack[coding](await contentOf(reply))
            .toString()
            .startsWith(page),
        );
      }
    }
  });

  it('leaves alone what is not to be compressed, and says nothing of it', async () => {
    const long = { 'content-length': '19' };
    for (const [what, reply, options] of [
      ['another type', textReply(page, { 'content-type': 'image/png' }), {}],
      ['a short text', textReply('x'.repeat(19)), {}],
      ['a short stream', textReply(pieces('x'), long), {}],
      ['another status', textReply(page, {}, 500), {}],
      ['no content', textReply('', {}, 204), {}],
      ['a coding', textReply(page, { 'content-encoding': 'br' }), {}],
      ['no-transform', textReply(page, { 'cache-control': 'public, No-Transform' }), {}],
    ] as [string, Reply, StageOptions][]) {
      assert.equal(await compress(reply, options), reply, what);
    }
    const { request } = replyStage({ headers: { 'accept-encoding': 'gzip' } });
    const inner = (await request.services.subrequest(request, '/inner', '')).request;
    const reply = textReply(page);
    assert.equal(await createCompression(plain, false, stageContext)?.(inner, reply), reply);
    assert.equal(createCompression(undefined, false, stageContext), undefined);
  });

  it('answers HEAD with the fields of a GET', async () => {
    const fields = { 'content-length': '2000', etag: '"1"' };
    const reply = await compress(textReply('', fields), { method: 'HEAD' });
    assert.equal(codingOf(reply), 'gzip');
    assert.equal(reply.headers.has('content-length'), false);
    assert.equal((reply.body as Uint8Array).length, 0);
    const short = textReply('', { 'content-length': '19' });
    assert.equal(await compress(short, { method: 'HEAD' }), short);
  });

  it('compresses 403 and 404, other cases of the type, types with parameters, and any type for *', async () => {
    for (const status of [403, 404]) assert.equal(codingOf(await compress(textReply(page, {}, status))), 'gzip');
    assert.equal(codingOf(await compress(textReply(page, { 'content-type': 'Text/CSS; charset=utf-8' }))), 'gzip');
    assert.equal(codingOf(await compress(textReply(page, { 'content-type': 'x/y' }), {}, { types: ['*'] })), 'gzip');
  });

  it('tells caches of the choice also where nothing is compressed', async () => {
    for (const options of [
      { headers: {} },
      { version: '1.0' },
      { headers: { 'accept-encoding': 'gzip', via: '1.1 a' } },
    ] as StageOptions[]) {
      const reply = await compress(textReply(page, { vary: 'Cookie' }), options);
      assert.equal(codingOf(reply), undefined);
      assert.deepEqual(reply.headers.getAll('vary'), ['Cookie, Accept-Encoding']);
      assert.equal(await compress(reply, options, { vary: false }), reply);
    }
    for (const vary of ['*', 'origin, accept-encoding']) {
      assert.deepEqual((await compress(textReply(page, { vary }))).headers.getAll('vary'), [vary]);
    }
  });

  it('tells them so of a part and of what is the same as before (RFC 9110 §15.3.7, §15.4.5)', async () => {
    const part = { 'content-range': 'bytes 0-4/2000', 'content-length': '5' };
    for (const reply of [textReply('first', part, 206), textReply('', {}, 304)]) {
      const { headers, body } = await compress(reply);
      assert.deepEqual(
        [headers.get('vary'), headers.get('content-encoding'), body],
        ['Accept-Encoding', undefined, reply.body],
      );
      assert.equal(await compress(reply, {}, { vary: false }), reply);
    }
    const untyped = { ...textReply('', {}, 304), headers: HeaderList.of([['etag', '"1"']]) };
    assert.equal((await compress(untyped)).headers.get('vary'), 'Accept-Encoding');
    assert.equal(await compress(untyped, {}, { vary: false }), untyped);
    const ofFile = createCompression(plain, true, stageContext);
    assert.equal(ofFile?.(replyStage().request, untyped), untyped);
    const short = { 'content-range': 'bytes 0-4/19', 'content-length': '5' };
    for (const reply of [
      textReply('first', short, 206),
      textReply('first', { ...part, 'content-encoding': 'br' }, 206),
      textReply('', { 'content-type': 'image/png' }, 304),
    ]) {
      assert.equal(await compress(reply), reply);
    }
  });

  it('knows user agents that get nothing compressed, and clients of HTTP/1.0', async () => {
    const headers = { 'accept-encoding': 'gzip', 'user-agent': 'Mozilla/4.0 (compatible; MSIE 6.0)' };
    assert.equal(codingOf(await compress(textReply(page), { headers }, { disable: ['msie [4-6]\\.'] })), undefined);
    assert.equal(codingOf(await compress(textReply(page), {}, { disable: ['msie [4-6]\\.'] })), 'gzip');
    assert.equal(codingOf(await compress(textReply(page), { version: '1.0' }, { httpVersion: '1.0' })), 'gzip');
  });

  it('has the rules of gzip_proxied', async () => {
    const now = Date.parse('Sat, 21 Nov 2026 18:00:00 GMT');
    const past = { expires: 'Thu, 01 Jan 1970 00:00:01 GMT' };
    const future = { expires: 'Thu, 31 Dec 2037 23:55:55 GMT' };
    const rows: [Compression['proxied'], Record<string, string>, boolean, Record<string, string>?][] = [
      [['off'], {}, false],
      [['any'], past, true],
      [['expired'], past, true],
      [['expired'], future, false],
      [['expired'], { expires: 'soon' }, false],
      [['no-cache'], past, false],
      [['no-cache'], { 'cache-control': 'no-cache' }, true],
      [['no-store'], { 'cache-control': 'private, no-store' }, true],
      [['private'], { 'cache-control': 'private' }, true],
      [['no-cache', 'no-store', 'private'], { 'cache-control': 'max-age=5' }, false],
      [['private'], { 'cache-control': 'x-private' }, false],
      [['no_last_modified'], {}, true],
      [['no_last_modified'], { 'last-modified': 'Sat, 21 Nov 2026 17:00:00 GMT' }, false],
      [['no_etag'], { etag: '"1"' }, false],
      [['no_etag'], { 'last-modified': 'Sat, 21 Nov 2026 17:00:00 GMT' }, true],
      [['auth'], { 'cache-control': 'max-age=5' }, true, { authorization: 'Basic eA==' }],
      [['auth'], { 'cache-control': 'max-age=5' }, false],
    ];
    for (const [proxied, fields, isCompressed, more] of rows) {
      const headers = { 'accept-encoding': 'gzip', via: '1.1 proxy', ...more };
      const reply = await compress(textReply(page, fields), { headers, now }, { proxied });
      assert.equal(codingOf(reply), isCompressed ? 'gzip' : undefined, JSON.stringify([proxied, fields]));
    }
  });

  it('compresses content that is kept once', async () => {
    const filter = createCompression(plain, true, stageContext);
    const { request } = replyStage({ headers: { 'accept-encoding': 'gzip' } });
    for (const text of [page, page.repeat(500)]) {
      const reply = textReply(text);
      const both = await Promise.all([filter?.(request, reply), filter?.(request, reply)]);
      const third = filter?.(request, reply) as Reply;
      const fourth = filter?.(request, reply) as Reply;
      assert.equal(third.body, fourth.body);
      for (const each of [...both, third]) assert.equal(gunzipSync(each?.body as Uint8Array).toString(), text);
      const other = filter?.(request, textReply(text)) as Reply;
      assert.notEqual((await other).body, third.body);
    }
  });
});
