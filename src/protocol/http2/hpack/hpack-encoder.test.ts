import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { decoded, encoded, type Field, hex } from '../../../../test/support/hpack-sections.ts';
import { endOfField, HeaderList } from '../../../core/headers.ts';
import { HpackDecoder } from './hpack-decoder.ts';
import { HpackEncoder, maxEncodedOverhead } from './hpack-encoder.ts';

/** The first byte of a field in a section of its own: how it is represented (RFC 7541 §6). */
function firstByteOf(encoder: HpackEncoder, field: Field): number {
  return encoded(encoder, [field])[0]!;
}

function statusOf(status: number): Buffer {
  const into = Buffer.alloc(maxEncodedOverhead);
  return into.subarray(0, new HpackEncoder(4096).encodeStatus(into, 0, status));
}

const value = fc.string({
  maxLength: 60,
  unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
});
const name = fc.oneof(
  fc.constantFrom('content-type', 'date', 'server', 'vary', 'x-powered-by', ':path', 'set-cookie', 'accept-encoding'),
  fc.stringMatching(/^[a-z0-9-]{0,12}$/),
);
const repeating = fc.constantFrom(
  '',
  'gzip, deflate',
  '/',
  'text/html; charset=utf-8',
  'v'.repeat(300),
  'w'.repeat(2000),
);
const section = fc.array(fc.tuple(name, fc.oneof(value, repeating)), { maxLength: 15 });
const tableSize = fc.oneof(fc.constantFrom(0, 4096), fc.nat(8192));

