import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileLength, fileNames, noConsole, noDefaultExport } from './file-shape.ts';
import { importDirections } from './import-directions.ts';
import { purity } from './purity.ts';
import { pythonImports } from './python-imports.ts';
import { type Rule, readSourceFiles } from './source-file.ts';
import { noOnly, noSleep, skipsHaveReasons } from './test-manners.ts';

const files = readSourceFiles();

function problems(rule: Rule): readonly string[] {
  return files.flatMap((file) => rule(file));
}

/** The modules of the standard library of the Python that runs the tests; undefined before Python 3.10, which cannot tell. */
function standardLibrary(): ReadonlySet<string> | undefined {
  const python = process.env['GALLEY_TEST_PYTHON'] ?? 'python3';
  const program = 'import sys; print(*getattr(sys, "stdlib_module_names", []))';
  const names = execFileSync(python, ['-c', program], { encoding: 'utf8' }).trim();
  return names === '' ? undefined : new Set(names.split(' '));
}

describe('The source', () => {
  const modules = standardLibrary();
  const rules: Readonly<Record<string, Rule>> = {
    'imports downward only': importDirections,
    'is pure in protocol/, http/ and core/': purity,
    'has files of at most 500 lines': fileLength,
    'has file names in one style': fileNames,
    'has no default exports': noDefaultExport,
    'writes to the console in cli/ only': noConsole,
    'has no test that runs alone': noOnly,
    'gives a reason for each skipped test': skipsHaveReasons,
    'waits for conditions in tests, not for time': noSleep,
  };

  it('is found', () => assert.ok(files.length > 100));

  for (const [title, rule] of Object.entries(rules)) it(title, () => assert.deepEqual(problems(rule), []));

  it(
    'needs no Python package in the worker',
    { skip: modules === undefined && 'Python before 3.10 does not list its standard library' },
    () => assert.deepEqual(problems(pythonImports(modules!)), []),
  );
});
