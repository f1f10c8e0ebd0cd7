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
import type { Reply } from '../../core/reply.ts';
import type { Charset } from '../../plan/settings.ts';
import { PlanError } from '../compile-context.ts';
import { createCharset } from './charset.ts';

const plain: Charset = { charset: 'utf-8', source: undefined, override: false, types: ['text/html', 'text/plain'] };

function run(charset: Partial<Charset>, reply: Reply, options: StageOptions = {}): Reply {
  const filter = createCharset({ ...plain, ...charset }, stageContext);
  assert.ok(filter);
  return filter(replyStage(options).request, reply) as Reply;
}

const typeOf = (reply: Reply): string | undefined => reply.headers.get('content-type');

describe('createCharset', () => {
  it('names the charset of text', () => {
    assert.equal(typeOf(run({}, textReply('x'))), 'text/html; charset=utf-8');
    assert.equal(
      typeOf(run({ charset: '$cs' }, textReply('x'), { variables: { cs: 'koi8-r' } })),
      'text/html; charset=koi8-r',
    );
    assert.equal(typeOf(run({ charset: '$cs' }, textReply('x'))), 'text/html');
  });

  it('takes for off what is no name', () => {
    for (const cs of ['a b', 'utf-8; x=1', 'a\r\nx: y', '']) {
      assert.equal(typeOf(run({ charset: '$cs' }, textReply('x'), { variables: { cs } })), 'text/html', cs);
    }
    assert.throws(() => createCharset({ ...plain, charset: 'a b' }, stageContext), PlanError);
  });

  it('names none for redirects', () => {
    for (const status of [301, 302]) {
      assert.equal(typeOf(run({}, textReply('x', {}, status))), 'text/html');
      const own = textReply('x', { 'content-type': 'text/html; charset=koi8-r' }, status);
      assert.equal(typeOf(run({ override: true }, own)), 'text/html');
    }
    assert.equal(typeOf(run({}, textReply('x', {}, 303))), 'text/html; charset=utf-8');
  });

  it('leaves alone other types, what names one, and what has no type', () => {
    const replies = [
      textReply('x', { 'content-type': 'image/png' }),
      textReply('x', { 'content-type': 'text/html; charset=koi8-r' }),
    ];
    for (const reply of replies) assert.equal(run({}, reply), reply);
    const bare = { ...textReply('x'), headers: textReply('x').headers.without('content-type') };
    assert.equal(run({}, bare), bare);
    assert.equal(createCharset({ ...plain, charset: undefined }, stageContext), undefined);
    assert.equal(createCharset(undefined, stageContext), undefined);
  });

  it('recodes from the one that an answer names where it is told to', async () => {
    const russian = Buffer.from([0xf0, 0xd2]);
    const reply = run({ override: true }, textReply(russian, { 'content-type': 'text/html;charset="koi8-r"' }));
    assert.equal(typeOf(reply), 'text/html; charset=utf-8');
    assert.equal((await contentOf(reply)).toString(), 'Пр');
    const unknown = textReply('x', { 'content-type': 'text/html; charset=klingon' });
    assert.equal(run({ override: true }, unknown), unknown);
  });

  it('recodes, whole and piece by piece', async () => {
    const russian = Buffer.from([0xf0, 0xd2, 0xc9, 0xd7, 0xc5, 0xd4]);
    for (const body of [russian, pieces(russian.subarray(0, 2), russian.subarray(2))]) {
      const reply = run({ source: 'koi8-r' }, textReply(body, { 'content-length': '6', etag: '"1"' }));
      assert.equal((await contentOf(reply)).toString(), 'Привет');
      assert.equal(reply.headers.has('content-length'), false);
    }
    const utf8 = Buffer.from('Привет €');
    const back = run(
      { source: 'utf-8', charset: 'windows-1251' },
      textReply(pieces(utf8.subarray(0, 3), utf8.subarray(3))),
    );
    assert.deepEqual([...(await contentOf(back))], [0xcf, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2, 0x20, 0x88]);
    const latin = run({ source: 'iso-8859-1' }, textReply(Buffer.from([0x63, 0xe9, 0x80])));
    assert.deepEqual([...(await contentOf(latin))], [0x63, 0xc3, 0xa9, 0xc2, 0x80]);
    const lost = run({ source: 'utf-8', charset: 'koi8-r' }, textReply('a€'));
    assert.equal((await contentOf(lost)).toString('latin1'), 'a&#8364;');
  });

  it('does not recode what is in this charset, compressed or a part', () => {
    for (const reply of [textReply('x', { 'content-encoding': 'gzip' }), textReply('x', {}, 206)]) {
      assert.equal(run({ source: 'koi8-r' }, reply), reply);
    }
    const reply = textReply('x');
    assert.equal(run({ source: 'UTF-8' }, reply).body, reply.body);
  });

  it('refuses at load a charset that it does not know, and tells of one in a variable', () => {
    assert.throws(() => createCharset({ ...plain, source: 'klingon' }, stageContext), PlanError);
    assert.throws(() => createCharset({ ...plain, source: 'utf-8', charset: 'utf-16le' }, stageContext), PlanError);
    const filter = createCharset({ ...plain, source: '$from' }, stageContext);
    const { request, logged } = replyStage({ variables: { from: 'klingon' } });
    const reply = textReply('x');
    assert.ok(filter);
    assert.equal((filter(request, reply) as Reply).body, reply.body);
    assert.equal(logged.length, 1);
  });
});
