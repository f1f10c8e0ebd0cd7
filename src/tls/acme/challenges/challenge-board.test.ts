import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ChallengeBoard } from './challenge-board.ts';

describe('ChallengeBoard', () => {
  const { signal } = new AbortController();

  it('has one at a time prove a name by TLS, and others meanwhile', async () => {
    const board = new ChallengeBoard(() => undefined);
    const steps: string[] = [];
    const release = await board.hold(['a.test', 'b.test'], signal);
    const second = board.hold(['c.test', 'b.test'], signal).then((end) => {
      steps.push('second');
      return end;
    });
    (await board.hold(['c.test'], signal))();
    steps.push('released');
    release();
    (await second)();
    assert.deepEqual(steps, ['released', 'second']);
    (await board.hold(['a.test', 'b.test', 'c.test'], signal))();
  });

  it('has nobody wait who is stopped', async () => {
    const board = new ChallengeBoard(() => undefined);
    await board.hold(['a.test'], signal);
    const stop = new AbortController();
    const waiting = board.hold(['a.test'], stop.signal);
    stop.abort();
    await assert.rejects(waiting, { name: 'AbortError' });
  });
});
