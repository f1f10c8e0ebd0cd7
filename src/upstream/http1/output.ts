import type { Socket } from 'node:net';
import { type OutgoingRequestHead, requestHeadSize, writeRequestHead } from '../../protocol/http1/request-writer.ts';
import { chunkEnd, chunkHead } from '../../protocol/http1/response.ts';

const slabSize = 64 * 1024;

/** Chunks up to this size leave in one piece with their framing, in bytes. */
const copiedChunkSize = 8 * 1024;

/** Where heads are written. Where the kernel takes all that a turn of the event loop wrote, the next turn writes over it. */
let slab = Buffer.allocUnsafeSlow(slabSize);
let slabAt = 0;
/** What is before this may still wait in a socket: it is never written over. */
let slabBase = 0;

/** Sockets that wait for the end of the turn. */
const held: Socket[] = [];

/**
 * Writes a head, and a body that is at hand, in one piece, which leaves at the end of this turn of the event loop: a peer that wakes up
 * for each of many requests costs the sender more than they do. Gives its size. Throws PeerError, see {@link writeRequestHead}.
 */
export function writeRequest(socket: Socket, head: OutgoingRequestHead, body: Uint8Array): number {
  const size = requestHeadSize(head) + body.length;
  if (slabAt + size > slab.length) {
    slab = Buffer.allocUnsafeSlow(Math.max(slabSize, size));
    slabAt = 0;
    slabBase = 0;
  }
  const headEnd = writeRequestHead(slab, slabAt, head);
  if (body.length > 0) slab.set(body, headEnd);
  const piece = slab.subarray(slabAt, headEnd + body.length);
  slabAt += piece.length;
  socket.cork();
  if (held.push(socket) === 1) setImmediate(release);
  socket.write(piece);
  return piece.length;
}

function release(): void {
  let areSent = true;
  for (const socket of held) {
    socket.uncork();
    if (socket.writableLength > 0) areSent = false;
  }
  held.length = 0;
  if (areSent) slabAt = slabBase;
  else slabBase = slabAt;
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
