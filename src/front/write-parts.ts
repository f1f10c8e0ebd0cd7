import type { Socket } from 'node:net';
import { coalescedBodySize } from '../core/limits.ts';
import type { OutputSlab } from './output-slab.ts';

/** Writes parts that belong together: small ones copied into one piece, since that is cheaper than a gathering write. */
export function writeParts(socket: Socket, slab: OutputSlab, parts: readonly Uint8Array[]): void {
  let size = 0;
  for (const part of parts) size += part.length;
  if (size > coalescedBodySize) {
    socket.cork();
    for (const part of parts) socket.write(part);
    socket.uncork();
    return;
  }
  const { buffer, offset } = slab.reserve(size);
  let at = offset;
  for (const part of parts) {
    buffer.set(part, at);
    at += part.length;
  }
  socket.write(slab.commit(at));
}
