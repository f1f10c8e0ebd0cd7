import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { turnNow } from './turn-clock.ts';

describe('turnNow', () => {
  it('stands still in a turn of the event loop, and goes on with the next one', async () => {
    await nextTurn();
    const first = turnNow();
    while (performance.now() - first < 2);
    assert.equal(turnNow(), first);
    await nextTurn();
    assert.ok(turnNow() - first >= 2);
  });
});

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
