import type { Socket } from 'node:net';

/**
 * Keeps what is written to sockets in a turn of the event loop until its end, when all of it leaves at once: a client that wakes up
 * for each answer costs the sender more than the answer, and one that reads many wakes up once.
 */
export class HeldWrites {
  readonly #sockets: Socket[] = [];
  readonly #release = (): void => {
    for (const socket of this.#sockets) socket.uncork();
    this.#sockets.length = 0;
  };

  /** What is written from now on waits, in its order, for the end of the turn, or for the end of the socket. */
  hold(socket: Socket): void {
    socket.cork();
    if (this.#sockets.push(socket) === 1) setImmediate(this.#release);
  }
}

/** Sends at once what is held back; to be called before a socket is destroyed, which would lose it. */
export function releaseWrites(socket: Socket): void {
  while (socket.writableCorked > 0) socket.uncork();
}
