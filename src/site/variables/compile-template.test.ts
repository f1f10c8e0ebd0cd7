// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is how nginx writes a variable
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PlanError } from '../compile-context.ts';
import type { SiteRequest } from '../site-request.ts';
import { compileTemplate } from './compile-template.ts';

const values: Readonly<Record<string, string | undefined>> = { a: 'A', b_2: 'B', none: undefined };

function evaluate(source: string): string {
  const template = compileTemplate(source, (name) => {
    if (!(name in values)) throw new PlanError(`unknown "${name}" variable`);
    return () => values[name];
  });
  return template.evaluate({ captures: ['whole', 'one', undefined] } as unknown as SiteRequest);
}

describe('compileTemplate', () => {
  it('puts variables and captures in their places', () => {
    const cases: [string, string][] = [
      ['', ''],
      ['text', 'text'],
      ['$a', 'A'],
      ['x$a', 'xA'],
      ['$a-', 'A-'],
      ['$a$b_2', 'AB'],
      ['<$a>', '<A>'],
      ['${a}b$none$a/${b_2}', 'AbA/B'],
      ['$1$2$3$10', 'oneone0'],
      ['{$a}', '{A}'],
    ];
    for (const [source, wanted] of cases) assert.equal(evaluate(source), wanted, source);
  });

  it('says of a text without variables that it is constant, in the bytes of the wire', () => {
    const template = compileTemplate('é ✓', () => assert.fail());
    assert.equal(template.constant, Buffer.from('é ✓').toString('latin1'));
    assert.equal(compileTemplate('$1', () => assert.fail()).constant, undefined);
    assert.equal(evaluate('$aé'), 'A\xc3\xa9');
  });

  it('refuses what nginx refuses, in its words', () => {
    const cases: [string, string][] = [
      ['a$', 'invalid variable name'],
      ['$-', 'invalid variable name'],
      ['${', 'invalid variable name'],
      ['${}', 'invalid variable name'],
      ['$$a', 'invalid variable name'],
      ['${a', 'the closing bracket in "a" variable is missing'],
      ['${a-}', 'the closing bracket in "a" variable is missing'],
      ['${-', 'the closing bracket in "" variable is missing'],
      ['$0', 'unknown "0" variable'],
      ['${1}', 'unknown "1" variable'],
    ];
    for (const [source, message] of cases) assert.throws(() => evaluate(source), new PlanError(message), source);
  });
});
