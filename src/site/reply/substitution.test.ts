import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contentOf, pieces, replyStage, stageContext, textReply } from '../../../test/support/reply-stage.ts';
import type { Reply } from '../../core/reply.ts';
import type { Substitution } from '../../plan/settings.ts';
import { substituting } from './substituting.ts';
import { createSubstitution } from './substitution.ts';

const plain: Substitution = {
  replacements: [{ from: '</head>', to: '<script></script></head>' }],
  once: true,
  keepsLastModified: false,
  types: ['text/html'],
};

function run(substitution: Partial<Substitution>, reply: Reply, variables: Record<string, string> = {}): Reply {
  const filter = createSubstitution({ ...plain, ...substitution }, stageContext);
  assert.ok(filter);
  return filter(replyStage({ variables }).request, reply) as Reply;
}

describe('createSubstitution', () => {
  it('replaces in content at hand, and in streams', async () => {
    const page = '<HEAD>é</Head><p></head>';
    for (const body of [page, pieces('<HEAD>', 'é</H', 'ead', '><p></head>')]) {
      const reply = run({}, textReply(body, { 'content-length': `${Buffer.byteLength(page)}` }));
      assert.equal((await contentOf(reply)).toString(), '<HEAD>é<script></script></head><p></head>');
      assert.equal(reply.headers.has('content-length'), false);
    }
  });

  it('evaluates both sides for each answer', async () => {
    const replacements = [{ from: '@$name@', to: '$value' }];
    const reply = run({ replacements, once: false }, textReply('@a@ @b@ @A@'), { name: 'a', value: 'é' });
    assert.equal((await contentOf(reply)).toString('latin1'), 'é @b@ é');
  });

  it('takes away what no longer holds, unless told to keep it', () => {
    const fields = { 'last-modified': 'Sat, 21 Nov 2026 18:00:00 GMT', etag: '"1"', 'accept-ranges': 'bytes' };
    assert.deepEqual([...run({}, textReply('x', fields)).headers].flat(), ['content-type', 'text/html']);
    const kept = run({ keepsLastModified: true }, textReply('x', fields)).headers;
    assert.deepEqual([kept.has('last-modified'), kept.get('etag')], [true, 'W/"1"']);
  });

  it('breaks, and stops its source, where a replacement fails', async () => {
    const filter = createSubstitution(plain, {
      ...stageContext,
      template: (text) => ({
        constant: undefined,
        evaluate: () => (text.includes('script') ? assert.fail('no such value') : text),
      }),
    });
    assert.ok(filter);
    const body = pieces('</head>', 'more');
    const reply = filter(replyStage().request, textReply(body)) as Reply;
    await assert.rejects(contentOf(reply), /no such value/);
    assert.equal((await body.next()).done, true);
  });

  it('answers HEAD with the fields of a GET', () => {
    const filter = createSubstitution(plain, stageContext);
    assert.ok(filter);
    const reply = filter(replyStage({ method: 'HEAD' }).request, textReply('', { 'content-length': '7' })) as Reply;
    assert.equal(reply.headers.has('content-length'), false);
    assert.deepEqual(reply.body, Buffer.alloc(0));
  });

  it('leaves alone other types, parts, and what is compressed', () => {
    const replies = [
      textReply('</head>', { 'content-type': 'text/css' }),
      textReply('</head>', {}, 206),
      textReply('</head>', { 'content-encoding': 'gzip' }),
    ];
    for (const reply of replies) assert.equal(run({}, reply), reply);
    assert.equal(createSubstitution({ ...plain, replacements: [] }, stageContext), undefined);
  });
});

describe('substituting', () => {
  const replaced = (
    text: string,
    size: number,
    pairs: readonly (readonly [string, string])[],
    once = false,
  ): string => {
    const transform = substituting(
      pairs.map(([from, to]) => ({ from, to: () => to })),
      once,
    );
    let result = '';
    for (let at = 0; at < text.length; at += size) {
      result += Buffer.from(transform.push(Buffer.from(text.slice(at, at + size), 'latin1'))).toString('latin1');
    }
    return result + Buffer.from(transform.end()).toString('latin1');
  };

  it('gives the same for pieces of any size', () => {
    const rows: [string, readonly (readonly [string, string])[], boolean, string][] = [
      ['aaab', [['aab', 'X']], false, 'aX'],
      ['abcabd', [['abd', 'X']], false, 'abcX'],
      [
        'abcd bc',
        [
          ['abcd', '1'],
          ['bc', '2'],
        ],
        false,
        '1 2',
      ],
      [
        'abce bc',
        [
          ['abcd', '1'],
          ['bc', '2'],
        ],
        false,
        'a2e 2',
      ],
      [
        'one two one two',
        [
          ['one', '1'],
          ['two', '2'],
        ],
        true,
        '1 2 one two',
      ],
      [
        'ABC.b+c.',
        [
          ['b+C', 'x'],
          ['.', '!'],
        ],
        false,
        'ABC!x!',
      ],
      ['\xc9\xe9', [['\xe9', 'x']], false, '\xc9x'],
      ['ab', [['abc', 'x']], false, 'ab'],
      ['xx', [['', 'y']], false, 'xx'],
      ['aaaa', [['aa', 'a']], false, 'aa'],
      ['a$b', [['$', '$&']], false, 'a$&b'],
    ];
    for (const [text, pairs, once, result] of rows) {
      for (let size = 1; size <= text.length; size++)
        assert.equal(replaced(text, size, pairs, once), result, `${text} by ${size}`);
    }
  });

  it('holds back no more than may be the beginning of a text', () => {
    const transform = substituting([{ from: '</body>', to: () => 'x' }], false);
    assert.equal(Buffer.from(transform.push(Buffer.from('data: 1\n\n'))).toString(), 'data: 1\n\n');
    assert.equal(Buffer.from(transform.push(Buffer.from('a </bo'))).toString(), 'a ');
    assert.equal(Buffer.from(transform.push(Buffer.from('ld>'))).toString(), '</bold>');
  });

  it('lets pieces through as they are once there is nothing more to replace', () => {
    const transform = substituting([{ from: 'a', to: () => 'b' }], true);
    transform.push(Buffer.from('a'));
    const piece = Buffer.from('aaa');
    assert.equal(transform.push(piece), piece);
  });
});
