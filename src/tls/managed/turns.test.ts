import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Turns } from './turns.ts';

describe('Turns', () => {
  it('lets those go first that are urgent', async () => {
    const turns = new Turns(1);
    const order: string[] = [];
    const end = Promise.withResolvers<void>();
    const noted = (name: string, isUrgent: boolean): Promise<void> =>
      turns.take(async () => void order.push(name), isUrgent);
    const all = [
      turns.take(() => end.promise, false),
      noted('first', false),
      noted('urgent', true),
      noted('last', false),
    ];
    end.resolve();
    await Promise.all(all);
    assert.deepEqual(order, ['urgent', 'first', 'last']);
  });
});
