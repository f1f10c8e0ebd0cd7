import type { CachePurgeRequest } from '../../cache/cache-store.ts';
import { type ControlAnswer, type ControlBody, type Route, refused } from './control-answer.ts';
import type { ControlTarget } from './control-target.ts';

/** What the control socket tells of caches, and removes from them. */
export const cacheRoutes: Readonly<Record<string, Route>> = {
  '/caches': { method: 'GET', answer: async (target) => ({ status: 200, body: await target.caches() }) },
  '/purge': { method: 'POST', changes: true, answer: purge },
};

async function purge(target: ControlTarget, body: ControlBody): Promise<ControlAnswer> {
  const { cache } = body;
  const what = purgeRequest(body);
  if (typeof cache !== 'string' || !what) {
    return refused(
      400,
      '/purge takes {"cache": NAME} and one of "key": KEY, "prefix": PREFIX, "tag": TAG, "all": true',
    );
  }
  const removed = await target.purge(cache, what);
  if (removed === undefined) {
    const names = (await target.caches()).map(({ name }) => name);
    const which = names.length === 0 ? 'there is none' : `there is ${names.join(', ')}`;
    return refused(404, `There is no cache "${cache}": ${which}`);
  }
  const text = `Removed ${removed} ${removed === 1 ? 'entry' : 'entries'} from the cache "${cache}"`;
  return { status: 200, body: { ok: true, removed, text } };
}

function purgeRequest({ key, prefix, tag, all }: ControlBody): CachePurgeRequest | undefined {
  const given = Object.entries({ key, prefix, tag, all }).filter(([, value]) => value !== undefined);
  const [only] = given;
  if (!only || given.length > 1) return undefined;
  const [kind, value] = only;
  if (kind === 'all') return value === true ? { kind } : undefined;
  // Keys are latin-1 of bytes.
  const bytes = typeof value === 'string' ? Buffer.from(value).toString('latin1') : undefined;
  return bytes === undefined ? undefined : { kind: kind as 'key' | 'prefix' | 'tag', value: bytes };
}
