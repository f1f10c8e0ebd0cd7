import type { Socket } from 'node:net';
import { FrameReader } from './frame-reader.ts';
import { openLongConnection } from './long-connection.ts';
import type { LongProtocol } from './openings.ts';

/** One connection that stays open and sends nothing, but for pongs. */
export class HeldConnection {
  #socket: Socket | undefined;
  #frames: FrameReader | undefined;
  /** Events that came on an event stream. */
  events = 0;
  /** The server ended it, or sent what nobody asked for. */
  isLost = false;

  /** Rejects when the server does not agree. */
  async open(protocol: LongProtocol, port: number): Promise<void> {
    if (protocol === 'websocket') {
      this.#frames = new FrameReader(
        () => {
          this.isLost = true;
        },
        (bytes) => this.#socket?.write(bytes),
      );
    }
    this.#socket = await openLongConnection(protocol, port, {
      bytes: (bytes) => {
        if (this.#frames !== undefined) this.#frames.receive(bytes);
        else this.#countEvents(bytes);
      },
      end: () => {
        this.isLost = true;
      },
    });
  }

  close(): void {
    this.#socket?.destroy();
  }

  #countEvents(bytes: Buffer): void {
    for (let at = bytes.indexOf('data:'); at >= 0; at = bytes.indexOf('data:', at + 1)) this.events++;
  }
}
