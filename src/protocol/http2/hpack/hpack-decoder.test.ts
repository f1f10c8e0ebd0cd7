import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { decoded, encoded, type Field, hex } from '../../../../test/support/hpack-sections.ts';
import { nameMark } from '../../../core/name-mark.ts';
import { Http2Code } from '../codes.ts';
import type { HpackField } from '../hpack-field.ts';
import { Http2Error } from '../http2-error.ts';
import { HpackDecoder } from './hpack-decoder.ts';
import { HpackEncoder } from './hpack-encoder.ts';

const requests: readonly (readonly Field[])[] = [
  [
    [':method', 'GET'],
    [':scheme', 'http'],
    [':path', '/'],
    [':authority', 'www.example.com'],
  ],
  [
    [':method', 'GET'],
    [':scheme', 'http'],
    [':path', '/'],
    [':authority', 'www.example.com'],
    ['cache-control', 'no-cache'],
  ],
  [
    [':method', 'GET'],
    [':scheme', 'https'],
    [':path', '/index.html'],
    [':authority', 'www.example.com'],
    ['custom-key', 'custom-value'],
  ],
];

const responses: readonly (readonly Field[])[] = [
  [
    [':status', '302'],
    ['cache-control', 'private'],
    ['date', 'Mon, 21 Oct 2013 20:13:21 GMT'],
    ['location', 'https://www.example.com'],
  ],
  [
    [':status', '307'],
    ['cache-control', 'private'],
    ['date', 'Mon, 21 Oct 2013 20:13:21 GMT'],
    ['location', 'https://www.example.com'],
  ],
  [
    [':status', '200'],
    ['cache-control', 'private'],
    ['date', 'Mon, 21 Oct 2013 20:13:22 GMT'],
    ['location', 'https://www.example.com'],
    ['content-encoding', 'gzip'],
    ['set-cookie', 'foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1'],
  ],
];

/** The examples of RFC 7541 Appendix C that have more than one section: the table's size, the sections, its sizes afterwards. */
const examples: Readonly<
  Record<string, readonly [maxSize: number, sections: string[], fields: readonly (readonly Field[])[], sizes: number[]]>
> = {
  'C.3': [
    4096,
    [
      '8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d',
      '8286 84be 5808 6e6f 2d63 6163 6865',
      '8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65',
    ],
    requests,
    [57, 110, 164],
  ],
  'C.4': [
    4096,
    [
      '8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff',
      '8286 84be 5886 a8eb 1064 9cbf',
      '8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf',
    ],
    requests,
    [57, 110, 164],
  ],
  'C.5': [
    256,
    [
      `4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32
       3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d`,
      '4803 3330 37c1 c0bf',
      `88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970
       7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d 6178 2d61
       6765 3d33 3630 303b 2076 6572 7369 6f6e 3d31`,
    ],
    responses,
    [222, 222, 215],
  ],
  'C.6': [
    256,
    [
      `4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad
       1718 63c7 8f0b 97c8 e9ae 82ae 43d3`,
      '4883 640e ffc1 c0bf',
      `88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2
       e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07`,
    ],
    responses,
    [222, 222, 215],
  ],
};

function refuses(section: string, reason: RegExp, decoder: HpackDecoder = new HpackDecoder(4096)): void {
  assert.throws(
    () => decoded(decoder, hex(section)),
    (error) => {
      assert.ok(error instanceof Http2Error, String(error));
      assert.equal(error.http2Code, Http2Code.compressionError);
      assert.match(error.message, reason);
      return true;
    },
  );
  assert.throws(() => decoded(decoder, hex('82')), /an earlier one was refused/);
}

