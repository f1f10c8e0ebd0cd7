import type { Socket } from 'node:net';
import { type OutgoingRequestHead, requestHeadSize, writeRequestHead } from '../../protocol/http1/request-writer.ts';
import { chunkEnd, chunkHead } from '../../protocol/http1/response.ts';

const slabSize = 64 * 1024;

/** Chunks up to this size leave in one piece with their framing, in bytes. */
const copiedChunkSize = 8 * 1024;

/** Where heads are written. What the kernel has taken is written over; what it has not is left alone. */
let slab = Buffer.allocUnsafeSlow(slabSize);
let slabAt = 0;

/** Writes a head, and a body that is at hand, in one piece. Gives its size. */
export function writeRequest(socket: Socket, head: OutgoingRequestHead, body: Uint8Array): number {
  const size = requestHeadSize(head) + body.length;
  if (slabAt + size > slab.length) {
    slab = Buffer.allocUnsafeSlow(Math.max(slabSize, size));
    slabAt = 0;
  }
  const headEnd = writeRequestHead(slab, slabAt, head);
  if (body.length > 0) slab.set(body, headEnd);
  const piece = slab.subarray(slabAt, headEnd + body.length);
  socket.write(piece);
  if (socket.writableLength > 0) slabAt += piece.length;
  return piece.length;
}

/** Writes one chunk (RFC 9112 §7.1). Gives its size with the framing. */
export function writeChunk(socket: Socket, data: Uint8Array): number {
  const head = chunkHead(data.length);
  const size = head.length + data.length + chunkEnd.length;
  if (data.length <= copiedChunkSize) {
    socket.write(Buffer.concat([head, data, chunkEnd], size));
  } else {
    socket.cork();
    socket.write(head);
    socket.write(data);
    socket.write(chunkEnd);
    socket.uncork();
  }
  return size;
}
