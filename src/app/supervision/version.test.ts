import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Version } from './version.ts';
import type { Zygote } from './zygote.ts';

function version(): Version {
  return new Version(1, undefined as unknown as Zygote);
}

describe('Version', () => {
  it('rests longer after each failure in a row, not after the first', () => {
    const failing = version();
    let now = 0;
    const rests = [0, 100, 200, 400].map(() => {
      failing.failed(now, undefined, now + 1);
      now += 1;
      const restMs = failing.restMs(now);
      now += restMs;
      return restMs;
    });
    assert.deepEqual(rests, [0, 100, 200, 400]);
  });

  it('takes workers that fail together for one failure', () => {
    const failing = version();
    for (let worker = 0; worker < 8; worker++) failing.failed(0, 10, 50 + worker);
    assert.equal(failing.restMs(58), 0);
    failing.failed(60, undefined, 61);
    assert.equal(failing.restMs(61), 100);
  });

  it('forgets failures where a worker has served for a while', () => {
    const failing = version();
    failing.failed(0, undefined, 1);
    failing.failed(2, undefined, 3);
    failing.failed(200, 210, 20_000);
    assert.equal(failing.restMs(20_000), 0);
  });
});
