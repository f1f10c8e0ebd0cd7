import type { Socket } from 'node:net';
import { OutputSlab } from './output-slab.ts';

const heldSize = 128 * 1024; // answers of 1 KiB to 100 clients; stays in the processor's cache

/**
 * Keeps what is written to sockets in a turn of the event loop until its end, when all of it leaves at once: a client that wakes up
 * for each answer costs the sender more than the answer, and one that reads many wakes up once.
 */
export class HeldWrites {
  /** For what is held alone: where the kernel takes all of it, as it nearly always does, the same memory serves the next turn. */
  readonly slab: OutputSlab = new OutputSlab(heldSize);
  readonly #sockets: Socket[] = [];
  readonly #release = (): void => {
    let areSent = true;
    for (const socket of this.#sockets) {
      socket.uncork();
      if (socket.writableLength > 0) areSent = false;
    }
    this.#sockets.length = 0;
    if (areSent) this.slab.rewind();
    else this.slab.keep();
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
