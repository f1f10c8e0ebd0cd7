import type { Socket } from 'node:net';
import { PeerError } from '../core/errors.ts';
import type { RequestHead } from '../core/exchange.ts';
import { HeaderList } from '../core/headers.ts';
import { coalescedBodySize, sendBufferSize } from '../core/limits.ts';
import type { Reply } from '../core/reply.ts';
import {
  chunkEnd,
  chunkHead,
  frameResponse,
  lastChunk,
  type ResponseFraming,
  type ResponseHead,
  responseHeadSize,
  writeResponseHead,
} from '../protocol/http1/response.ts';
import type { ConnectionContext } from './connection-context.ts';
import type { OutputSlab } from './output-slab.ts';
import { writeParts } from './write-parts.ts';

/** Named in the `server` header of answers that have none. */
export const serverName = 'galley';

/** Of a body at hand, in bytes; larger while the socket takes all at once. Only a slice that is sent whole shows that a client still reads. */
const sliceSize = 64 * 1024;
const mostSliceSize = 4 * sliceSize;

/** One answer on its way to a client: its head and framing are settled, its body is written by one of the functions below. */
export interface Answer {
  readonly head: ResponseHead;
  readonly reply: Reply;
  /** Whether `writeWhole` sends it; else `writeStreamed`. */
  readonly isWhole: boolean;
  /** Whether the client says that it takes trailers (RFC 9110 §10.1.4): where it does not, they are left out. */
  readonly takesTrailers: boolean;
}

/** Settles how a reply goes out (RFC 9112 §6). Throws PeerError `app-response-invalid` for a content-length that is not true. */
export function prepareAnswer(
  request: Pick<RequestHead, 'method' | 'version' | 'headers'>,
  reply: Reply,
  keepAlive: boolean,
  date: string,
): Answer {
  const version = request.version === '1.0' ? '1.0' : '1.1';
  const { status, reason, headers, body } = reply;
  const framing = frameResponse(request.method, version, status, headers, body);
  const head: ResponseHead = {
    version,
    status,
    reason,
    headers,
    framing,
    keepAlive: keepAlive && framing.kind !== 'close',
    date,
    server: serverName,
  };
  const isWhole = framing.kind === 'none' || (body instanceof Uint8Array && body.length <= sendBufferSize);
  const takesTrailers = !isWhole && reply.trailers !== undefined && listsTrailers(request.headers);
  return { head, reply, isWhole, takesTrailers };
}

/** Writes an answer whose body is at hand, or that has none, at the end of the turn. Gives the bytes written. */
export function writeWhole(
  socket: Socket,
  { writes }: Pick<ConnectionContext, 'writes'>,
  { head, reply }: Answer,
): { readonly head: number; readonly content: number } {
  const body = head.framing.kind === 'none' ? undefined : (reply.body as Uint8Array);
  const together = body !== undefined && body.length <= coalescedBodySize ? body.length : 0;
  const { slab } = writes;
  const { buffer, offset } = slab.reserve(responseHeadSize(head) + together);
  let end = writeResponseHead(buffer, offset, head);
  const headSize = end - offset;
  if (body && together > 0) {
    buffer.set(body, end);
    end += together;
  }
  writes.hold(socket);
  socket.write(slab.commit(end));
  if (body && together < body.length) socket.write(body);
  return { head: headSize, content: body?.length ?? 0 };
}

/**
 * Writes an answer piece by piece, each as it comes, no faster than the client takes them. `progress` is told the content bytes
 * of each, and those around it. Rejects when the body breaks or is shorter than declared (the connection must then be cut), and when the socket closes.
 */
export async function writeStreamed(
  socket: Socket,
  slab: OutputSlab,
  { head, reply, takesTrailers }: Answer,
  progress: (bytes: number, around: number) => void,
): Promise<void> {
  const { framing } = head;
  const { buffer, offset } = slab.reserve(responseHeadSize(head));
  socket.cork();
  process.nextTick(() => socket.uncork());
  const end = writeResponseHead(buffer, offset, head);
  socket.write(slab.commit(end));
  progress(0, end - offset);
  let left = framing.kind === 'length' ? framing.length : Number.POSITIVE_INFINITY;
  let slice = sliceSize;
  const pieces = reply.body instanceof Uint8Array ? slices(reply.body, () => slice) : reply.body;
  for await (const piece of pieces) {
    const chunk = piece.length > left ? piece.subarray(0, left) : piece;
    left -= chunk.length;
    progress(chunk.length, writeChunk(socket, slab, framing, chunk));
    slice = socket.writableLength === 0 ? Math.min(2 * slice, mostSliceSize) : sliceSize;
    if (socket.writableLength > sendBufferSize) await drained(socket);
    if (socket.destroyed) throw new PeerError('client-closed', 'The client left');
  }
  if (framing.kind === 'length' && left > 0) {
    throw new PeerError('app-response-invalid', `The app's answer ended ${left} bytes before its content-length`);
  }
  if (framing.kind !== 'chunked') return;
  const last = lastChunk((takesTrailers && reply.trailers?.()) || HeaderList.empty);
  socket.write(last);
  progress(0, last.length);
}

/** Stops the source of a body that nobody gets. */
export function cancelBody({ body }: Reply): void {
  if (!(body instanceof Uint8Array)) void body[Symbol.asyncIterator]().return?.();
}

/** Resolves when the socket's buffer is empty or the socket is closed. */
export function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      socket.off('drain', done);
      socket.off('close', done);
      resolve();
    };
    socket.on('drain', done);
    socket.on('close', done);
    if (socket.destroyed) done();
  });
}

function listsTrailers(headers: HeaderList): boolean {
  return headers.getAll('te').some((value) => /(?:^|[, \t])trailers(?:$|[, \t;])/i.test(value));
}

function* slices(bytes: Uint8Array, size: () => number): Iterable<Uint8Array> {
  for (let at = 0; at < bytes.length; ) {
    const slice = bytes.subarray(at, at + size());
    at += slice.length;
    yield slice;
  }
}

/** Gives the bytes written around the content. */
function writeChunk(socket: Socket, slab: OutputSlab, framing: ResponseFraming, chunk: Uint8Array): number {
  if (chunk.length === 0) return 0;
  if (framing.kind !== 'chunked') {
    socket.write(chunk);
    return 0;
  }
  const head = chunkHead(chunk.length);
  writeParts(socket, slab, [head, chunk, chunkEnd]);
  return head.length + chunkEnd.length;
}
