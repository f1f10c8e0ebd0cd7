import type { Config } from '../config.ts';
import type { UserConfig } from '../schema/user-config.ts';
import type { ConfigProblem } from './conversion.ts';

/** Caches that would lose what another one keeps, and what is said of folders that there are not. */
export function checkCaches(user: UserConfig, config: Config): readonly ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const seen: { readonly name: string; readonly folder: string }[] = [];
  for (const { name, disk } of config.caches) {
    const path = ['caches', name];
    for (const option of ['maxSize', 'minFree', 'levels'] as const) {
      if (disk !== undefined || user.caches?.[name]?.[option] === undefined) continue;
      const message = `"${option}" means nothing: the cache "${name}" has no folder`;
      problems.push({ severity: 'warning', path: [...path, option], message, hint: 'add "folder"' });
    }
    if (disk === undefined) continue;
    const folder = disk.folder.replace(/\/*$/, '/');
    const other = seen.find((each) => folder.startsWith(each.folder) || each.folder.startsWith(folder));
    if (other !== undefined) {
      const message = `The cache "${other.name}" has the folder "${other.folder.replace(/\/$/, '')}": each needs one of its own`;
      problems.push({ severity: 'error', path: [...path, 'folder'], message });
    }
    seen.push({ name, folder });
  }
  return problems;
}
