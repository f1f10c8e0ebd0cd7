import { codeOnly } from './code-only.ts';
import { importsOf } from './imports.ts';
import { problemAt, problemsAt, type Rule, type SourceFile } from './source-file.ts';

/** A test that runs alone hides all the others. */
export const noOnly: Rule = (file) => {
  if (!isTest(file)) return [];
  return problemsAt(file, codeOnly(file.text), /\b(?:it|test|describe|suite)\.only\b|\bonly:\s*true\b/g, 'runs alone');
};

/** A test that is skipped says why: `{ skip: condition && 'reason' }` or `t.skip('reason')`. */
export const skipsHaveReasons: Rule = (file) => {
  if (!isTest(file)) return [];
  const withoutReason =
    /\b(?:it|test|describe|suite)\.(?:skip|todo)\b|\b(?:skip|todo):\s*true\b|\.(?:skip|todo)\(\s*\)/g;
  return problemsAt(file, codeOnly(file.text), withoutReason, 'give the reason as { skip: "reason" }');
};

/** Tests wait for what they wait for, never for a time; test/support/ has the means. */
export const noSleep: Rule = (file) => {
  if (!isTest(file)) return [];
  const imports = importsOf(file)
    .filter(({ specifier }) => specifier === 'node:timers/promises')
    .map(({ offset }) => problemAt(file, offset, 'await a condition with test/support/until.ts'));
  const sleep = /\bnew Promise\b[^;]{0,80}?\bsetTimeout\b/g;
  return [...imports, ...problemsAt(file, codeOnly(file.text), sleep, 'await a condition with test/support/until.ts')];
};

function isTest({ path }: SourceFile): boolean {
  if (!/\.[jt]s$/.test(path) || path.startsWith('test/support/')) return false;
  return path.startsWith('test/') || path.includes('.test.');
}
