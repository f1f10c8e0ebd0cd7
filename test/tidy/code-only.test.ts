import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { codeOnly } from './code-only.ts';
import { readSourceFiles } from './source-file.ts';

describe('codeOnly', () => {
  // § stands for the dollar sign: the linter takes it for a mistake in a plain string.
  const cases: readonly (readonly [text: string, code: string])[] = [
    ['a // b\nc', 'a     \nc'],
    ['a /* b\nc */ d', 'a     \n     d'],
    ["f('it\\'s', \"b\")", 'f(\'     \', " ")'],
    ["'//' + a", "'  ' + a"],
    ['`a §{b + `c §{d}` } e` + f', '`  §{b + `  §{d}` }  ` + f'],
    ['`§{{ a: {} }}b` + c', '`§{{ a: {} }} ` + c'],
    ['`§5 \\` \\§{a}` + b', `\`${' '.repeat(11)}\` + b`],
    ['/[\'"`]/.test(a)', '/     /.test(a)'],
    ['a = b / c / d', 'a = b / c / d'],
    ['return /[/]x\\//g', 'return /      /g'],
  ];
  for (const [text, code] of cases.map((pair) => pair.map((each) => each.replaceAll('§', '$')))) {
    it(`blanks what is no code in ${JSON.stringify(text)}`, () => assert.equal(codeOnly(text!), code));
  }

  it('keeps the offsets and lines of every file, and leaves no quote open', () => {
    for (const { path, text } of readSourceFiles().filter((file) => file.path.endsWith('.ts'))) {
      const code = codeOnly(text);
      assert.equal(code.length, text.length, path);
      assert.equal(code.split('\n').length, text.split('\n').length, path);
      for (const quote of [/'/g, /"/g, /`/g]) assert.equal((code.match(quote)?.length ?? 0) % 2, 0, `${path} ${quote}`);
    }
  });
});
