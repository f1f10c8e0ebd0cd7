import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BalancerStage } from '../../test/support/balancer-stage.ts';

describe('Balancer', () => {
  it('gives each member its share, smoothly', () => {
    const stage = new BalancerStage([{ weight: 5 }, { weight: 1 }, { weight: 1 }]);
    assert.equal(stage.picks(14).join(''), '00102000010200');
  });
});
