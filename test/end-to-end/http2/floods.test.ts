import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { FloodedGalley } from '../../support/floods/flooded-galley.ts';
import { floodCases, runFlood, wrongEnd } from '../../support/floods/run-flood.ts';

const seconds = 1;
/** Answers come all the same. The machine is shared: how fast is what `npm run floods` tells. */
const mostP99Ms = 3_000;
const mostGrowth = 256 * 1024 * 1024;

describe('galley, flooded for a second', { timeout: 180_000 }, () => {
  let server: FloodedGalley;
  before(async () => {
    server = await FloodedGalley.start();
  });
  after(() => server?.[Symbol.asyncDispose]());

  // Each over one of its transports, in turns.
  const cases = Object.values(Object.groupBy(floodCases(), ({ name }) => name)).map((of, index) => {
    const all = of ?? [];
    return all[index % all.length]!;
  });
  for (const each of cases) {
    it(`${each.name}, over ${each.over}`, async (test) => {
      const { honest, flood, memory } = await runFlood(server, each, seconds);
      test.diagnostic(`p99 ${honest.p99.toFixed(1)} ms of ${honest.answered} answers; ${JSON.stringify(flood)}`);
      assert.ok(flood.connections > 0);
      // Who is slow is ended after seconds, by timeouts that have tests of their own.
      if (each.end !== 'slow') assert.equal(wrongEnd(each, flood), undefined);
      assert.equal(honest.failed, 0);
      assert.ok(honest.p99 < mostP99Ms, `${honest.p99} ms`);
      const [from, to] = memory;
      assert.ok(to - from < mostGrowth, `${from} bytes of memory became ${to}`);
    });
  }
});
