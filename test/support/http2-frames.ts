/** Types and flags of HTTP/2 frames (RFC 9113 §6). */
export const DATA = 0;
export const HEADERS = 1;
export const RST_STREAM = 3;
export const SETTINGS = 4;
export const GOAWAY = 7;
export const END_STREAM = 1;
export const END_HEADERS = 4;

/** The frame as bytes. */
export function frame(type: number, flags: number, stream: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** Numbers of 4 bytes. */
export function numbers(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value, 4 * index);
  return bytes;
}

/** A block of fields behind `:status: 200`, none of them compressed (RFC 7541 §6.2.2). */
export function okFields(fields: readonly (readonly [name: string, value: string])[] = []): Buffer {
  const texts = fields.map(([name, value]) => `\0${sized(name)}${sized(value)}`);
  return Buffer.from(`\x88${texts.join('')}`, 'latin1');
}

function sized(text: string): string {
  return String.fromCharCode(text.length) + text;
}
