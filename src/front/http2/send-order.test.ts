import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SendOrder, sliceSize } from './send-order.ts';

interface Sender {
  readonly stream: { readonly id: number; urgency: number; isIncremental: boolean };
}

const sender = (id: number, urgency = 3, isIncremental = false): Sender => ({ stream: { id, urgency, isIncremental } });

/** Who sends, by their ids, when each slice is a full one. */
function slices(order: SendOrder<Sender>, count: number): number[] {
  return Array.from({ length: count }, () => {
    const next = order.next();
    if (!next) return 0;
    order.sent(next, sliceSize);
    return next.stream.id;
  });
}

function orderOf(...senders: readonly Sender[]): SendOrder<Sender> {
  const order = new SendOrder<Sender>();
  for (const each of senders) order.add(each);
  return order;
}

describe('SendOrder', () => {
  it('lets the most urgent stream send until it has nothing left', () => {
    const urgent = sender(9, 0);
    const order = orderOf(sender(1, 5), urgent, sender(3));
    assert.deepEqual(slices(order, 40), Array(40).fill(9));
    order.delete(urgent);
    assert.deepEqual(slices(order, 2), [3, 3]);
  });

  it('serves streams of one urgency in the order of their ids, whenever they came', () => {
    const first = sender(1);
    const order = orderOf(sender(5), sender(3), first);
    assert.deepEqual(slices(order, 3), [1, 1, 1]);
    order.delete(first);
    assert.deepEqual(slices(order, 3), [3, 3, 3]);
  });

  it('lets the next ones go ahead of a stream that has sent its share', () => {
    const order = orderOf(sender(1), sender(3));
    assert.deepEqual(slices(order, 48), [...Array(16).fill(1), ...Array(16).fill(3), ...Array(16).fill(1)]);
  });

  it('puts a newcomer into the round that is under way', () => {
    const order = orderOf(sender(1), sender(3));
    slices(order, 20);
    order.add(sender(5));
    assert.deepEqual(slices(order, 28), [...Array(12).fill(3), ...Array(16).fill(5)]);
  });

  it('lets incremental streams take turns slice by slice', () => {
    const order = orderOf(sender(1, 3, true), sender(3, 3, true), sender(5, 3, true));
    assert.deepEqual(slices(order, 7), [1, 3, 5, 1, 3, 5, 1]);
  });

  it('lets incremental streams and others share an urgency', () => {
    const order = orderOf(sender(1), sender(3, 3, true), sender(5, 3, true));
    assert.deepEqual(slices(order, 6), [1, 3, 1, 5, 1, 3]);
  });

  it('follows a stream whose urgency changes while it waits', () => {
    const late = sender(7);
    const order = orderOf(sender(1), late);
    late.stream.urgency = 1;
    order.changed(late);
    assert.deepEqual(slices(order, 2), [7, 7]);
    order.delete(late);
    order.changed(late);
    assert.deepEqual([order.size, ...slices(order, 1)], [1, 1]);
  });

  it('has each stream once, and nobody when all are gone', () => {
    const one = sender(1);
    const order = orderOf(one, one);
    assert.equal(order.size, 1);
    order.delete(one);
    order.delete(one);
    assert.deepEqual([order.size, order.next()], [0, undefined]);
  });
});
