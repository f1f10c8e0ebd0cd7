import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Field, pairOf } from '../../../../test/support/hpack-sections.ts';
import { HeaderList } from '../../../core/headers.ts';
import { DynamicTable } from './dynamic-table.ts';

function sizeOf([name, value]: Field): number {
  return name.length + value.length + 32;
}

/** The table as RFC 7541 §4 tells it. */
class PlainTable {
  maxSize = 4096;
  entries: Field[] = [];

  get size(): number {
    return this.entries.reduce((sum, field) => sum + sizeOf(field), 0);
  }

  resize(size: number): void {
    this.maxSize = size;
    while (this.size > size) this.entries.pop();
  }

  insert(field: Field): void {
    while (this.entries.length > 0 && this.size + sizeOf(field) > this.maxSize) this.entries.pop();
    if (sizeOf(field) <= this.maxSize) this.entries.unshift(field);
  }
}

function insert(table: DynamicTable, field: Field): void {
  const { bytes, start, end } = HeaderList.of([field]);
  const entry = table.insert(bytes, start, end, sizeOf(field), 0);
  if (entry) assert.equal(table.indexOf(entry), 0);
  bytes.fill(0);
}

describe('DynamicTable', () => {
  it('keeps and evicts what RFC 7541 says, in memory that its size bounds', () => {
    const field = fc
      .tuple(
        fc.integer({ min: 1, max: 30 }),
        fc.oneof(
          { weight: 20, arbitrary: fc.integer({ min: 0, max: 90 }) },
          { weight: 1, arbitrary: fc.integer({ min: 0, max: 5000 }) },
        ),
      )
      .chain(([name, value]) =>
        fc.constantFrom('a', 'b', 'c').map((text) => [text.repeat(name), text.repeat(value)] as const),
      );
    const size = fc.oneof(fc.constantFrom(0, 31, 32, 33, 64, 4096), fc.integer({ min: 0, max: 9000 }));
    fc.assert(
      fc.property(
        fc.array(fc.oneof({ weight: 40, arbitrary: field }, { weight: 1, arbitrary: size }), {
          maxLength: 200,
          size: 'max',
        }),
        (steps) => {
          const table = new DynamicTable(4096);
          const plain = new PlainTable();
          for (const step of steps) {
            if (typeof step === 'number') {
              table.maxSize = step;
              plain.resize(step);
            } else {
              insert(table, step);
              plain.insert(step);
            }
            const entries = plain.entries.map((_, index) => table.at(index));
            assert.deepEqual(
              entries.map((entry) => entry && pairOf(entry)),
              plain.entries,
            );
            assert.equal(table.at(entries.length), undefined);
            assert.equal(table.size, plain.size);
            for (const [index, entry] of entries.entries()) {
              assert.ok(entry && table.indexOf(entry) === index);
              assert.ok(entry.bytes.buffer.byteLength <= Math.max(1024, 4 * plain.maxSize));
            }
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  it('knows an entry that it has evicted', () => {
    const table = new DynamicTable(80);
    insert(table, ['a', 'first']);
    const first = table.at(0);
    assert.ok(first);
    insert(table, ['b', 'second']);
    assert.equal(table.indexOf(first), 1);
    insert(table, ['c', 'third']);
    assert.equal(table.indexOf(first), -1);
  });

  it('is empty once it was given what is larger than itself', () => {
    const table = new DynamicTable(100);
    insert(table, ['a', 'b']);
    insert(table, ['a', 'b'.repeat(68)]);
    assert.equal(table.at(0), undefined);
    assert.equal(table.size, 0);
  });
});
