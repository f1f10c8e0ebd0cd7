import { connect, type Socket } from 'node:net';
import { type LongProtocol, openings } from './openings.ts';

/** What happens on a long connection once it is open. */
export interface LongConnectionEvents {
  /** Bytes came; they are valid until the call returns. */
  readonly bytes: (bytes: Buffer) => void;
  /** It was open and ended, for whatever reason. */
  readonly end: () => void;
}

/** All connections of the process are read into this: a callback has taken what it needs when it returns. */
const readBuffer = Buffer.allocUnsafe(64 * 1024);

/**
 * Opens a WebSocket or an event stream on this machine. Resolves when the server has agreed, with the socket to write to;
 * rejects when the connection fails or is refused.
 */
export function openLongConnection(
  protocol: LongProtocol,
  port: number,
  events: LongConnectionEvents,
): Promise<Socket> {
  const { request, answer } = openings[protocol];
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  let isOpen = false;
  let head = '';
  const socket = connect({
    host: '127.0.0.1',
    port,
    noDelay: true,
    onread: {
      buffer: readBuffer,
      callback(size) {
        if (isOpen) events.bytes(readBuffer.subarray(0, size));
        else readHead(readBuffer.subarray(0, size));
        return true;
      },
    },
  });
  socket.on('error', reject);
  socket.on('close', () => {
    if (isOpen) events.end();
    else reject(new Error(`the server closed the connection after ${JSON.stringify(head.slice(0, 200))}`));
  });
  socket.write(request);
  return promise;

  function readHead(bytes: Buffer): void {
    const before = head.length;
    head += bytes.toString('latin1');
    const headEnd = head.indexOf('\r\n\r\n');
    if (headEnd < 0) return;
    if (!head.startsWith(answer)) {
      reject(new Error(`the answer is ${JSON.stringify(head.slice(0, 200))}`));
      socket.destroy();
      return;
    }
    isOpen = true;
    resolve(socket);
    const rest = bytes.subarray(headEnd + 4 - before);
    if (rest.length > 0) events.bytes(rest);
  }
}
