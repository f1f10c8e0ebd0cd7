import { readFileSync } from 'node:fs';

/**
 * How many files this process and those that it starts may have open each: Node raises the soft limit to the hard one at
 * its start (getrlimit(2)).
 */
export function openFileLimit(): number {
  const limit = /^Max open files +(\d+|unlimited) /m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
  if (limit === undefined) throw new Error('Cannot read the limit of open files: /proc/self/limits does not say it');
  return limit === 'unlimited' ? Number.POSITIVE_INFINITY : Number(limit);
}
