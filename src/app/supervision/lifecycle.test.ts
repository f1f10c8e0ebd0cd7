import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nextState, type WorkerEvent, type WorkerState } from './lifecycle.ts';

const states: readonly WorkerState[] = [
  { name: 'starting' },
  { name: 'ready' },
  { name: 'draining', reason: 'stop' },
  { name: 'exited', code: 0, signal: null, reason: 'stop' },
];
const events: readonly WorkerEvent[] = [
  { name: 'hello' },
  { name: 'drain', reason: 'reload' },
  { name: 'exit', code: null, signal: 'SIGKILL' },
];
const illegal = 'illegal';
const table: Record<string, readonly string[]> = {
  starting: ['ready', 'draining', 'exited'],
  ready: [illegal, 'draining', 'exited'],
  draining: [illegal, illegal, 'exited'],
  exited: [illegal, illegal, illegal],
};

describe('nextState', () => {
  for (const state of states) {
    for (const [column, event] of events.entries()) {
      const expected = table[state.name]?.[column];
      it(`${state.name} on ${event.name}: ${expected}`, () => {
        if (expected === illegal) assert.throws(() => nextState(state, event), /cannot take/);
        else assert.equal(nextState(state, event).name, expected);
      });
    }
  }

  it('keeps why an exited worker had been drained', () => {
    const exit: WorkerEvent = { name: 'exit', code: 0, signal: null };
    assert.deepEqual(nextState({ name: 'ready' }, exit), { name: 'exited', code: 0, signal: null, reason: undefined });
    assert.deepEqual(nextState({ name: 'draining', reason: 'stop' }, exit), {
      name: 'exited',
      code: 0,
      signal: null,
      reason: 'stop',
    });
  });
});
