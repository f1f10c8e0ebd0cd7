import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { turnNow } from './turn-clock.ts';

describe('turnNow', () => {
  it('stands still in a turn of the event loop, and goes on with the next one', async () => {
    await setImmediate();
    const first = turnNow();
    while (performance.now() - first < 2);
    assert.equal(turnNow(), first);
    await setImmediate();
    assert.ok(turnNow() - first >= 2);
  });
});
