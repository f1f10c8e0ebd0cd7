import { clientFrame, opcode, readServerFrame } from './frames.ts';

/** Takes a server's frames out of the bytes that come in any pieces, and answers its pings. */
export class FrameReader {
  readonly #text: (payload: Buffer) => void;
  readonly #write: (bytes: Buffer) => void;
  #pending: Buffer = Buffer.alloc(0);

  /** `text` gets each text message, valid until it returns; `write` sends bytes to the server. */
  constructor(text: (payload: Buffer) => void, write: (bytes: Buffer) => void) {
    this.#text = text;
    this.#write = write;
  }

  /** No part of a frame waits for its rest. */
  get isBetweenFrames(): boolean {
    return this.#pending.length === 0;
  }

  /** Throws on a frame that no case asks for. */
  receive(bytes: Buffer): void {
    // A copy, because the bytes are valid for this call only.
    let rest = Buffer.concat([this.#pending, bytes]);
    for (let frame = readServerFrame(rest); frame !== undefined; frame = readServerFrame(rest)) {
      rest = rest.subarray(frame.size);
      if (frame.opcode === opcode.text) this.#text(frame.payload);
      if (frame.opcode === opcode.ping) this.#write(clientFrame(opcode.pong, frame.payload));
    }
    this.#pending = rest;
  }
}
