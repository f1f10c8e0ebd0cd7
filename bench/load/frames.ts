/** Opcodes of RFC 6455 §5.2 that the load generator meets. */
export const opcode = { text: 1, close: 8, ping: 9, pong: 10 } as const;

/** One frame, as a server sends it. */
export interface ServerFrame {
  readonly opcode: number;
  /** A view of the bytes that were given. */
  readonly payload: Buffer;
  /** The whole frame, in bytes. */
  readonly size: number;
}

/** A masked frame of a client that is complete in itself, with a payload of at most 125 bytes (RFC 6455 §5.2). */
export function clientFrame(code: number, payload: Uint8Array): Buffer {
  if (payload.length > 125) throw new RangeError(`Cannot send ${payload.length} bytes in a short frame`);
  const mask = [0x12, 0x34, 0x56, 0x78] as const;
  const masked = payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0));
  return Buffer.from([0x80 | code, 0x80 | payload.length, ...mask, ...masked]);
}

/** A frame of a server that is complete in itself, with a payload of at most 125 bytes. */
export function serverFrame(code: number, payload: Uint8Array): Buffer {
  return Buffer.from([0x80 | code, payload.length, ...payload]);
}

/** The frame that the bytes begin with; undefined while it is not complete. Throws on a frame that no case asks for. */
export function readServerFrame(bytes: Buffer): ServerFrame | undefined {
  const [first, length] = bytes;
  if (first === undefined || length === undefined) return undefined;
  if ((first & 0xf0) !== 0x80 || length > 125) {
    throw new Error(`Cannot read the frame ${bytes.toString('hex', 0, 8)}…: long, compressed or a fragment`);
  }
  const size = 2 + length;
  return bytes.length < size ? undefined : { opcode: first & 0x0f, payload: bytes.subarray(2, size), size };
}
