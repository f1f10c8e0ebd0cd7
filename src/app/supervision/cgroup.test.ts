import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { type CgroupLimits, oomKills, readCgroupLimits } from './cgroup.ts';

const MiB = 1024 * 1024;
const none: CgroupLimits = { memoryLimitBytes: undefined, memoryUsedBytes: undefined, cpus: undefined };

interface Example {
  readonly title: string;
  /** Of `/proc/self/cgroup`. */
  readonly groups: string;
  /** Texts by path below `/sys/fs/cgroup`. */
  readonly files: Readonly<Record<string, string | number>>;
  readonly limits: CgroupLimits;
  readonly kills: number | undefined;
}

const noLimit1 = '9223372036854771712';
const hybridGroups =
  '4:memory:/system.slice/site\n3:cpu,cpuacct:/system.slice\n1:name=systemd:/\n0::/system.slice/site';

const examples: readonly Example[] = [
  {
    title: 'version 2: a container',
    groups: '0::/',
    files: {
      'memory.max': 512 * MiB,
      'memory.current': 200 * MiB,
      'memory.stat': `anon 1\ninactive_anon 7\ninactive_file ${80 * MiB}\nactive_file 3`,
      'cpu.max': '150000 100000',
      'memory.events': 'low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\noom_group_kill 0',
    },
    limits: { memoryLimitBytes: 512 * MiB, memoryUsedBytes: 120 * MiB, cpus: 1.5 },
    kills: 2,
  },
  {
    title: 'version 2: the least limit on the way up, and what is used of that one',
    groups: '0::/system.slice/site/workers',
    files: {
      'system.slice/site/workers/memory.max': 'max',
      'system.slice/site/workers/memory.current': 100 * MiB,
      'system.slice/site/workers/cpu.max': '400000 100000',
      'system.slice/site/workers/memory.events': 'oom_kill 1',
      'system.slice/site/memory.max': 300 * MiB,
      'system.slice/site/memory.current': 250 * MiB,
      'system.slice/site/cpu.max': 'max 100000',
      'system.slice/memory.max': 800 * MiB,
      'system.slice/memory.current': 700 * MiB,
      'system.slice/cpu.max': '100000 50000',
      'system.slice/memory.events': 'oom_kill 9',
    },
    limits: { memoryLimitBytes: 300 * MiB, memoryUsedBytes: 250 * MiB, cpus: 2 },
    kills: 1,
  },
  {
    title: 'version 2: no limits',
    groups: '0::/user.slice',
    files: { 'user.slice/memory.max': 'max', 'user.slice/cpu.max': 'max 100000', 'user.slice/memory.current': MiB },
    limits: none,
    kills: undefined,
  },
  {
    title: 'version 2: a group outside the namespace',
    groups: '0::/../../other',
    files: { 'memory.max': 9 * MiB },
    limits: { ...none, memoryLimitBytes: 9 * MiB },
    kills: undefined,
  },
  {
    title: 'version 1: a container without a namespace, whose own groups cannot be seen',
    groups: '11:memory:/docker/4f1c\n7:cpu,cpuacct:/docker/4f1c\n1:name=systemd:/docker/4f1c',
    files: {
      'memory/memory.limit_in_bytes': 256 * MiB,
      'memory/memory.usage_in_bytes': 90 * MiB,
      'memory/memory.stat': `inactive_file 5\ntotal_inactive_file ${30 * MiB}`,
      'memory/memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 4',
      'cpu/cpu.cfs_quota_us': 50_000,
      'cpu/cpu.cfs_period_us': 100_000,
    },
    limits: { memoryLimitBytes: 256 * MiB, memoryUsedBytes: 60 * MiB, cpus: 0.5 },
    kills: 4,
  },
  {
    title: 'version 1: the least limit on the way up',
    groups: '5:cpuset:/x\n4:memory:/a/b\n2:cpu:/a',
    files: {
      'memory/a/b/memory.limit_in_bytes': 700 * MiB,
      'memory/a/b/memory.usage_in_bytes': 10 * MiB,
      'memory/a/b/memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 0',
      'memory/a/memory.limit_in_bytes': 600 * MiB,
      'memory/a/memory.usage_in_bytes': 20 * MiB,
      'memory/memory.limit_in_bytes': noLimit1,
      'memory/memory.oom_control': 'oom_kill 8',
      'cpu/a/cpu.cfs_quota_us': -1,
      'cpu/a/cpu.cfs_period_us': 100_000,
    },
    limits: { memoryLimitBytes: 600 * MiB, memoryUsedBytes: 20 * MiB, cpus: undefined },
    kills: 0,
  },
  {
    title: 'both: controllers of version 1, and version 2 without any',
    groups: hybridGroups,
    files: {
      'memory/system.slice/site/memory.limit_in_bytes': 64 * MiB,
      'memory/system.slice/site/memory.usage_in_bytes': 32 * MiB,
      'cpu/system.slice/cpu.cfs_quota_us': 300_000,
      'cpu/system.slice/cpu.cfs_period_us': 100_000,
      'unified/cgroup.controllers': '',
      'unified/system.slice/site/memory.max': MiB,
    },
    limits: { memoryLimitBytes: 64 * MiB, memoryUsedBytes: 32 * MiB, cpus: 3 },
    kills: undefined,
  },
  {
    title: 'both: a controller that version 2 has',
    groups: '4:cpu:/\n0::/site',
    files: {
      'unified/cgroup.controllers': 'memory',
      'unified/site/memory.max': 64 * MiB,
      'unified/site/memory.current': 32 * MiB,
      'unified/site/memory.events': 'oom_kill 1',
      'cpu/cpu.cfs_quota_us': 100_000,
      'cpu/cpu.cfs_period_us': 100_000,
    },
    limits: { memoryLimitBytes: 64 * MiB, memoryUsedBytes: 32 * MiB, cpus: 1 },
    kills: 1,
  },
];

describe('The control groups', () => {
  let root: string;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'galley-cgroup-'));
  });

  afterEach(() => rm(root, { recursive: true }));

  for (const { title, groups, files, limits, kills } of examples) {
    it(`are read of ${title}`, async () => {
      await write(root, 'proc/self/cgroup', `${groups}\n`);
      for (const [path, text] of Object.entries(files)) await write(root, `sys/fs/cgroup/${path}`, `${text}\n`);
      assert.deepEqual(readCgroupLimits(root), limits);
      assert.equal(oomKills(root), kills);
    });
  }

  it('set no limit where there are none', () => {
    assert.deepEqual(readCgroupLimits(root), none);
    assert.equal(oomKills(root), undefined);
  });

  it('are read of this machine', () => {
    for (const value of Object.values(readCgroupLimits())) assert.ok(value === undefined || value >= 0);
  });
});

async function write(root: string, path: string, text: string): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
}
