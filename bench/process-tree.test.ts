import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { cpuTimeUs, memoryBytes, parseProcessStat, readTree, selectTree } from './process-tree.ts';

const rest = '4194304 100 0 0 0 30 12 5 3 20 0 1 0 129379 3133440 390';

describe('parseProcessStat', () => {
  it('adds user and system time of the process and of its exited children, and knows a process that ended', () => {
    assert.deepEqual(parseProcessStat(`77 (python) S 70 68 60 0 -1 ${rest}\n`), {
      pid: 77,
      parent: 70,
      session: 60,
      cpuTicks: 50,
      ended: false,
    });
    assert.equal(parseProcessStat(`77 (python) Z 70 68 60 0 -1 ${rest}\n`).ended, true);
  });

  it('finds the fields after a name with spaces and parentheses', () => {
    const stat = parseProcessStat(`77 (a) S 1 (b c) R 70 68 60 0 -1 ${rest}\n`);
    assert.deepEqual([stat.parent, stat.session, stat.cpuTicks], [70, 60, 50]);
  });

  it('refuses what is not a stat line', () => {
    for (const text of ['', '77 (python', '77 (python) S 70', `x (python) S 70 68 60 0 -1 ${rest}`]) {
      assert.throws(() => parseProcessStat(text), /Cannot read process statistics/);
    }
  });
});

describe('selectTree', () => {
  const stat = (pid: number, parent: number, session: number) => ({ pid, parent, session, cpuTicks: 1, ended: false });

  it('takes descendants in any order, in a session of their own too', () => {
    const all = [stat(5, 4, 4), stat(4, 3, 4), stat(3, 2, 2), stat(2, 1, 2), stat(9, 1, 9)];
    const pids = selectTree(2, all).map(({ pid }) => pid);
    assert.deepEqual(
      pids.sort((a, b) => a - b),
      [2, 3, 4, 5],
    );
  });

  it('takes members of the session whose parent is gone', () => {
    assert.deepEqual(
      selectTree(2, [stat(1, 0, 1), stat(7, 1, 2)]).map(({ pid }) => pid),
      [7],
    );
  });
});

describe('readTree', () => {
  it('counts the CPU time of exited grandchildren and the memory of living ones', async () => {
    const burn = 'const end = process.cpuUsage().user + 1e5; while (process.cpuUsage().user < end);';
    const script = `
      require('node:child_process').execFileSync(process.execPath, ['-e', ${JSON.stringify(burn)}]);
      console.log('burnt');
      process.stdin.resume();`;
    const child = spawn(process.execPath, ['-e', script], { detached: true, stdio: ['pipe', 'pipe', 'inherit'] });
    assert.ok(child.pid);
    await once(child.stdout, 'data');
    const tree = readTree(child.pid);
    assert.deepEqual(
      tree.map(({ pid }) => pid),
      [child.pid],
    );
    assert.ok(cpuTimeUs(tree) >= 1e5, `${cpuTimeUs(tree)} µs`);
    assert.ok(memoryBytes(tree) > 4e6, `${memoryBytes(tree)} bytes`);
    child.stdin.end();
    await once(child, 'exit');
    assert.deepEqual(readTree(child.pid), []);
  });
});
