import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { until } from '../../../test/support/until.ts';
import { type Answer, LookupFailure } from './dns-client.ts';
import { NameWatch } from './name-watch.ts';

/** A watch whose lookups give these, one after the other, the last one for ever. */
function watchOf(
  results: readonly (string | LookupFailure)[],
  againMs: number | undefined,
): { readonly watch: NameWatch<string>; readonly told: string[]; readonly lookups: () => number } {
  const told: string[] = [];
  let lookups = 0;
  const watch = new NameWatch<string>({
    async lookup(): Promise<Answer<string>> {
      const result = results[Math.min(lookups++, results.length - 1)] as string | LookupFailure;
      if (typeof result !== 'string') throw result;
      return { values: [result], holdMs: 60_000 };
    },
    againMs: () => againMs,
    retryMs: () => 1,
    answered: (values) => told.push(values.join()),
    failed: (problem, isGone) => told.push(`${isGone ? 'gone' : 'failed'}: ${problem}`),
    recovered: () => told.push('recovered'),
  });
  return { watch, told, lookups: () => lookups };
}

describe('NameWatch', () => {
  it('tells each answer', async () => {
    const { watch, told } = watchOf(['a', 'b'], 1);
    await watch.first;
    assert.deepEqual(told, ['a']);
    await until(() => told.length > 2, 'there are more answers');
    watch.close();
    assert.deepEqual(told.slice(0, 3), ['a', 'b', 'b']);
  });

  it('tells once that a name cannot be looked up, and once that it can again', async () => {
    const none = new LookupFailure('none', false);
    const { watch, told } = watchOf([none, none, none, 'a'], 100_000);
    await watch.first;
    assert.deepEqual(told, ['failed: none']);
    await until(() => told.length > 1, 'there is an answer');
    watch.close();
    assert.deepEqual(told, ['failed: none', 'recovered', 'a']);
  });

  it('tells once that a name is gone', async () => {
    const [failed, gone] = [new LookupFailure('failed', false), new LookupFailure('gone', true)];
    const { watch, told } = watchOf(['a', failed, gone, failed, gone, 'b'], 1);
    await until(() => told.includes('b'), 'there is another answer');
    watch.close();
    assert.deepEqual(told.slice(0, 5), ['a', 'failed: failed', 'gone: gone', 'recovered', 'b']);
  });

  it('asks once where the answer is to stay, and again when it is told to', async () => {
    const { watch, told, lookups } = watchOf(['a', 'b'], undefined);
    await watch.first;
    watch.refresh();
    watch.refresh();
    await until(() => told.length === 2, 'there is another answer');
    watch.close();
    assert.equal(lookups(), 2);
    assert.deepEqual(told, ['a', 'b']);
  });

  it('tells nothing once it is closed', async () => {
    const { watch, told } = watchOf(['a'], 1);
    watch.close();
    await watch.first;
    assert.deepEqual(told, []);
  });
});
