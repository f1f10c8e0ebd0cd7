import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pieces, replyStage, stageContext, textReply } from '../../../test/support/reply-stage.ts';
import { HeaderList } from '../../core/headers.ts';
import type { Reply } from '../../core/reply.ts';
import type { AddedField } from '../../plan/settings.ts';
import { PlanError } from '../compile-context.ts';
import { createAddedFields, createAddedTrailers, createServerHeader } from './headers.ts';

function add(fields: readonly AddedField[], reply: Reply, variables: Record<string, string> = {}): Reply {
  const filter = createAddedFields(fields, stageContext);
  assert.ok(filter);
  return filter(replyStage({ variables }).request, reply) as Reply;
}

const field = (name: string, value: string, always = false): AddedField => ({ name, value, always });

describe('createAddedFields', () => {
  it('adds fields to plain statuses, and those with always to all', () => {
    const fields = [field('X-Frame-Options', 'DENY'), field('X-Always', 'yes', true)];
    for (const status of [200, 201, 204, 206, 301, 302, 303, 304, 307, 308]) {
      const { headers } = add(fields, textReply('', {}, status));
      assert.deepEqual([...headers.without('content-type')].flat(), ['x-frame-options', 'DENY', 'x-always', 'yes']);
    }
    for (const status of [400, 404, 500, 202]) {
      const { headers } = add(fields, textReply('', {}, status));
      assert.deepEqual([...headers.without('content-type')].flat(), ['x-always', 'yes']);
    }
  });

  it('evaluates variables for each answer, and adds nothing for an empty value', () => {
    const fields = [field('X-A', '$a'), field('X-B', 'b$b')];
    assert.deepEqual([...add(fields, textReply('', {}), { b: '1' }).headers].flat(), [
      'content-type',
      'text/html',
      'x-b',
      'b1',
    ]);
    assert.equal(createAddedFields([field('X-A', '')], stageContext), undefined);
    assert.equal(createAddedFields([], stageContext), undefined);
    const reply = textReply('');
    assert.equal(add([field('X-A', '$a')], reply), reply);
  });

  it('adds beside a field of the same name, and replaces etag and last-modified alone', () => {
    const own = { 'cache-control': 'private', etag: '"1"', 'last-modified': 'Mon, 01 Jan 2024 00:00:00 GMT' };
    const added = add(
      [field('Cache-Control', 'no-store'), field('ETag', '"2"'), field('Last-Modified', '')],
      textReply('', own),
    );
    assert.deepEqual(added.headers.getAll('cache-control'), ['private', 'no-store']);
    assert.deepEqual(added.headers.getAll('etag'), ['"2"']);
    assert.deepEqual(added.headers.getAll('last-modified'), []);
  });

  it('has certificates in one line', () => {
    const variables = { ssl_client_cert: 'BEGIN\n\tabc\n\tEND', ssl_client_raw_cert: 'BEGIN\nabc\nEND\n' };
    const fields = [field('X-A', '$ssl_client_cert'), field('X-B', '"$ssl_client_raw_cert"')];
    const { headers } = add(fields, textReply('', {}), variables);
    assert.deepEqual([headers.getAll('x-a'), headers.getAll('x-b')], [['BEGIN abc END'], ['"BEGIN abc END "']]);
    // As `set`, `map` and the like hand it on.
    const pem = '-----BEGIN CERTIFICATE-----\n\tabc\n\t-----END CERTIFICATE-----';
    const handedOn = add([field('X-A', '$set')], textReply('', {}), { set: pem });
    assert.deepEqual(handedOn.headers.getAll('x-a'), [pem.replaceAll('\n\t', ' ')]);
    for (const set of [`${pem}\r\nx-b: c`, `a ${pem}`, 'a\n\tb']) {
      assert.equal(add([field('X-A', '$set')], textReply('', {}), { set }).status, 500);
    }
    const other = add([field('X-A', '$ssl_client_certificate')], textReply('', {}), { ssl_client_certificate: 'a\nb' });
    assert.equal(other.status, 500);
  });

  it('264: answers 500 in place of a value that would break the message, and tells it', async () => {
    for (const value of ['/x\r\nx-injected: 1', '/x\n', '/x\0']) {
      const filter = createAddedFields([field('X-Uri', '$uri')], stageContext);
      const { request, logged } = replyStage({ variables: { uri: value } });
      const body = pieces('a', 'b');
      const reply = await filter?.(request, textReply(body));
      assert.equal(reply?.status, 500);
      assert.equal(reply?.headers.has('x-uri'), false);
      assert.match(logged[0] ?? '', /^error: .*x-uri/);
      assert.equal((await body.next()).done, true);
    }
  });

  it('refuses at load what cannot be a field, and what frames the message', () => {
    for (const bad of [
      field('X Y', 'a'),
      field('x', 'a\nb'),
      field('Content-Length', '5'),
      field('transfer-encoding', 'gzip'),
    ]) {
      assert.throws(() => createAddedFields([bad], stageContext), PlanError);
    }
  });
});

describe('createAddedTrailers', () => {
  const filter = createAddedTrailers([field('X-Sum', '$sum')], stageContext);

  it('adds trailers to those of the answer, for clients that take them', async () => {
    const { request } = replyStage({ headers: { te: 'trailers' }, variables: { sum: '7' } });
    const own = { ...textReply('abc', { 'content-length': '3' }), trailers: () => HeaderList.of([['x-own', '1']]) };
    const reply = await filter?.(request, own);
    assert.equal(reply?.headers.has('content-length'), false);
    assert.equal(reply?.body instanceof Uint8Array, false);
    assert.deepEqual([...(reply?.trailers?.() ?? [])].flat(), ['x-own', '1', 'x-sum', '7']);
  });

  it('leaves the answer alone for others', () => {
    const reply = textReply('abc');
    assert.equal(filter?.(replyStage({ variables: { sum: '7' } }).request, reply), reply);
  });

  it('leaves out trailers that would break the message', async () => {
    const { request, logged } = replyStage({ headers: { te: 'trailers' }, variables: { sum: 'a\r\nb' } });
    const reply = await filter?.(request, textReply('abc'));
    assert.deepEqual([...(reply?.trailers?.() ?? ['none'])], []);
    assert.equal(logged.length, 1);
  });
});

describe('createServerHeader', () => {
  const server = (
    serverHeader: Parameters<typeof createServerHeader>[0]['serverHeader'],
    reply = textReply(''),
  ): unknown =>
    (createServerHeader({ serverHeader }, '1.2.3')?.(replyStage().request, reply) as Reply | undefined)?.headers.get(
      'server',
    );

  it('names Galley with its version, or as the text says, where the answer has none', () => {
    assert.equal(server({ kind: 'full' }), 'galley/1.2.3');
    assert.equal(server({ kind: 'text', text: 'mine' }), 'mine');
    assert.equal(server({ kind: 'full' }, textReply('', { server: 'app' })), 'app');
    assert.equal(createServerHeader({ serverHeader: { kind: 'name' } }, '1.2.3'), undefined);
  });
});
