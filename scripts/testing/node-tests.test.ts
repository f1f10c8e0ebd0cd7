import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { runNodeTests } from './node-tests.ts';
import type { TestResult } from './test-result.ts';

describe('runNodeTests', () => {
  let root: string;
  let written: string;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'galley-node-tests-'));
    written = '';
    // Node marks the processes of its tests with this, and runs no tests inside one.
    delete process.env['NODE_TEST_CONTEXT'];
  });

  afterEach(() => rm(root, { recursive: true }));

  async function run(source: string, fileTimeoutMs = 20_000): Promise<readonly TestResult[]> {
    const imports = "import { after, before, describe, it } from 'node:test';\n";
    await writeFile(join(root, 'a.test.ts'), imports + source);
    const write = (text: string): void => {
      written += text;
    };
    return runNodeTests({ root, files: ['a.test.ts'], concurrency: 2, testTimeoutMs: 500, fileTimeoutMs, write });
  }

  it('gives every test with its titles, and what was skipped with the reason', async () => {
    const results = await run(`
      describe('A', () => {
        it('passes', () => {});
        describe('B', () => it('is skipped', { skip: 'no network' }, () => {}));
      });
      it('passes too', () => {});`);
    assert.deepEqual(results, [
      { name: 'a.test.ts › A › passes', outcome: 'passed', reason: '' },
      { name: 'a.test.ts › A › B › is skipped', outcome: 'skipped', reason: 'no network' },
      { name: 'a.test.ts › passes too', outcome: 'passed', reason: '' },
    ]);
    assert.match(written, /^✔ a\.test\.ts {2}3 {2}\d+\.\d s\n$/);
  });

  it('counts a failed test once and shows its error and what the file printed', async () => {
    const results = await run(`
      console.log('printed');
      describe('A', () => it('fails', () => { throw new TypeError('thrown'); }));`);
    assert.deepEqual(results, [{ name: 'a.test.ts › A › fails', outcome: 'failed', reason: '' }]);
    assert.match(written, /✖ a\.test\.ts {2}1 of 1 failed/);
    assert.match(written, /TypeError.*: thrown\n.*a\.test\.ts/s);
    assert.match(written, /printed/);
  });

  it('counts a hook that fails', async () => {
    const results = await run(`
      describe('A', () => {
        after(() => { throw new Error('in the hook'); });
        it('passes', () => {});
      });`);
    assert.deepEqual(
      results.map(({ name, outcome }) => [name, outcome]),
      [
        ['a.test.ts › A › passes', 'passed'],
        ['a.test.ts › A', 'failed'],
      ],
    );
  });

  it('ends a test that takes too long', async () => {
    const results = await run(`it('hangs', () => new Promise(() => setInterval(() => {}, 100)));`, 2_000);
    assert.deepEqual(results[0], { name: 'a.test.ts › hangs', outcome: 'failed', reason: '' });
    assert.match(written, /timed out after 500ms/);
  });

  it('ends a file that stays open', async () => {
    const results = await run(`it('passes', () => {}); setInterval(() => {}, 1_000);`, 1_000);
    assert.deepEqual(results, [
      { name: 'a.test.ts › passes', outcome: 'passed', reason: '' },
      { name: 'a.test.ts', outcome: 'failed', reason: 'did not end within 1 s: does something stay open?' },
    ]);
  });

  it('counts a file that cannot run and a file without tests as failed', async () => {
    assert.deepEqual((await run('process.exit(3);'))[0]?.outcome, 'failed');
    assert.deepEqual(await run(''), [{ name: 'a.test.ts', outcome: 'failed', reason: 'the file has no tests' }]);
  });
});
