import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createLog } from '../../observe/log.ts';
import { listenToNginxSignals, type NginxSignalActions } from './signals.ts';

/** What is done and logged when these signals come. */
function heard(signals: readonly NodeJS.Signals[], isDaemon: boolean): { done: string[]; lines: string[] } {
  const done: string[] = [];
  const lines: string[] = [];
  const action = (name: string) => (): void => void done.push(name);
  const actions: NginxSignalActions = {
    stopNow: action('stopNow'),
    stopGracefully: action('stopGracefully'),
    reload: action('reload'),
    reopenLogs: action('reopenLogs'),
    upgrade: action('upgrade'),
    drainWorkers: action('drainWorkers'),
  };
  const log = createLog(
    { level: 'info' },
    (text) => lines.push(text),
    () => new Date(2026, 0, 1),
  );
  const before = signals.map((signal) => process.listenerCount(signal));
  const end = listenToNginxSignals(actions, log, isDaemon);
  for (const signal of signals) Reflect.apply(process.listeners(signal).at(-1) ?? assert.fail, process, [signal]);
  end();
  assert.deepEqual(
    signals.map((signal) => process.listenerCount(signal)),
    before,
  );
  return { done, lines };
}

describe('listenToNginxSignals', () => {
  it('does what nginx does', () => {
    const signals = ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH'] as const;
    const { done, lines } = heard(signals, true);
    assert.deepEqual(done, ['stopNow', 'stopNow', 'stopGracefully', 'reload', 'reopenLogs', 'upgrade', 'drainWorkers']);
    assert.equal(lines[0], '00:00:00 info  signal 15 (SIGTERM) received, exiting\n');
  });

  it('does nothing in the foreground when the window of a terminal changes', () => {
    const { done, lines } = heard(['SIGWINCH'], false);
    assert.deepEqual(done, []);
    assert.deepEqual(lines, ['00:00:00 info  signal 28 (SIGWINCH) received\n']);
  });
});
