import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const piece = Buffer.alloc(64 * 1024, 'u');

/** A client that reads and writes only when it is told to; what it does not read stays with the server. */
export class StreamClient {
  readonly #socket: Socket;
  #toSend = 0;
  #changed: () => void = () => {};
  /** Bytes read, the head's included. */
  bytesRead = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('error', () => {});
    socket.on('drain', () => this.#send());
    for (const event of ['readable', 'end', 'close']) socket.on(event, () => this.#changed());
  }

  /** Connects and sends a request head; a body of so many bytes follows as fast as the server takes it. */
  static async open(port: number, head: string, bodyLength = 0): Promise<StreamClient> {
    const socket = connect({ port, host: '127.0.0.1' });
    await once(socket, 'connect');
    const client = new StreamClient(socket);
    socket.write(head);
    client.#toSend = bodyLength;
    client.#send();
    return client;
  }

  /** Bytes that have left for the server's machine, the head's included. */
  get bytesSent(): number {
    return this.#socket.bytesWritten - this.#socket.writableLength;
  }

  /** Reads at least so many bytes, or to the end. Gives what was read. */
  async read(atLeast: number): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for (let size = 0; size < atLeast; ) {
      const chunk: Buffer | null = this.#socket.read();
      if (chunk) {
        chunks.push(chunk);
        size += chunk.length;
        this.bytesRead += chunk.length;
      } else if (this.#socket.readableEnded || this.#socket.destroyed) {
        break;
      } else {
        await new Promise<void>((resolve) => {
          this.#changed = resolve;
        });
      }
    }
    return Buffer.concat(chunks);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #send(): void {
    while (this.#toSend > 0) {
      const bytes = piece.subarray(0, this.#toSend);
      this.#toSend -= bytes.length;
      if (!this.#socket.write(bytes)) return;
    }
  }
}
