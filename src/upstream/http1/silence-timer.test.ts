import assert from 'node:assert/strict';
import { describe, it, mock } from 'node:test';
import { until } from '../../../test/support/until.ts';
import { SilenceTimer } from './silence-timer.ts';

describe('SilenceTimer', () => {
  it('calls back after a silence, not before', async () => {
    let silentAt = 0;
    const timer = new SilenceTimer(() => {
      silentAt = performance.now();
    });
    const startedAt = performance.now();
    timer.start(60, startedAt);
    let touchedAt = startedAt;
    await until(() => {
      touchedAt = performance.now();
      timer.touch(touchedAt);
      return touchedAt - startedAt > 120;
    }, 'twice the limit');
    assert.equal(silentAt, 0);
    await until(() => silentAt > 0, 'the silence is noticed');
    assert.ok(silentAt - touchedAt >= 58, `it took ${silentAt - touchedAt} ms`);
  });

  it('takes a shorter limit than the one before', async () => {
    let isSilent = false;
    const timer = new SilenceTimer(() => {
      isSilent = true;
    });
    timer.start(60_000, performance.now());
    timer.start(10, performance.now());
    await until(() => isSilent, 'the silence is noticed');
  });

  it('does not call back while nothing is waited for, or once it is closed', async () => {
    const silent = mock.fn();
    const [paused, closed] = [new SilenceTimer(silent), new SilenceTimer(silent)];
    let isLater = false;
    for (const timer of [paused, closed]) timer.start(10, performance.now());
    new SilenceTimer(() => {
      isLater = true;
    }).start(30, performance.now());
    paused.pause();
    closed.close();
    await until(() => isLater, 'a later one');
    assert.equal(silent.mock.callCount(), 0);
  });

  it('takes limits that are longer than timers can be', async () => {
    const warned = mock.fn();
    process.on('warning', warned);
    const silent = mock.fn();
    const timer = new SilenceTimer(silent);
    timer.start(2 ** 40, performance.now());
    const startedAt = performance.now();
    await until(() => performance.now() - startedAt > 20, 'a moment');
    timer.close();
    process.off('warning', warned);
    assert.deepEqual([warned.mock.callCount(), silent.mock.callCount()], [0, 0]);
  });
});
