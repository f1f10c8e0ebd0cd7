import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fakeExchange } from '../../../test/support/fake-exchange.ts';
import { withProgram } from '../../../test/support/supervisor-stage.ts';
import { until } from '../../../test/support/until.ts';

/** Its worker cannot start; its exit is told before its HELLO is sent. */
const lateHello = `
loaded()
worker = forked()
send(event='forked', worker=worker, pid=1)
send(event='exited', worker=worker, pid=1, code=3, signal=None)
hello(worker, concurrency=0, failed='no database')
wait()
`;

describe('AppSupervisor', () => {
  it('says why a worker cannot start also where its exit is known before its reason', () =>
    withProgram(lateHello, async ({ supervisor, failures, log }) => {
      await assert.rejects(supervisor.start(), {
        message: 'The app failed to start in worker 1',
        traceback: 'no database',
      });
      assert.match(failures[0]?.message ?? '', /failed to start/);
      assert.equal(log(), '');
    }));

  for (const [what, written] of [
    ['what is no message', "b'ready\\n'"],
    ['a message without its parts', 'b\'{"event": "failed"}\\n\''],
  ]) {
    it(`cannot start an app that writes ${what} to the control descriptor`, () =>
      withProgram(`control.sendall(${written})\nwait()\n`, async ({ supervisor }) => {
        await assert.rejects(supervisor.start(), { message: /not for Galley.*(ready|failed)/ });
      }));
  }

  it('starts an app anew that writes to the control descriptor later', () =>
    withProgram(
      `loaded()\nfront = hello(forked())\nfront.recv(1)\ncontrol.sendall(b'ready\\n')\nwait()\n`,
      async ({ supervisor, front, log }) => {
        await supervisor.start();
        void front.dispatch(fakeExchange('/')).catch(() => {});
        await until(
          () => /process that forks the workers is gone \(it wrote what is not for Galley/.test(log()),
          'a loss',
        );
      },
    ));

  it('knows that the process is gone though a child of it keeps the control descriptor', () =>
    withProgram(
      `
import os
if os.fork() == 0:
    loaded()
    forked()
    os.kill(os.getppid(), 9)
    wait()
    os._exit(0)
os.wait()
`,
      async ({ supervisor }) => {
        await assert.rejects(supervisor.start(), { message: /ended by SIGKILL/ });
      },
    ));
});
