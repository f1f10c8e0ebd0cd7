const table: Uint32Array = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** What {@link crc32Byte} and {@link crc32Text} begin with. */
export const crc32Start = 0xffffffff;

/** CRC-32 (ISO 3309) goes on with a byte. */
export function crc32Byte(state: number, byte: number): number {
  return (table[(state ^ byte) & 0xff] as number) ^ (state >>> 8);
}

/** CRC-32 goes on with the bytes of a latin-1 text; a string needs no copy for it. */
export function crc32Text(state: number, text: string): number {
  let next = state;
  for (let index = 0; index < text.length; index++) next = crc32Byte(next, text.charCodeAt(index));
  return next;
}

/** The checksum itself, when all bytes went in. */
export function crc32End(state: number): number {
  return ~state >>> 0;
}
