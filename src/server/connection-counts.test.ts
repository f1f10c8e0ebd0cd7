import assert from 'node:assert/strict';
import { it } from 'node:test';
import { SharedConnectionCounts } from './connection-counts.ts';

it('SharedConnectionCounts sums what all threads have, and loses the connections of one that dies', () => {
  const main = new SharedConnectionCounts(2);
  let active = 3;
  const own = new SharedConnectionCounts(2, main.buffer, () =>
    own.write(0, { accepted: 5, requests: 9, active, waiting: 1 }),
  );
  new SharedConnectionCounts(2, main.buffer).write(1, { accepted: 1, requests: 2, active: 1, waiting: 1 });
  const totals = (): readonly number[] => [own.accepted, own.requests, own.active, own.waiting];
  assert.deepEqual(totals(), [6, 11, 4, 2]);
  active = 2;
  assert.equal(own.active, 3, 'its own are as they are now');
  main.clearFront(1);
  assert.deepEqual(totals(), [6, 11, 2, 1]);
  assert.deepEqual(main.totalsOf(1), { accepted: 1, requests: 2 }, 'the next thread goes on from there');
});
