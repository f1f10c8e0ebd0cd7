import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { AppFolder } from '../../../test/support/app-folder.ts';
import { testPython } from '../../../test/support/python.ts';
import { until } from '../../../test/support/until.ts';
import { readStacks } from './stacks.ts';

const program = `
import faulthandler, signal, sys, threading, time

faulthandler.register(signal.SIGUSR1, file=open(sys.argv[1], 'a'), all_threads=True)

def deep(level):
    if level:
        deep(level - 1)
    else:
        time.sleep(60)

for _ in range(int(sys.argv[2])):
    threading.Thread(target=deep, args=(30,), daemon=True).start()
def spin():
    print('ready', flush=True)
    while True:
        pass
spin()
`;

describe('readStacks', () => {
  it('reads the stacks of all threads, again and again', async () => {
    await using folder = await AppFolder.with({ 'stacks.py': program });
    const path = folder.file('stacks');
    await using python = await started(folder, path, 50);
    for (let time = 1; time <= 3; time++) {
      python.child.kill('SIGUSR1');
      const stacks = await readStacks(path);
      assert.match(
        stacks ?? '',
        /Current thread 0x\w+.*\(most recent call first\):\n {2}File ".*stacks\.py", line \d+ in spin\n/,
      );
      assert.equal(stacks?.match(/hread 0x/g)?.length, 51);
      assert.equal(stacks.match(/ in deep$/gm)?.length, 50 * 31);
      assert.equal(await readFile(path, 'latin1'), '');
    }
  });

  it('waits while lines still come', async () => {
    await using folder = await AppFolder.with({ stacks: '' });
    const path = folder.file('stacks');
    const reading = readStacks(path);
    let written = '';
    const write = (): boolean => {
      const line = `Current thread ${written.length}\n`;
      appendFileSync(path, line);
      written += line;
      return written.length > 800;
    };
    await until(write, 'all lines');
    assert.equal(await reading, written);
  });

  it('waits a second for the end of a line', async () => {
    await using folder = await AppFolder.with({ stacks: 'Current thread 0x1' });
    const started = performance.now();
    assert.equal(await readStacks(folder.file('stacks')), 'Current thread 0x1');
    assert.ok(performance.now() - started >= 999);
  });

  it('has nothing where nothing comes within a second', async () => {
    await using folder = await AppFolder.with({ empty: '' });
    const started = performance.now();
    assert.deepEqual(await Promise.all([readStacks(folder.file('empty')), readStacks(folder.file('none'))]), [
      undefined,
      undefined,
    ]);
    assert.ok(performance.now() - started >= 999);
  });
});

async function started(
  folder: AppFolder,
  path: string,
  threads: number,
): Promise<AsyncDisposable & { readonly child: ChildProcess }> {
  const child = spawn(testPython(), [folder.file('stacks.py'), path, String(threads)]);
  const ended = once(child, 'close');
  await once(child.stdout, 'data');
  return {
    child,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
