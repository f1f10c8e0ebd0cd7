const digits = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** The text that crypt makes of bytes: of each three, in this order, four digits, the lowest bits first. */
export function cryptBase64(bytes: Uint8Array, order: readonly (readonly number[])[]): string {
  let text = '';
  for (const group of order) {
    let value = group.reduce((sum, index) => sum * 256 + (bytes[index] as number), 0);
    for (let count = 0; count <= group.length; count++) {
      text += digits[value & 63];
      value >>= 6;
    }
  }
  return text;
}
