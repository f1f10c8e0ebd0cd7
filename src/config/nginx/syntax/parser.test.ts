import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { array, assert as check, constantFrom, letrec, oneof, option, property, record, string } from 'fast-check';
import type { Diagnostic } from '../../diagnostic.ts';
import { type DirectiveHandler, parseSource } from './parser.ts';

interface Node {
  readonly words: readonly string[];
  readonly block: readonly Node[] | undefined;
}

const keep: DirectiveHandler<undefined> = ({ words, opensBlock, endLine }, _, readBlock) => {
  const [name, ...args] = words;
  const block = opensBlock ? readBlock(undefined) : undefined;
  return name ? [{ name: name.text, args, block, at: name.at, endLine }] : [];
};

function parse(text: string): { readonly nodes: readonly Node[]; readonly diagnostics: readonly Diagnostic[] } {
  const diagnostics: Diagnostic[] = [];
  const report = (diagnostic: Diagnostic) => diagnostics.push(diagnostic);
  const directives = parseSource({ file: 'a.conf', text }, undefined, keep, report);
  return { nodes: directives.map(nodeOf), diagnostics };
}

function nodeOf({ name, args, block }: ReturnType<typeof parseSource>[number]): Node {
  return { words: [name, ...args.map(({ text }) => text)], block: block?.map(nodeOf) };
}

function print(nodes: readonly Node[]): string {
  return nodes
    .map(({ words, block }) => `${words.map(printWord).join(' ')}${block ? ` {\n${print(block)}}\n` : ';\n'}`)
    .join('');
}

function printWord(word: string): string {
  return /^[\w./$-]+$/.test(word) ? word : `"${word.replace(/["\\]/g, '\\$&')}"`;
}

const word = oneof(
  string({ unit: constantFrom(...'ab$ {};"\'\\\n\r\t#()tn') }),
  string({ unit: 'grapheme' }).filter((text) => !text.includes('\ufffd')),
);
const { nodes: anyNodes } = letrec<{ nodes: readonly Node[]; node: Node }>((tie) => ({
  nodes: array(tie('node'), { maxLength: 4 }),
  node: record(
    { words: array(word, { minLength: 1, maxLength: 4 }), block: option(tie('nodes'), { nil: undefined }) },
    { noNullPrototype: true },
  ),
}));

describe('parseSource', () => {
  it('reads what was printed as what it was', () => {
    check(
      property(anyNodes, (nodes) => {
        assert.deepEqual(parse(print(nodes)), { nodes, diagnostics: [] });
      }),
    );
  });

  it('throws for no text, and says of each that it cannot read why', () => {
    const text = oneof(string({ unit: constantFrom(...'ab $;{}"\'\\\n#)') }), string({ unit: 'binary' }));
    check(
      property(text, (each) => {
        const { nodes, diagnostics } = parse(each);
        if (diagnostics.length === 0) assert.deepEqual(parse(print(nodes)).nodes, nodes);
      }),
      { numRuns: 500 },
    );
  });

  it('reports an end of file in blocks once, with the block that is open', () => {
    const { diagnostics } = parse('a {\nb {\nc {\n}\n');
    assert.deepEqual(
      diagnostics.map(({ message, hint }) => [message, hint]),
      [['unexpected end of file, expecting "}"', 'the block "b" of line 2 is not closed']],
    );
  });

  it('stops at more blocks than anyone needs', () => {
    const { diagnostics } = parse('a{'.repeat(100_000));
    assert.deepEqual(
      diagnostics.map(({ message }) => message),
      ['too many blocks within blocks'],
    );
  });
});