describe('HpackDecoder', () => {
  for (const [name, [maxSize, sections, fields, sizes]] of Object.entries(examples)) {
    it(`reads RFC 7541 ${name}`, () => {
      const decoder = new HpackDecoder(maxSize);
      for (const [index, section] of sections.entries()) {
        assert.deepEqual(decoded(decoder, hex(section.replace(/\s/g, ''))), fields[index]);
        assert.equal(decoder.tableSize, sizes[index]);
      }
    });
  }

  it('reads each form of RFC 7541 C.2', () => {
    const forms: readonly [section: string, field: Field, size: number][] = [
      ['400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572', ['custom-key', 'custom-header'], 55],
      ['040c 2f73 616d 706c 652f 7061 7468', [':path', '/sample/path'], 0],
      ['1008 7061 7373 776f 7264 0673 6563 7265 74', ['password', 'secret'], 0],
      ['82', [':method', 'GET'], 0],
    ];
    for (const [section, field, size] of forms) {
      const decoder = new HpackDecoder(4096);
      assert.deepEqual(decoded(decoder, hex(section)), [field]);
      assert.equal(decoder.tableSize, size);
    }
  });

  it('gives fields as they are: empty ones, upper-case, any byte', () => {
    const decoder = new HpackDecoder(4096);
    assert.deepEqual(decoded(decoder, hex('')), []);
    assert.deepEqual(decoded(decoder, hex('00 00 00')), [['', '']]);
    assert.deepEqual(decoded(decoder, hex('00 01 41 03 00 0a ff')), [['A', '\0\n\xff']]);
    assert.deepEqual(decoded(decoder, hex('40 80 80 be')), [
      ['', ''],
      ['', ''],
    ]);
  });

  it('tells size and mark, and keeps what a table field was found to be', () => {
    const decoder = new HpackDecoder(4096);
    const seen: HpackField[] = [];
    const kinds: number[] = [];
    const sink = {
      field: (field: HpackField) => {
        seen.push(field);
        kinds.push(field.kind);
        field.kind = seen.length;
      },
      tooLarge: () => assert.fail(),
    };
    // A new name with index, the same twice from the table, without index twice.
    const section = hex('40 02 7879 01 31 be be 00 02 7879 01 32 0f2f 01 33');
    decoder.decode(section, 0, section.length, sink);
    assert.deepEqual(kinds, [0, 1, 2, 0, 0]);
    for (const field of seen) {
      assert.equal(field.size, 35);
      assert.equal(field.mark, nameMark(2, 0x78));
    }
  });

  it('reads only what is between its offsets', () => {
    const fields: Field[] = [];
    const section = hex('ff ff 82 84 ff');
    new HpackDecoder(4096).decode(section, 2, 4, {
      field: (field) => fields.push(['', String(field.size)]),
      tooLarge() {},
    });
    assert.equal(fields.length, 2);
    assert.throws(
      () => new HpackDecoder(4096).decode(hex('00 01 61 01 62'), 0, 4, { field() {}, tooLarge() {} }),
      /inside/,
    );
  });

  it('refuses indexes that are no entry', () => {
    refuses('80', /no entry 0/);
    refuses('be', /no entry 62/);
    refuses('7e 01 61', /no entry 62/);
    refuses('40 01 61 01 62 bf', /no entry 63/);
    refuses('0f 80 80 80 01', /no entry/);
    refuses('ff ff ff ff 7f', /no entry/);
  });

  it('refuses numbers that are too large or have too many bytes', () => {
    refuses('ff 80 80 80 80 00', /too large/);
    refuses('ff ff ff ff ff 00', /too large/);
    refuses('00 7f ff ff ff ff 01', /too large/);
    refuses('00 ff 80 80 80 80 80 80 80 80 80 80 80', /too large/);
  });

  it('refuses what is cut off, wherever that is', () => {
    const section = hex('40 0a 6375 7374 6f6d 2d6b 6579 88 25a8 49e9 5ba9 7d7f 41 7f 00'.padEnd(500, '61'));
    const limit = section.indexOf(hex('7f 00')) + 2 + 127;
    for (let end = 1; end < limit; end++) {
      const cut = section.subarray(0, end);
      if (end === 21) assert.equal(decoded(new HpackDecoder(4096), cut).length, 1);
      else assert.throws(() => decoded(new HpackDecoder(4096), cut), /it ends inside/, `${end} bytes`);
    }
    refuses('ff', /inside a number/);
    refuses('3f', /inside a number/);
    refuses('04', /inside a field/);
  });

  it('refuses bad Huffman code in names and values', () => {
    refuses('00 84 ffffffff 00', /Huffman/);
    refuses('04 82 1fff', /Huffman/);
  });

  it('takes size updates at the beginning, two at most', () => {
    const decoder = new HpackDecoder(4096);
    assert.deepEqual(decoded(decoder, hex('40 01 61 01 62 40 01 63 01 64')).length, 2);
    assert.equal(decoder.tableSize, 68);
    // 34, which evicts the older one, and 4096 again.
    assert.deepEqual(decoded(decoder, hex('3f 03 3f e1 1f be')), [['c', 'd']]);
    assert.equal(decoder.tableSize, 34);
    assert.deepEqual(decoded(decoder, hex('20')), []);
    assert.equal(decoder.tableSize, 0);
    refuses('bf', /no entry/, decoder);
    refuses('20 20 20', /too often/);
    refuses('82 20', /where it may not/);
    refuses('3f e2 1f', /may have 4096 bytes, not 4097/);
  });

  it('wants an update once its limit is below what the peer uses', () => {
    const decoder = new HpackDecoder(4096);
    decoder.maxTableSize = 100;
    assert.deepEqual(decoded(decoder, hex('3f 45')), []);
    decoder.maxTableSize = 100;
    decoder.maxTableSize = 4096;
    assert.deepEqual(decoded(decoder, hex('82')), [[':method', 'GET']]);
    // Lowered and raised: the lower one must have been there.
    decoder.maxTableSize = 50;
    decoder.maxTableSize = 4096;
    refuses('3f e1 1f', /not made smaller/, decoder);
    const twice = new HpackDecoder(4096);
    twice.maxTableSize = 50;
    twice.maxTableSize = 80;
    refuses('3f 31', /not made smaller/, twice);
    const other = new HpackDecoder(4096);
    other.maxTableSize = 0;
    other.maxTableSize = 4096;
    assert.deepEqual(decoded(other, hex('20 3f e1 1f 82')), [[':method', 'GET']]);
    const silent = new HpackDecoder(4096);
    silent.maxTableSize = 4095;
    refuses('82', /not made smaller/, silent);
  });

  it('takes a larger table once it allows one', () => {
    const decoder = new HpackDecoder(4096);
    decoder.maxTableSize = 8192;
    assert.deepEqual(decoded(decoder, hex('3f e1 3f 82')), [[':method', 'GET']]);
    refuses('3f e2 3f', /8192/, decoder);
  });

  it('leaves out a field over the limit, and goes on', () => {
    const decoder = new HpackDecoder(4096);
    decoder.maxFieldSize = 10;
    assert.deepEqual(decoded(decoder, hex('00 04 6e616d65 06 313233343536')), [['name', '123456']]);
    assert.deepEqual(decoded(decoder, hex('00 04 6e616d65 07 31323334353637 82')), ['tooLarge', [':method', 'GET']]);
    assert.deepEqual(decoded(decoder, hex('04 06 313233343536 88')), ['tooLarge', [':status', '200']]);
    // In Huffman code.
    assert.deepEqual(decoded(decoder, hex('04 84 084210ff 88')), [
      [':path', '11111'],
      [':status', '200'],
    ]);
    assert.deepEqual(decoded(decoder, hex('04 84 08421087 82')), ['tooLarge', [':method', 'GET']]);
    // One that is too long as a name alone.
    assert.deepEqual(decoded(decoder, hex('00 0b 6161616161616161616161 01 61 82')), ['tooLarge', [':method', 'GET']]);
  });

  it('keeps such a field in the table all the same, as the peer does', () => {
    const decoder = new HpackDecoder(4096);
    decoder.maxFieldSize = 10;
    assert.deepEqual(decoded(decoder, hex('40 04 6e616d65 07 31323334353637 be')), ['tooLarge', 'tooLarge']);
    decoder.maxFieldSize = 11;
    assert.deepEqual(decoded(decoder, hex('be')), [['name', '1234567']]);
  });

  it('empties the table for a field that is larger than it, read or not', () => {
    for (const maxFieldSize of [100, 5000, 10_000]) {
      const decoder = new HpackDecoder(4096);
      decoder.maxFieldSize = maxFieldSize;
      assert.equal(decoded(decoder, hex('40 01 61 01 62')).length, 1);
      const large = Buffer.concat([hex('40 01 63 7f 81 27'), Buffer.alloc(5120, 'd')]);
      const expected = maxFieldSize > 5120 ? ['c', 'd'.repeat(5120)] : 'tooLarge';
      assert.deepEqual(decoded(decoder, large), [expected]);
      assert.equal(decoder.tableSize, 0);
    }
  });

  it('refuses everything after an error of its sink', () => {
    const decoder = new HpackDecoder(4096);
    const failure = new Error('enough');
    const sink = {
      field: () => {
        throw failure;
      },
      tooLarge: () => {},
    };
    assert.throws(() => decoder.decode(hex('82'), 0, 1, sink), failure);
    refuses('82', /an earlier one/, decoder);
  });

  it('reads any bytes or throws Http2Error, and refuses everything then', () => {
    const field = fc.tuple(fc.string({ maxLength: 8 }), fc.string({ maxLength: 40 }));
    const valid = fc
      .array(fc.array(field, { maxLength: 6 }), { maxLength: 6 })
      .map((sections) => sections.map((fields) => encoded(new HpackEncoder(4096), fields)));
    const damage = fc.tuple(fc.nat(), fc.nat(255));
    const damaged = fc.tuple(valid, fc.array(damage, { maxLength: 3 })).map(([sections, places]) =>
      sections.map((section) => {
        for (const [at, byte] of places) if (section.length > 0) section[at % section.length] = byte;
        return section;
      }),
    );
    const anything = fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 6 });
    fc.assert(
      fc.property(fc.oneof(anything, damaged), (sections) => {
        const decoder = new HpackDecoder(4096);
        let isBroken = false;
        for (const section of sections) {
          try {
            decoded(decoder, section);
            assert.ok(!isBroken);
          } catch (error) {
            assert.ok(error instanceof Http2Error && error.http2Code === Http2Code.compressionError, String(error));
            if (isBroken) assert.match(error.message, /an earlier one/);
            isBroken = true;
          }
          assert.ok(decoder.tableSize <= 4096);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
