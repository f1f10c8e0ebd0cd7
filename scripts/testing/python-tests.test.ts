import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { runPythonTests } from './python-tests.ts';

const python = process.env['GALLEY_TEST_PYTHON'] ?? 'python3';

describe('runPythonTests', () => {
  let root: string;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'galley-python-tests-'));
    await mkdir(join(root, 'tests'));
  });

  afterEach(() => rm(root, { recursive: true }));

  const run = async (body: string) => {
    await writeFile(join(root, 'tests/test_a.py'), `import os, unittest\nclass A(unittest.TestCase):\n${body}`);
    return runPythonTests(python, root, 'tests');
  };

  it('gives what passed, what failed, and what was skipped with the reason', async () => {
    const results = await run(`
    def test_passes(self): pass
    def test_fails(self): self.assertEqual(1, 2)
    def test_raises(self): raise ValueError
    @unittest.skip("no network")
    def test_is_skipped(self): pass
    @unittest.expectedFailure
    def test_is_expected_to_fail(self): self.fail()
    def test_parts(self):
        with self.subTest(part=1): self.fail()
`);
    assert.deepEqual(results, [
      { name: 'tests', outcome: 'passed', reason: '' },
      { name: 'tests', outcome: 'passed', reason: '' },
      { name: 'tests › test_a.A.test_fails', outcome: 'failed', reason: '' },
      { name: 'tests › test_a.A.test_parts (part=1)', outcome: 'failed', reason: '' },
      { name: 'tests › test_a.A.test_raises', outcome: 'failed', reason: '' },
      { name: 'tests › test_a.A.test_is_skipped', outcome: 'skipped', reason: 'no network' },
    ]);
  });

  it('finds a package of tests, which imports what lies beside it', async () => {
    await writeFile(join(root, 'tests/__init__.py'), '');
    await writeFile(join(root, 'beside.py'), '');
    const results = await run('    def test_imports(self):\n        import beside, tests.test_a\n');
    assert.deepEqual(results, [{ name: 'tests', outcome: 'passed', reason: '' }]);
  });

  it('fails where Python ends too early, a file cannot be imported, or there are no tests', async () => {
    assert.deepEqual(await run('    def test_ends(self): os._exit(5)\n'), [
      { name: 'tests', outcome: 'failed', reason: 'Python ended with code 5 before the end of the tests' },
    ]);
    assert.equal((await run('    broken\n'))[0]?.outcome, 'failed');
    assert.deepEqual(await run('    pass\n'), [
      { name: 'tests', outcome: 'failed', reason: 'the folder has no tests' },
    ]);
  });
});
