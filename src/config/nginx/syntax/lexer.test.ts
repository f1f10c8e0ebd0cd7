import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Diagnostic } from '../../diagnostic.ts';
import { Lexer } from './lexer.ts';

function lex(text: string): { readonly lines: readonly string[]; readonly diagnostics: readonly Diagnostic[] } {
  const diagnostics: Diagnostic[] = [];
  const lexer = new Lexer({ file: 'a.conf', text }, (diagnostic) => diagnostics.push(diagnostic));
  const lines: string[] = [];
  for (;;) {
    const statement = lexer.next();
    if (statement.kind === 'end') return { lines, diagnostics };
    lines.push(
      statement.kind === 'directive'
        ? `${statement.words.map(({ text: word }) => `<${word}>`).join('')}${statement.opensBlock ? '{' : ';'}`
        : '}',
    );
  }
}

describe('Lexer', () => {
  // § stands for the dollar sign: the linter takes it for a mistake in a plain string.
  const cases: readonly (readonly [text: string, ...lines: string[]])[] = [
    ['a b;', '<a><b>;'],
    ['a{b;}', '<a>{', '<b>;', '}'],
    ['a "b c" \'d e\';', '<a><b c><d e>;'],
    ['a "b \\" c" \'d \\\' e\';', '<a><b " c><d \' e>;'],
    ['a \\t\\r\\n\\\\;', '<a><\t\r\n\\>;'],
    ['a \\d\\.\\;\\ \\{b;', '<a><\\d\\.\\;\\ \\{b>;'],
    ['a b"c d;', '<a><b"c><d>;'],
    ['a §{b}c §d{', '<a><§{b}c><§d>{'],
    ['a b§{{c;', '<a><b§{{c>;'],
    ['a "§{b}{;}";', '<a><§{b}{;}>;'],
    ['a#b #c;\nd;', '<a#b><d>;'],
    ['a "b#c";', '<a><b#c>;'],
    ['a "b";', '<a><b>;'],
    ['a ("b");', '<a><("b")>;'],
    ['a "b")c;', '<a><b><)c>;'],
    ['a "";', '<a><>;'],
    ['a "b\nc" d\r\n\te;', '<a><b\nc><d><e>;'],
  ];
  for (const [text, ...lines] of cases.map((each) => each.map((part) => part.replaceAll('§', '$')))) {
    it(`reads ${JSON.stringify(text)}`, () => assert.deepEqual(lex(text!), { lines, diagnostics: [] }));
  }

  it('knows where each word begins, and on which line a directive ends', () => {
    const lexer = new Lexer({ file: 'a.conf', text: '\n  a "b\nc" d # e\n ;f;' }, ({ message }) =>
      assert.fail(message),
    );
    const statement = lexer.next();
    assert.ok(statement.kind === 'directive');
    assert.deepEqual(
      statement.words.map(({ text, isQuoted, at }) => [text, isQuoted, at.line, at.column]),
      [
        ['a', false, 2, 3],
        ['b\nc', true, 2, 5],
        ['d', false, 3, 4],
      ],
    );
    assert.equal(statement.endLine, 4);
    const next = lexer.next();
    assert.ok(next.kind === 'directive');
    assert.deepEqual(next.words[0]?.at, { file: 'a.conf', line: 4, column: 3 });
  });

  it('goes on after what nginx stops at', () => {
    const { lines, diagnostics } = lex('a; ; "b"c; d } e;');
    assert.deepEqual(lines, ['<a>;', '<b><c>;', '}', '<e>;']);
    assert.deepEqual(
      diagnostics.map(({ message, at }) => [message, at?.column]),
      [
        ['unexpected ";"', 4],
        ['unexpected "c"', 9],
        ['unexpected "}"', 14],
      ],
    );
  });

  it('says which quote is not closed', () => {
    const { diagnostics } = lex("a;\nb 'c;\n");
    assert.deepEqual(
      diagnostics.map(({ message, hint, nginxLine }) => ({ message, hint, nginxLine })),
      [
        {
          message: 'unexpected end of file, expecting ";" or "}"',
          hint: 'the quote of line 2, column 3 is not closed',
          nginxLine: 3,
        },
      ],
    );
  });

  it('says after which word a semicolon is missing', () => {
    assert.equal(lex('a b\n}').diagnostics[0]?.hint, 'a ";" is missing after "b" of line 1');
  });
});
