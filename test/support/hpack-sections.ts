import { HeaderList } from '../../src/core/headers.ts';
import type { HpackDecoder } from '../../src/protocol/http2/hpack/hpack-decoder.ts';
import { type HpackEncoder, maxEncodedOverhead } from '../../src/protocol/http2/hpack/hpack-encoder.ts';
import type { HpackField } from '../../src/protocol/http2/hpack-field.ts';

export type Field = readonly [name: string, value: string];

/** The bytes that this hexadecimal text stands for. */
export function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(' ', ''), 'hex');
}

/** The fields of a section; `tooLarge` for each that is left out. */
export function decoded(decoder: HpackDecoder, section: Uint8Array): (Field | 'tooLarge')[] {
  const fields: (Field | 'tooLarge')[] = [];
  decoder.decode(Buffer.from(section), 0, section.length, {
    field: (field) => fields.push(pairOf(field)),
    tooLarge: () => fields.push('tooLarge'),
  });
  return fields;
}

/** A section with these fields, written to no more room than it may need. */
export function encoded(encoder: HpackEncoder, fields: readonly Field[]): Buffer {
  const bytes = fields.reduce((sum, [name, value]) => sum + maxEncodedOverhead + name.length + value.length, 0);
  const into = Buffer.alloc(maxEncodedOverhead + bytes);
  let end = encoder.begin(into, 0);
  for (const [name, value] of fields) {
    const limit = end + maxEncodedOverhead + name.length + value.length;
    end = encoder.encodeField(into, end, name, value);
    if (end > limit) throw new Error(`${name} has ${end - limit} bytes more than it may need`);
  }
  return into.subarray(0, end);
}

export function pairOf(field: HpackField): Field {
  const [pair] = HeaderList.ofValidBlock(field.bytes, field.start, field.end);
  if (!pair) throw new Error('the field is empty');
  return pair;
}
