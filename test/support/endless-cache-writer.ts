// Keeps answers in a cache on the disk until it is killed. Arguments: the folder. Writes a line when the first is kept.
import { Caches } from '../../src/cache/caches.ts';
import { cachePlan, cacheSurroundings, store } from './cache-stage.ts';

const [, , folder = ''] = process.argv;
const disk = { folder, levels: [1], maxSize: undefined, minFree: 0 };
const caches = new Caches(cacheSurroundings());
const cache = caches.open([cachePlan({ disk })]).get('pages');
caches.keep();
if (!cache) throw new Error('It has not opened');
for (let round = 0; ; round++) {
  const writes = ['a', 'b', 'c', 'd'].map((key) => store(cache, key, `${key}${round % 10}`.repeat(150_000)));
  await Promise.all([...writes, store(cache, 'short', `${round % 10}`.repeat(100))]);
  if (round === 0) process.stdout.write('begun\n');
}
