import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type SupervisorStage, withProgram } from '../../../test/support/supervisor-stage.ts';
import { until } from '../../../test/support/until.ts';
import type { WorkerStatus } from '../status.ts';

/** Stands in for a zygote whose workers it plays itself. What each does when it is forked is in the file `plan`, one word for each worker. */
const zygote = `
import signal

def words():
    with open(os.path.join(folder, 'plan')) as file:
        return file.read().split()

fronts = {}
hanging = []
def starts(*_):
    worker = hanging.pop()
    fronts[worker] = hello(worker)
signal.signal(signal.SIGUSR2, starts)
signal.signal(signal.SIGUSR1, lambda *_: send(event='exited', worker=hanging.pop(), pid=1, code=1, signal=None))
loaded()
for line in lines:
    message = json.loads(line)
    worker = message.get('worker')
    if message['command'] == 'fork':
        plan = words()
        word = plan[(worker - 1) % len(plan)]
        if word == 'hangs':
            hanging.append(worker)
        send(event='forked', worker=worker, pid=os.getpid())
        if word == 'ready':
            fronts[worker] = hello(worker)
        elif word == 'fails':
            hello(worker, concurrency=0, failed='no database').close()
            send(event='exited', worker=worker, pid=1, code=3, signal=None)
        elif word == 'dies':
            send(event='exited', worker=worker, pid=1, code=1, signal=None)
    elif message['command'] == 'signal' and message['signal'] == 'SIGKILL':
        if worker in fronts:
            fronts.pop(worker).close()
        send(event='exited', worker=worker, pid=1, code=None, signal='SIGKILL')
`;

/** Runs `act` with so many workers, of which each does what its word says. */
function running(plan: string, workers: number, act: (staged: SupervisorStage) => Promise<void>): Promise<void> {
  return withProgram(zygote, act, { workers: { min: workers, max: workers, isAuto: false } }, { plan });
}

/** Resolves when a worker of that number has been forked. */
function forked({ supervisor }: SupervisorStage, worker: number): Promise<void> {
  const isForked = (): boolean => supervisor.status().workers.some(({ id, pid }) => id === worker && pid !== null);
  return until(isForked, `worker ${worker} is forked`);
}

function ids(staged: SupervisorStage, state: WorkerStatus['state']): readonly number[] {
  return staged.supervisor
    .status()
    .workers.filter((worker) => worker.state === state)
    .map(({ id }) => id);
}

describe('AppSupervisor, replacing the workers of one version by those of another', () => {
  it('goes back to the old version when a later worker of the new one fails', () =>
    running('ready ready ready fails ready ready', 2, async (staged) => {
      await staged.supervisor.start();
      const outcome = await staged.supervisor.reload();
      assert.equal(outcome.ok, false);
      assert.match(outcome.text, /the old version serves on: The app failed to start in worker 4/);
      await until(
        () =>
          staged.supervisor.status().workers.filter(({ version, state }) => version === 1 && state === 'ready')
            .length === 2,
        () => `two workers of the old version: ${JSON.stringify(staged.supervisor.status().workers)}`,
      );
    }));

  it('keeps what serves when the old version is gone meanwhile', () =>
    running('ready ready ready hangs ready ready', 2, async (staged) => {
      await staged.supervisor.start();
      const reloading = staged.supervisor.reload();
      await until(() => ids(staged, 'ready').includes(3), 'the first new worker serves');
      await forked(staged, 4);
      process.kill(staged.zygotePid(1), 'SIGKILL');
      await until(() => !ids(staged, 'ready').includes(1), 'the old workers are gone');
      process.kill(staged.zygotePid(2), 'SIGUSR1');
      const { ok } = await reloading;
      assert.equal(ok, false);
      assert.ok(ids(staged, 'ready').includes(3), 'the new worker that serves is kept');
    }));

  it('starts anew by itself when neither version is left', () =>
    running('ready dies ready ready', 1, async (staged) => {
      await staged.supervisor.start();
      const reloading = staged.supervisor.reload();
      process.kill(staged.zygotePid(1), 'SIGKILL');
      assert.equal((await reloading).ok, false);
      await until(
        () => ids(staged, 'ready').length === 1,
        () => `a worker serves\n${staged.log()}`,
      );
    }));

  it('replaces a worker that was found wanting during a reload that failed', () =>
    running('ready hangs ready', 1, async (staged) => {
      const { supervisor } = staged;
      await supervisor.start();
      const reloading = supervisor.reload();
      await forked(staged, 2);
      supervisor.receive(0, { kind: 'tainted', worker: 1 });
      process.kill(staged.zygotePid(2), 'SIGUSR1');
      assert.equal((await reloading).ok, false);
      await until(
        () => ids(staged, 'ready').length === 1 && !ids(staged, 'ready').includes(1),
        () => `another one of the old version serves: ${JSON.stringify(supervisor.status().workers)}`,
      );
    }));

  it('does not take a reload that gets on for one that hangs', () =>
    running('ready ready hangs hangs ready ready', 2, async (staged) => {
      const { supervisor } = staged;
      await supervisor.start();
      const first = supervisor.reload();
      await forked(staged, 3);
      staged.later(20_000);
      process.kill(staged.zygotePid(2), 'SIGUSR2');
      await forked(staged, 4);
      staged.later(20_000);
      const second = supervisor.reload();
      process.kill(staged.zygotePid(2), 'SIGUSR2');
      assert.equal((await first).ok, true, staged.log());
      assert.equal((await second).ok, true, staged.log());
      assert.doesNotMatch(staged.log(), /hangs/);
    }));

  it('gives a start that hangs up for the next reload', () =>
    running('ready hangs ready ready', 1, async (staged) => {
      await staged.supervisor.start();
      const first = staged.supervisor.reload();
      await until(() => ids(staged, 'starting').length === 1, 'it hangs');
      staged.later(31_000);
      const second = await staged.supervisor.reload();
      assert.deepEqual(await first, { ok: false, text: 'The start of the app was given up' });
      assert.equal(second.ok, true, staged.log());
    }));

  it('kills a worker that takes too long to start, and starts another', () =>
    running('ready hangs ready', 1, async (staged) => {
      await staged.supervisor.start();
      staged.supervisor.scale(2, 2);
      await until(() => ids(staged, 'starting').length === 1, 'it hangs');
      staged.later(91_000);
      await until(
        () => ids(staged, 'ready').length === 2,
        () => `another one serves\n${staged.log()}`,
      );
      assert.match(staged.log(), /worker 2 is not ready after 90 s and is killed/);
    }));

  it('ends although the process that forks the workers does not answer', () =>
    running('ready', 1, async (staged) => {
      await staged.supervisor.start();
      const pid = staged.zygotePid(1);
      process.kill(pid, 'SIGSTOP');
      await staged.supervisor.stop(50);
      assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
    }));
});
