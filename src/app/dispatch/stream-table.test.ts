import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fakeExchange } from '../../../test/support/fake-exchange.ts';
import { StreamTable } from './stream-table.ts';
import { WorkerStream } from './worker-stream.ts';

const carrier = { sendBody() {}, sendWindow() {}, sendCancel() {}, sendMessage() {}, sendClose() {}, report() {} };
const exchange = fakeExchange('/');

function added(table: StreamTable): WorkerStream {
  const stream = new WorkerStream(table.nextId(), exchange, 0, false, false, carrier);
  table.add(stream);
  return stream;
}

describe('StreamTable', () => {
  it('numbers streams upwards from 1 and does not reuse the number of one that has ended', () => {
    const table = new StreamTable();
    const first = added(table);
    assert.equal(first.id, 1);
    table.delete(first);
    assert.equal(added(table).id, 2);
    assert.equal(table.get(1), undefined);
  });

  it('finds a long-lived stream however many others came and went', () => {
    const table = new StreamTable();
    const long = added(table);
    for (let count = 0; count < 5_000; count++) table.delete(added(table));
    assert.equal(table.get(long.id), long);
    assert.equal(table.size, 1);
  });

  it('grows, and keeps every stream', () => {
    const table = new StreamTable();
    const streams = Array.from({ length: 3_000 }, () => added(table));
    assert.equal(table.size, 3_000);
    assert.equal(new Set(streams.map(({ id }) => id)).size, 3_000);
    for (const stream of streams) assert.equal(table.get(stream.id), stream);
    assert.equal([...table].length, 3_000);
    table.clear();
    assert.deepEqual([...table], []);
  });
});
