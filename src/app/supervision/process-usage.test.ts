import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { AppFolder } from '../../../test/support/app-folder.ts';
import { residentBytes } from '../../../test/support/processes.ts';
import { testPython } from '../../../test/support/python.ts';
import { until } from '../../../test/support/until.ts';
import { cpuShare, readProcessUsage } from './process-usage.ts';

const MiB = 1024 * 1024;

describe('readProcessUsage', { skip: !existsSync('/proc/self/stat') && 'there is no /proc' }, () => {
  it('tells the memory and the CPU time of a process', () => {
    const usage = readProcessUsage(process.pid, 7)!;
    const { user, system } = process.cpuUsage();
    const kernels = residentBytes(process.pid);
    assert.ok(Math.abs(usage.rssBytes - kernels) < 16 * MiB, `${usage.rssBytes} and ${kernels}`);
    assert.ok(Math.abs(usage.cpuSeconds - (user + system) / 1e6) < 0.1, `${usage.cpuSeconds}`);
    assert.equal(usage.atMs, 7);
  });

  it('sees memory and CPU time grow', () => {
    const before = readProcessUsage(process.pid, 0)!;
    const block = Buffer.alloc(64 * MiB, 1);
    const from = process.cpuUsage();
    while (process.cpuUsage(from).user < 60_000) block.fill(2);
    const after = readProcessUsage(process.pid, 100)!;
    assert.ok(after.rssBytes - before.rssBytes > 32 * MiB);
    assert.ok(after.cpuSeconds - before.cpuSeconds >= 0.05);
  });

  it('reads a process whose name has spaces and parentheses', async () => {
    const name = 'a) S 1 (b';
    const program = `open('/proc/self/comm', 'w').write(${JSON.stringify(name)}); print(flush=True); input()`;
    const child = spawn(testPython(), ['-c', program]);
    try {
      await once(child.stdout, 'data');
      assert.match(readFileSync(`/proc/${child.pid}/stat`, 'latin1'), /\(a\) S 1 \(b\)/);
      const usage = readProcessUsage(child.pid!, 0)!;
      const kernels = residentBytes(child.pid!);
      assert.ok(Math.abs(usage.rssBytes - kernels) < MiB, `${usage.rssBytes} and ${kernels}`);
      assert.ok(usage.cpuSeconds < 5);
    } finally {
      await ended(child);
    }
  });

  it('has nothing of a process that is gone or a zombie', async () => {
    await using folder = await AppFolder.with({});
    const zombie = folder.file('zombie');
    const program = `import os, time
pid = os.fork()
if pid == 0: os._exit(0)
os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
with open(${JSON.stringify(zombie)}, 'w') as file: file.write(str(pid) + '.')
input()`;
    const child = spawn(testPython(), ['-c', program]);
    try {
      await until(() => existsSync(zombie) && readFileSync(zombie, 'utf8').endsWith('.'), 'the zombie');
      const pid = Number.parseInt(readFileSync(zombie, 'utf8'), 10);
      assert.match(readFileSync(`/proc/${pid}/stat`, 'latin1'), /\) Z /);
      assert.equal(readProcessUsage(pid, 0), undefined);
    } finally {
      await ended(child);
    }
    assert.equal(readProcessUsage(child.pid!, 0), undefined);
  });
});

describe('cpuShare', () => {
  const usage = { rssBytes: 0, cpuSeconds: 1, atMs: 1000 };
  it('is CPU time by time', () => assert.equal(cpuShare(usage, { ...usage, cpuSeconds: 1.25, atMs: 1500 }), 0.5));
  it('is above one where several threads run', () => {
    assert.equal(cpuShare(usage, { ...usage, cpuSeconds: 2, atMs: 1500 }), 2);
  });
  it('is nothing where no time went by', () => assert.equal(cpuShare(usage, { ...usage, cpuSeconds: 2 }), 0));
});

async function ended(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'close');
}