describe('HpackEncoder', () => {
  it('writes a status in one byte where it can', () => {
    const plain = {
      200: '88',
      204: '89',
      206: '8a',
      304: '8b',
      400: '8c',
      404: '8d',
      500: '8e',
      301: '08 03 33 30 31',
    };
    for (const [status, bytes] of Object.entries(plain)) assert.deepEqual(statusOf(Number(status)), hex(bytes));
    for (let status = 100; status < 600; status++) {
      assert.deepEqual(decoded(new HpackDecoder(4096), statusOf(status)), [[':status', String(status)]]);
    }
  });

  it('says what repeats in one byte the second time', () => {
    const encoder = new HpackEncoder(4096);
    const fields: Field[] = [
      ['server', 'galley'],
      ['content-type', 'text/html; charset=utf-8'],
      ['cache-control', 'no-store'],
      ['x-content-type-options', 'nosniff'],
    ];
    assert.ok(encoded(encoder, fields).length > 40);
    assert.deepEqual(encoded(encoder, fields), hex('c1 c0 bf be'));
    assert.deepEqual(encoded(encoder, [['server', 'other']]).length, 6);
    assert.deepEqual(encoded(encoder, fields), hex('c2 c1 c0 bf'));
  });

  it('uses complete entries of the static table', () => {
    const encoder = new HpackEncoder(4096);
    assert.deepEqual(encoded(encoder, [[':method', 'POST']]), hex('83'));
    assert.deepEqual(encoded(encoder, [['accept-encoding', 'gzip, deflate']]), hex('90'));
    assert.deepEqual(encoded(encoder, [['etag', '']]), hex('a2'));
  });

  it('never lets secrets be indexed', () => {
    for (const secret of ['set-cookie', 'cookie', 'authorization', 'proxy-authorization', 'authentication-info']) {
      const encoder = new HpackEncoder(4096);
      for (let time = 0; time < 2; time++) assert.equal(firstByteOf(encoder, [secret, 'a=b']) & 0xf0, 0x10, secret);
    }
  });

  it('does not index what differs from answer to answer, nor what is large', () => {
    const encoder = new HpackEncoder(4096);
    for (const changing of ['content-length', 'etag', 'last-modified', 'location', 'x-request-id', 'content-range']) {
      assert.equal(firstByteOf(encoder, [changing, '12']) & 0xf0, 0x00, changing);
    }
    const share = 4096 / 4 - 32 - 'content-security-policy'.length;
    assert.equal(firstByteOf(encoder, ['content-security-policy', 'a'.repeat(share + 1)]) & 0xf0, 0x00);
    assert.equal(firstByteOf(encoder, ['content-security-policy', 'a'.repeat(share)]) & 0xc0, 0x40);
  });

  it('needs no more than a field has in a HeaderList', () => {
    for (const length of [0, 1, 126, 127, 128, 300, 20_000, 2_200_000]) {
      const list = HeaderList.of([['x'.repeat(length % 5000 || 1), 'y'.repeat(length)]]);
      const into = Buffer.alloc(list.end + 10, 0x55);
      const end = new HpackEncoder(4096).encodeBlockField(into, 0, list.bytes, list.start);
      assert.ok(end <= list.end - list.start);
      assert.ok(into.subarray(end).every((byte) => byte === 0x55));
    }
  });

  it('says the same of fields of a list as of strings', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.stringMatching(/^[a-z-]{1,9}$/), fc.stringMatching(/^[!-~]{0,20}$/))),
        (fields) => {
          const list = HeaderList.of(fields);
          const into = Buffer.alloc(list.end + maxEncodedOverhead);
          const encoder = new HpackEncoder(4096);
          let end = encoder.begin(into, 0);
          for (let at = list.start; at < list.end; at = endOfField(list.bytes, at)) {
            end = encoder.encodeBlockField(into, end, list.bytes, at);
          }
          assert.deepEqual(into.subarray(0, end), encoded(new HpackEncoder(4096), fields));
        },
      ),
    );
  });

  it('tells of the size of its table where it is not what the peer takes it to be', () => {
    assert.deepEqual(encoded(new HpackEncoder(4096), []), hex(''));
    assert.deepEqual(encoded(new HpackEncoder(8192), []), hex(''));
    assert.deepEqual(encoded(new HpackEncoder(0), []), hex('20'));
    const encoder = new HpackEncoder(8192);
    encoder.peerTableSize = 4096;
    assert.deepEqual(encoded(encoder, []), hex(''));
    encoder.peerTableSize = 10_000;
    assert.deepEqual(encoded(encoder, []), hex('3f e1 3f'));
    assert.deepEqual(encoded(encoder, []), hex(''));
    encoder.peerTableSize = 30;
    assert.deepEqual(encoded(encoder, []), hex('3e'));
    // The smallest on the way, and the last one.
    encoder.peerTableSize = 20;
    encoder.peerTableSize = 10;
    encoder.peerTableSize = 25;
    assert.deepEqual(encoded(encoder, []), hex('2a 39'));
    encoder.peerTableSize = 0;
    encoder.peerTableSize = 25;
    assert.deepEqual(encoded(encoder, []), hex('20 39'));
  });

  it('forgets what a smaller table has no room for', () => {
    const encoder = new HpackEncoder(4096);
    encoded(encoder, [['server', 'galley']]);
    assert.deepEqual(encoded(encoder, [['server', 'galley']]), hex('be'));
    encoder.peerTableSize = 0;
    encoder.peerTableSize = 4096;
    assert.equal(encoded(encoder, [['server', 'galley']])[4]! & 0xc0, 0x40);
    encoder.peerTableSize = 0;
    assert.deepEqual(encoded(encoder, [['server', 'a']]), hex('20 0f27 01 61'));
  });

  it('is understood by the decoder, whatever is sent and whatever sizes the tables have', () => {
    const step = fc.oneof(
      { weight: 5, arbitrary: section.map((fields) => ({ fields })) },
      { weight: 1, arbitrary: fc.array(tableSize, { minLength: 1, maxLength: 3 }).map((sizes) => ({ sizes })) },
    );
    fc.assert(
      fc.property(tableSize, fc.array(step, { maxLength: 40, size: 'max' }), (cap, steps) => {
        const encoder = new HpackEncoder(cap);
        const decoder = new HpackDecoder(4096);
        for (const next of steps) {
          if ('fields' in next) {
            assert.deepEqual(decoded(decoder, encoded(encoder, next.fields)), next.fields);
            assert.ok(decoder.tableSize <= cap);
          } else {
            for (const size of next.sizes) {
              decoder.maxTableSize = size;
              encoder.peerTableSize = size;
            }
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});
