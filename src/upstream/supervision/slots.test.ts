import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { mostMembers, PeerCounters } from '../peer-counters.ts';
import { Slots } from './slots.ts';

const holder = {};
const other = {};

describe('Slots', () => {
  it('gives each a place of its own, which it keeps', () => {
    const slots = new Slots(new PeerCounters(1));
    assert.deepEqual(
      [...slots.hold(holder, ['a', 'b', 'c'])],
      [
        ['a', 0],
        ['b', 1],
        ['c', 2],
      ],
    );
    assert.deepEqual(
      [...slots.hold(holder, ['c', 'd'])],
      [
        ['c', 2],
        ['d', 3],
      ],
    );
    assert.equal(slots.hold(holder, ['c', 'd']).get('d'), 3);
  });

  it('gives a place away again, with nothing counted', () => {
    const counters = new PeerCounters(1);
    const slots = new Slots(counters);
    slots.hold(holder, ['a', 'b']);
    counters.begin(0, 0, 0);
    counters.end(0, 0, true);
    slots.hold(holder, ['b']);
    assert.equal(slots.hold(holder, ['b', 'c']).get('c'), 0);
    assert.equal(counters.requests(0), 0);
  });

  it('gives away no place where requests are under way', () => {
    const counters = new PeerCounters(1);
    const slots = new Slots(counters);
    slots.hold(holder, ['a', 'b']);
    counters.begin(0, 0, 0);
    slots.hold(holder, ['b']);
    assert.equal(slots.hold(holder, ['b', 'c']).get('c'), 2);
    counters.end(0, 0, false);
    assert.equal(slots.hold(holder, ['b', 'c', 'd']).get('d'), 0);
  });

  it('keeps a place as long as one of two holds it', () => {
    const slots = new Slots(new PeerCounters(1));
    slots.hold(holder, ['a', 'b']);
    assert.equal(slots.hold(other, ['b', 'c']).get('b'), 1);
    slots.leave(holder);
    assert.equal(slots.hold(other, ['b', 'c', 'd']).get('d'), 0);
    assert.equal(slots.hold(other, ['b']).get('b'), 1);
  });

  it('gives the places of those that leave to those that come where there are no others', () => {
    const slots = new Slots(new PeerCounters(1));
    const keysOf = (prefix: string): string[] => Array.from({ length: 600 }, (_, index) => `${prefix} ${index}`);
    slots.hold(holder, keysOf('old'));
    const places = slots.hold(holder, keysOf('new'));
    assert.equal(new Set(places.values()).size, 600);
    assert.equal(places.get('new 0'), 600);
  });

  it('has no more places than there are counters', () => {
    const slots = new Slots(new PeerCounters(1));
    const keys = Array.from({ length: mostMembers + 1 }, (_, index) => String(index));
    const places = slots.hold(holder, keys);
    assert.equal(places.size, mostMembers);
    assert.equal(places.get(String(mostMembers)), undefined);
  });
});
