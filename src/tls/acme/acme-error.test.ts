import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { problemText, toProblem } from './acme-error.ts';

describe('problemText', () => {
  it('has nothing that a terminal follows', () => {
    const text = problemText(toProblem({ type: 'x', detail: 'evil\n2026 INFO forged\u001b[2J' }));
    assert.match(text, /^evil/);
    assert.match(text, /^[\x20-\x7e]+$/);
  });
});
