import { coalescedBodySize } from '../core/limits.ts';
import type { ByteStream } from './byte-stream.ts';
import type { OutputSlab } from './output-slab.ts';

/** Writes parts that belong together: small ones copied into one piece, since that is cheaper than a gathering write. */
export function writeParts(socket: ByteStream, slab: OutputSlab, parts: readonly Uint8Array[]): void {
  let size = 0;
  for (const part of parts) size += part.length;
  if (size > coalescedBodySize) {
    socket.cork();
    for (const part of parts) socket.write(part);
    socket.uncork();
    return;
  }
  writePiece(socket, slab, size, (into, at) => {
    for (const part of parts) {
      into.set(part, at);
      at += part.length;
    }
    return at;
  });
}

/**
 * Writes a small piece of at most `size` bytes, which `fill` puts at an offset; it gives the offset after it. Where the socket
 * is behind, the piece gets memory of its own: while it waits it would keep a whole slab, which is many times as large.
 */
export function writePiece(
  socket: ByteStream,
  slab: OutputSlab,
  size: number,
  fill: (into: Buffer, at: number) => number,
): void {
  if (socket.writableLength > 0) {
    const own = Buffer.allocUnsafeSlow(size);
    socket.write(own.subarray(0, fill(own, 0)));
    return;
  }
  const { buffer, offset } = slab.reserve(size);
  socket.write(slab.commit(fill(buffer, offset)));
}
