/** What every header of version 2 begins with. */
export const signature: Buffer = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');

/** Before the addresses of version 2: signature, version and command, family and transport, length. */
export const fixedSize = 16;
