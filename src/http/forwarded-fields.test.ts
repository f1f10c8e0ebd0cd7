import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HeaderList } from '../core/headers.ts';
import { readForwardedFields, withoutForwarded } from './forwarded-fields.ts';

type Field = readonly [name: string, value: string];

const before: Field = ['host', 'a'];
const between: Field = ['cookie', 'b=c'];
const after: Field = ['x-request-id', '1'];

/** A list that is a part of a larger block, as those of requests are. */
function listOf(...fields: readonly Field[]): HeaderList {
  const list = HeaderList.of(fields);
  const bytes = Buffer.concat([Buffer.from('junk'), list.bytes, Buffer.from('more junk')]);
  return HeaderList.ofValidBlock(bytes, 4, 4 + list.bytes.length);
}

describe('withoutForwarded', () => {
  it('removes every field that tells of forwarding, wherever it stands', () => {
    const spoofed: readonly Field[] = [
      ['forwarded', 'for=1.1.1.1'],
      ['x-forwarded-for', '1.1.1.1'],
      ['x_forwarded_for', '1.1.1.1'],
      ['x-forwarded-user', 'admin'],
      ['x-real-ip', '1.1.1.1'],
    ];
    const headers = withoutForwarded(listOf(...spoofed, before, ...spoofed, between, after, ...spoofed));
    assert.deepEqual([...headers], [before, between, after]);
    assert.deepEqual([...withoutForwarded(listOf(...spoofed))], []);
  });

  it('gives the very same list where there is none', () => {
    const headers = listOf(before, between, after);
    assert.equal(withoutForwarded(headers), headers);
  });
});

describe('readForwardedFields', () => {
  it('gives the values by name, those of repeated fields joined in order, and leaves the fields', () => {
    const headers = listOf(
      ['x-forwarded-for', '1.1.1.1'],
      before,
      ['x-forwarded-for', '2.2.2.2, 3.3.3.3'],
      ['x-forwarded-proto', 'https'],
      ['x-forwarded-host', 'b'],
    );
    const read = readForwardedFields(headers);
    assert.equal(read.headers, headers);
    assert.deepEqual(Object.fromEntries(read.values), {
      'x-forwarded-for': '1.1.1.1,2.2.2.2, 3.3.3.3',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'b',
    });
  });

  it('believes Forwarded where it is alone', () => {
    const headers = listOf(['forwarded', 'for=1.1.1.1'], before, ['forwarded', 'for=2.2.2.2']);
    const read = readForwardedFields(headers);
    assert.equal(read.headers, headers);
    assert.deepEqual([...read.values], [['forwarded', 'for=1.1.1.1,for=2.2.2.2']]);
  });

  for (const name of ['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host', 'x-real-ip']) {
    it(`drops Forwarded beside ${name}, since only one of them is the proxy's own`, () => {
      const other: Field = [name, '1.1.1.1'];
      const read = readForwardedFields(listOf(['forwarded', 'for=1.1.1.1;host=evil'], before, other));
      assert.deepEqual([...read.values], [other]);
      assert.deepEqual([...read.headers], [before, other]);
    });
  }

  it('255: drops names with an underscore, which do not make Forwarded doubtful', () => {
    const read = readForwardedFields(
      listOf(['x_forwarded_for', '1.1.1.1'], ['x-forwarded_proto', 'https'], ['forwarded', 'for=2.2.2.2'], after),
    );
    assert.deepEqual([...read.values], [['forwarded', 'for=2.2.2.2']]);
    assert.deepEqual([...read.headers], [['forwarded', 'for=2.2.2.2'], after]);
  });
});
