import type { ByteStream } from './byte-stream.ts';
import { OutputSlab } from './output-slab.ts';

const heldSize = 128 * 1024; // answers of 1 KiB to 100 clients; stays in the processor's cache
const spareSize = 32 * 1024;
const mostSpare = 32;

/** What is written to one client in a turn of the event loop, where that is gathered before it reaches its socket. */
export interface HeldOutput {
  /** The turn is over. */
  flush(): void;
}

/**
 * Keeps what is written to sockets in a turn of the event loop until its end, when all of it leaves at once: a client that wakes up
 * for each answer costs the sender more than the answer, and one that reads many wakes up once.
 */
export class HeldWrites {
  /** For what is held alone: where the kernel takes all of it, as it nearly always does, the same memory serves the next turn. */
  readonly slab: OutputSlab = new OutputSlab(heldSize);
  readonly #sockets: ByteStream[] = [];
  #outputs: HeldOutput[] = [];
  readonly #spare: Buffer[] = [];
  #isScheduled = false;
  readonly #release = (): void => {
    this.#isScheduled = false;
    const outputs = this.#outputs;
    if (outputs.length > 0) {
      this.#outputs = [];
      for (const output of outputs) output.flush();
    }
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
  hold(socket: ByteStream): void {
    socket.cork();
    this.#sockets.push(socket);
    this.#schedule();
  }

  /** It is flushed at the end of the turn. */
  holdOutput(output: HeldOutput): void {
    this.#outputs.push(output);
    this.#schedule();
  }

  /** Memory for what an output gathers. */
  takeBuffer(): Buffer {
    return this.#spare.pop() ?? Buffer.allocUnsafeSlow(spareSize);
  }

  /** Nobody holds any piece of that any more. */
  giveBuffer(buffer: Buffer): void {
    if (buffer.length === spareSize && this.#spare.length < mostSpare) this.#spare.push(buffer);
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(this.#release);
  }
}

/** Sends at once what is held back; to be called before a socket is destroyed, which would lose it. */
export function releaseWrites(socket: ByteStream): void {
  while (socket.writableCorked > 0) socket.uncork();
}
