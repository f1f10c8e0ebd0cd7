import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cacheStatusMember } from './cache-status.ts';

describe('cacheStatusMember', () => {
  it('tells of a hit, and for how long it stays one', () => {
    assert.equal(cacheStatusMember({ forward: undefined, ttl: 30 }), 'galley; hit; ttl=30');
    assert.equal(
      cacheStatusMember({ forward: undefined, ttl: -3, detail: 'updating' }),
      'galley; hit; ttl=-3; detail=updating',
    );
  });

  it('tells why a request was forwarded, and what came of it', () => {
    assert.equal(cacheStatusMember({ forward: 'uri-miss', isStored: true }), 'galley; fwd=uri-miss; stored');
    assert.equal(cacheStatusMember({ forward: 'stale', forwardStatus: 304 }), 'galley; fwd=stale; fwd-status=304');
    assert.equal(cacheStatusMember({ forward: 'uri-miss', isCollapsed: true }), 'galley; fwd=uri-miss; collapsed');
  });
});
