import { readFileSync } from 'node:fs';
import { join } from 'node:path/posix';

/** What the control groups of this process allow it; undefined where they set no limit. */
export interface CgroupLimits {
  /** The least limit of the group and those around it. */
  readonly memoryLimitBytes: number | undefined;
  /** What is used of that limit, without what the kernel would give back first. */
  readonly memoryUsedBytes: number | undefined;
  /** CPU time in each second of time, such as 1.5. */
  readonly cpus: number | undefined;
}

/** Above it a limit of version 1 is none: it says so by the largest number of whole pages. */
const noLimitBytes = 2 ** 60;

/** Reads the limits, of version 2, version 1 or both side by side; `root` is where `proc` and `sys` are. */
export function readCgroupLimits(root = '/'): CgroupLimits {
  const memory = groupsOf('memory', root).flatMap((group) => group.memory() ?? []);
  const least = memory.reduce<MemoryLimit | undefined>((one, other) => {
    return one && one.limitBytes <= other.limitBytes ? one : other;
  }, undefined);
  const cpus = groupsOf('cpu', root).flatMap((group) => group.cpus() ?? []);
  return {
    memoryLimitBytes: least?.limitBytes,
    memoryUsedBytes: least?.usedBytes,
    cpus: cpus.length > 0 ? Math.min(...cpus) : undefined,
  };
}

/** How many processes of the group the kernel has killed since it was made, for want of memory; undefined where it does not count. */
export function oomKills(root = '/'): number | undefined {
  for (const group of groupsOf('memory', root)) {
    const count = group.oomKills();
    if (count !== undefined) return count;
  }
  return undefined;
}

interface MemoryLimit {
  readonly limitBytes: number;
  readonly usedBytes: number | undefined;
}

interface Group {
  memory(): MemoryLimit | undefined;
  cpus(): number | undefined;
  oomKills(): number | undefined;
}

/**
 * The group of this process for a controller and those around it, innermost first. In a container that has no cgroup namespace
 * the inner ones cannot be seen, and the outermost folder is the container's group.
 */
function groupsOf(controller: string, root: string): readonly Group[] {
  const lines = (read(join(root, 'proc/self/cgroup')) ?? '').split('\n').flatMap((line) => {
    const [, controllers = '', path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    return path === undefined ? [] : [{ controllers: controllers.split(','), path }];
  });
  const mounts = join(root, 'sys/fs/cgroup');
  const first = lines.find(({ controllers }) => controllers.includes(controller));
  if (first) return ancestry(first.path).map((path) => version1(join(mounts, controller, path)));
  const second = lines.find(({ controllers }) => controllers.includes(''));
  if (!second) return [];
  const unified = join(mounts, 'unified');
  const mount = read(join(unified, 'cgroup.controllers')) === undefined ? mounts : unified;
  return ancestry(second.path).map((path) => version2(join(mount, path)));
}

/** `/a/b`, `/a`, `/`. A group outside the namespace has a path that begins with `/..` and cannot be seen. */
function ancestry(path: string): readonly string[] {
  const parts = path.split('/').filter((part) => part !== '');
  if (parts.includes('..')) return ['/'];
  return [...parts.keys(), parts.length].reverse().map((count) => `/${parts.slice(0, count).join('/')}`);
}

function version2(folder: string): Group {
  return {
    memory: () => {
      const limitBytes = number(read(join(folder, 'memory.max')));
      if (limitBytes === undefined) return undefined;
      return { limitBytes, usedBytes: used(folder, 'memory.current', 'inactive_file') };
    },
    cpus: () => {
      const [quota, period] = (read(join(folder, 'cpu.max')) ?? '').split(' ');
      return quotient(number(quota), number(period));
    },
    oomKills: () => keyed(read(join(folder, 'memory.events')), 'oom_kill'),
  };
}

function version1(folder: string): Group {
  return {
    memory: () => {
      const limitBytes = number(read(join(folder, 'memory.limit_in_bytes')));
      if (limitBytes === undefined || limitBytes >= noLimitBytes) return undefined;
      return { limitBytes, usedBytes: used(folder, 'memory.usage_in_bytes', 'total_inactive_file') };
    },
    cpus: () => {
      const quota = number(read(join(folder, 'cpu.cfs_quota_us')));
      return quotient(quota, number(read(join(folder, 'cpu.cfs_period_us'))));
    },
    oomKills: () => keyed(read(join(folder, 'memory.oom_control')), 'oom_kill'),
  };
}

/** The working set, as Kubernetes computes it: pages of files that were not used lately count as free. */
function used(folder: string, file: string, inactiveKey: string): number | undefined {
  const usage = number(read(join(folder, file)));
  const inactive = keyed(read(join(folder, 'memory.stat')), inactiveKey) ?? 0;
  return usage === undefined ? undefined : Math.max(usage - inactive, 0);
}

function quotient(quota: number | undefined, period: number | undefined): number | undefined {
  return quota && period ? quota / period : undefined;
}

/** The number in a file; undefined for `max`, and for the -1 that means the same. */
function number(text: string | undefined): number | undefined {
  return /^\d+$/.test(text?.trim() ?? '') ? Number(text) : undefined;
}

/** The number behind a key in a file of lines `key number`. */
function keyed(text: string | undefined, key: string): number | undefined {
  const line = text?.split('\n').find((each) => each.startsWith(`${key} `));
  return number(line?.slice(key.length));
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}
