import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { until } from '../../test/support/until.ts';
import { ServiceManager, watchdogIntervalMs } from './systemd.ts';

const notify = { NOTIFY_SOCKET: '/run/systemd/notify' };

/** A service manager that keeps what it is told. */
function manager(environment: NodeJS.ProcessEnv): { readonly sent: string[]; readonly systemd: ServiceManager } {
  const sent: string[] = [];
  const send = (text: string): void => void sent.push(text);
  return { sent, systemd: new ServiceManager({ environment, pid: 42, send, nowMicroseconds: () => 1_234_567n }) };
}

describe('ServiceManager', () => {
  it('tells what the service does', () => {
    const { sent, systemd } = manager(notify);
    systemd.ready('serving main:app');
    systemd.reloading();
    systemd.ready('serving');
    systemd.stopping();
    assert.deepEqual(sent, [
      'READY=1\nMAINPID=42\nSTATUS=serving main:app',
      'RELOADING=1\nMONOTONIC_USEC=1234567',
      'READY=1\nMAINPID=42\nSTATUS=serving',
      'STOPPING=1',
    ]);
  });

  it('says nothing but that it lives once it is stopping, as after a reload that the stop has overtaken', (context) => {
    context.mock.timers.enable({ apis: ['setInterval'] });
    const { sent, systemd } = manager({ ...notify, WATCHDOG_USEC: '2000' });
    systemd.ready('');
    systemd.reloading();
    systemd.stopping();
    systemd.ready('late');
    systemd.reloading();
    context.mock.timers.tick(1);
    systemd.close();
    assert.deepEqual(
      sent.slice(1).map((text) => text.split('\n')[0]),
      ['RELOADING=1', 'STOPPING=1', 'WATCHDOG=1'],
    );
  });

  it('keeps a status in its line', () => {
    const { sent, systemd } = manager(notify);
    systemd.ready('the app fails:\nMAINPID=1\r\nx');
    assert.deepEqual(sent, ['READY=1\nMAINPID=42\nSTATUS=the app fails: MAINPID=1 x']);
  });

  it('says nothing where nobody listens, or no more', async () => {
    const alone = manager({ WATCHDOG_USEC: '2000' });
    const closed = manager({ ...notify, WATCHDOG_USEC: '2000' });
    closed.systemd.ready('');
    closed.systemd.close();
    closed.sent.length = 0;
    for (const { systemd } of [alone, closed]) {
      systemd.ready('');
      systemd.reloading();
      systemd.stopping();
    }
    // The watchdog of a third one has been fed three times meanwhile.
    const fed = manager({ ...notify, WATCHDOG_USEC: '2000' });
    fed.systemd.ready('');
    await until(() => fed.sent.length > 3, 'the watchdog is fed');
    fed.systemd.close();
    assert.deepEqual([alone.sent, closed.sent], [[], []]);
  });

  it('feeds the watchdog once it is ready, from one timer', async (context) => {
    context.mock.timers.enable({ apis: ['setInterval'] });
    const { sent, systemd } = manager({ ...notify, WATCHDOG_USEC: '30000000', WATCHDOG_PID: '42' });
    context.mock.timers.tick(60_000);
    assert.deepEqual(sent, []);
    systemd.ready('');
    systemd.ready('');
    sent.length = 0;
    context.mock.timers.tick(14_999);
    assert.deepEqual(sent, []);
    context.mock.timers.tick(15_001);
    assert.deepEqual(sent, ['WATCHDOG=1', 'WATCHDOG=1']);
    systemd.close();
    context.mock.timers.tick(60_000);
    assert.equal(sent.length, 2);
  });
});

describe('watchdogIntervalMs', () => {
  it('is half of the time', () => {
    assert.equal(watchdogIntervalMs({ WATCHDOG_USEC: '20000000' }, 42), 10_000);
    assert.equal(watchdogIntervalMs({ WATCHDOG_USEC: '1', WATCHDOG_PID: '42' }, 42), 1);
    assert.equal(watchdogIntervalMs({ WATCHDOG_USEC: '99999999999999' }, 42), 2 ** 31 - 1);
  });

  it('is for the process that systemd watches only', () => {
    assert.equal(watchdogIntervalMs({ WATCHDOG_USEC: '20000000', WATCHDOG_PID: '41' }, 42), undefined);
    for (const time of ['', '0', '-1', 'x', '1.5']) {
      assert.equal(watchdogIntervalMs({ WATCHDOG_USEC: time }, 42), undefined);
    }
    assert.equal(watchdogIntervalMs({}, 42), undefined);
  });
});
