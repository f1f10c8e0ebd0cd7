import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { FrameOutput } from '../../protocol/http2/server-sink.ts';
import type { HeldOutput, HeldWrites } from '../held-writes.ts';

/** Content up to this size is copied behind its frame's head, in bytes: that is cheaper than a write of several parts. */
const copiedSize = 8 * 1024;

/** Gathers the frames of one turn of the event loop, which leave in one write, and over TLS in as few records as can be. */
export class FrameBuffer implements FrameOutput {
  readonly #socket: Socket;
  readonly #writes: HeldWrites;
  readonly #owner: HeldOutput;
  /** TLS encrypts at once what it is given while it has nothing else under way; the bytes are ours again then. */
  readonly #isCopied: boolean;
  #buffer: Buffer | undefined;
  #at = 0;
  /** What of the buffer is before this is among the parts. */
  #partAt = 0;
  #parts: Uint8Array[] = [];
  /** Bytes that were committed and not written to the socket. */
  #size = 0;
  #isHeld = false;
  #isEnded = false;
  readonly #reserved: { buffer: Buffer; offset: number } = { buffer: Buffer.alloc(0), offset: 0 };

  /** `owner` is asked to flush at the end of each turn in which something was put here. */
  constructor(socket: Socket, writes: HeldWrites, owner: HeldOutput) {
    this.#socket = socket;
    this.#writes = writes;
    this.#owner = owner;
    this.#isCopied = socket instanceof TLSSocket;
  }

  get unsent(): number {
    return this.#size + this.#socket.writableLength;
  }

  reserve(size: number): { readonly buffer: Buffer; readonly offset: number } {
    if (this.#isEnded) {
      // What is written here is lost: it must not take memory that others share.
      this.#reserved.buffer = Buffer.allocUnsafe(size);
      this.#reserved.offset = 0;
      return this.#reserved;
    }
    let buffer = this.#buffer;
    if (!buffer || this.#at + size > buffer.length) {
      this.#cut();
      buffer = this.#writes.takeBuffer();
      if (buffer.length < size) buffer = Buffer.allocUnsafeSlow(size);
      this.#buffer = buffer;
      this.#at = 0;
      this.#partAt = 0;
    }
    this.#reserved.buffer = buffer;
    this.#reserved.offset = this.#at;
    return this.#reserved;
  }

  commit(end: number): void {
    if (this.#isEnded) return;
    this.#size += end - this.#at;
    this.#at = end;
    this.hold();
  }

  write(bytes: Uint8Array): void {
    if (this.#isEnded) return;
    if (bytes.length <= copiedSize) {
      const { buffer, offset } = this.reserve(bytes.length);
      buffer.set(bytes, offset);
      this.commit(offset + bytes.length);
      return;
    }
    this.#cut();
    this.#parts.push(bytes);
    this.#size += bytes.length;
    this.hold();
  }

  /** The owner is to flush at the end of this turn, also if nothing more is put here. */
  hold(): void {
    if (this.#isHeld) return;
    this.#isHeld = true;
    this.#writes.holdOutput(this.#owner);
  }

  /** Writes to the socket what was gathered. */
  flush(): void {
    this.#isHeld = false;
    if (this.#size === 0) return;
    this.#size = 0;
    const socket = this.#socket;
    const wasEmpty = socket.writableLength === 0;
    const buffer = this.#buffer;
    const parts = this.#parts;
    if (parts.length > 0) {
      this.#cut();
      this.#parts = [];
      this.#forget();
      socket.cork();
      for (const part of parts) socket.write(part);
      socket.uncork();
      const isTaken = socket.writableLength === 0 || (wasEmpty && this.#isCopied);
      if (buffer && isTaken) this.#writes.giveBuffer(buffer);
      return;
    }
    if (!buffer) return;
    const gathered = buffer.subarray(0, this.#at);
    this.#at = 0;
    if (wasEmpty) {
      socket.write(gathered);
      if (socket.writableLength > 0 && !this.#isCopied) {
        this.#forget();
        return;
      }
    } else {
      // What waits behind a slow client must not keep a buffer many times as large.
      socket.write(Buffer.from(gathered));
    }
    this.#buffer = undefined;
    this.#writes.giveBuffer(buffer);
  }

  /** Flushes, and takes nothing from now on. */
  end(): void {
    this.flush();
    this.#isEnded = true;
    this.#forget();
  }

  #forget(): void {
    this.#buffer = undefined;
    this.#at = 0;
    this.#partAt = 0;
  }

  #cut(): void {
    if (this.#buffer && this.#at > this.#partAt) this.#parts.push(this.#buffer.subarray(this.#partAt, this.#at));
    this.#partAt = this.#at;
  }
}
