import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { summarizeTls } from './tls-results.ts';

const trust = { id: 'cert_trust <cert#2>', severity: 'HIGH', finding: 'no match' };

describe('summarizeTls', () => {
  it('passes a run whose findings are all of the certificate that a test has made', () => {
    const { passed, lines } = summarizeTls([trust]);
    assert.equal(passed, true);
    assert.equal(lines.at(-1), '0 findings of MEDIUM or above, 1 left out');
  });

  it('fails a run with any other finding', () => {
    const { passed, lines } = summarizeTls([trust, { id: 'TLS1', severity: 'MEDIUM', finding: 'offered' }]);
    assert.equal(passed, false);
    assert.equal(lines[0], 'MEDIUM: TLS1: offered');
  });
});
