import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Diagnostic } from '../../diagnostic.ts';
import { inReadingOrder } from './reading-order.ts';
import { commandLine } from './source.ts';

const files = [
  { path: '/main', text: '', includedAt: undefined },
  { path: '/b', text: '', includedAt: { file: '/main', line: 3 } },
  { path: '/c', text: '', includedAt: { file: '/b', line: 2 } },
  { path: '/a', text: '', includedAt: { file: '/main', line: 3 } },
];

function diagnostic(file: string, line: number, nginxLine?: number): Diagnostic {
  return { severity: 'error', message: '', at: { file, line }, ...(nginxLine !== undefined && { nginxLine }) };
}

describe('inReadingOrder', () => {
  it('puts what is included where it is included, and what has no place last', () => {
    const expected: readonly Diagnostic[] = [
      diagnostic(commandLine, 1),
      diagnostic('/main', 2),
      diagnostic('/main', 1, 3),
      diagnostic('/b', 1),
      diagnostic('/b', 2),
      diagnostic('/c', 9),
      diagnostic('/b', 3),
      diagnostic('/a', 1),
      diagnostic('/main', 4),
      { severity: 'error', message: '', at: undefined },
    ];
    assert.deepEqual(inReadingOrder(expected.toReversed(), files), expected);
    assert.deepEqual(inReadingOrder([...expected.slice(5), ...expected.slice(0, 5)], files), expected);
  });

  it('leaves what is told of one line as it is', () => {
    const same = [
      { ...diagnostic('/main', 2), message: 'b' },
      { ...diagnostic('/main', 2), message: 'a' },
    ];
    assert.deepEqual(inReadingOrder(same, files), same);
  });
});
