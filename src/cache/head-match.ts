import type { CachePurgeRequest, StoredHead } from './cache-store.ts';

/** Whether two answers of a key are for the same requests. */
export function variesAlike({ vary: one }: StoredHead, { vary: other }: StoredHead): boolean {
  if (one.length !== other.length) return false;
  return one.every(([name, value], index) => name === other[index]?.[0] && value === other[index]?.[1]);
}

/** Whether a purge means an answer. */
export function isMeant(what: CachePurgeRequest, key: string, { tags }: Pick<StoredHead, 'tags'>): boolean {
  switch (what.kind) {
    case 'all':
      return true;
    case 'key':
      return key === what.value;
    case 'prefix':
      return key.startsWith(what.value);
    case 'tag':
      return tags.includes(what.value);
  }
}

/** About how many bytes of memory an answer takes beside its body. */
export function headCost(key: string, { headers, vary, tags }: StoredHead): number {
  let cost = 512 + key.length + headers.end - headers.start;
  for (const [name, value] of vary) cost += 64 + name.length + value.length;
  for (const tag of tags) cost += 16 + tag.length;
  return cost;
}
