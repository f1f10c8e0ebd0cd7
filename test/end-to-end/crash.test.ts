import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { until } from '../support/until.ts';
import { HeldRequests } from './held-requests.ts';

interface Answer {
  readonly status: number;
  readonly pid: number;
  readonly endedAt: number;
}

describe('galley, when a process is killed', () => {
  it('loses only the requests of a killed worker that must not be made twice, and has a new one within a second', async () => {
    await using held = await HeldRequests.start('--workers', '2');
    const { galley } = held;
    const workers = galley.workers();
    assert.equal(workers.length, 2);
    const outcomes = await held.hold(8);
    const holders = await held.holders();
    const victim = workers[0]!;
    assert.ok(holders.includes(victim) && holders.some((pid) => pid !== victim), `both hold some: ${holders}`);

    const load = startLoad(`${galley.url}/`, 4);
    await until(() => load.answers.length > 100, 'the load runs');
    const killedAt = performance.now();
    process.kill(victim, 'SIGKILL');
    const fresh = (): Answer | undefined =>
      load.answers.find(({ pid, status }) => status === 200 && !workers.includes(pid));
    await until(
      () => fresh() !== undefined,
      () => `an answer from a new worker\n${galley.stderr()}`,
    );
    const after = load.answers.length;
    await until(() => load.answers.length > after + 100, 'the load runs on');
    await load.stop();

    const tookMs = fresh()!.endedAt - killedAt;
    assert.ok(tookMs < 1_000, `a new worker answered after ${tookMs} ms`);
    assert.deepEqual(
      load.answers.filter(({ status }) => status !== 200),
      [],
      'GET is tried again in another worker',
    );

    await held.release();
    for (const [key, outcome] of outcomes.entries()) {
      const got = await outcome;
      assert.equal('status' in got && got.status, holders[key] === victim ? 502 : 200);
    }
    assert.match(
      galley.stderr(),
      new RegExp(
        `worker \\d+ was killed by SIGKILL, while it had .*POST /hold.*; a new one starts now pid=${victim} .*signal=SIGKILL`,
      ),
    );
    assert.equal(await galley.stop(), 0);
    await galley.leavesNothing();
  });

  it('starts anew when the process that forks the workers is killed', async () => {
    await using held = await HeldRequests.start('--workers', '1');
    const { galley } = held;
    const before = galley.workers();
    const zygote = galley.processes().find(({ parent }) => parent === galley.pid)!.pid;
    process.kill(zygote, 'SIGKILL');
    await until(
      () => galley.workers().length === 1 && galley.workers()[0] !== before[0],
      () => `a new worker\n${galley.stderr()}`,
    );
    const answer = await fetch(galley.url);
    assert.equal(answer.status, 200);
    assert.deepEqual([Number(await answer.text())], galley.workers());
  });

  it('leaves no process behind when Galley itself is killed', async () => {
    await using held = await HeldRequests.start('--workers', '2');
    await held.hold(2);
    assert.equal(await held.galley.stop('SIGKILL'), null);
    await held.galley.leavesNothing();
  });
});

/** Clients that send one request after the other until they are stopped. */
function startLoad(url: string, clients: number): { readonly answers: Answer[]; stop(): Promise<void> } {
  const answers: Answer[] = [];
  let stopped = false;
  const client = async (): Promise<void> => {
    while (!stopped) {
      const { status, pid } = await fetch(url).then(
        async (answer) => ({ status: answer.status, pid: Number(await answer.text()) }),
        () => ({ status: 0, pid: 0 }),
      );
      answers.push({ status, pid, endedAt: performance.now() });
    }
  };
  const ended = Array.from({ length: clients }, client);
  const stop = async (): Promise<void> => {
    stopped = true;
    await Promise.all(ended);
  };
  return { answers, stop };
}
