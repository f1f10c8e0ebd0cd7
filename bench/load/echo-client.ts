import type { Socket } from 'node:net';
import { FrameReader } from './frame-reader.ts';
import { clientFrame, opcode, serverFrame } from './frames.ts';
import type { Latencies } from './latencies.ts';
import { openLongConnection } from './long-connection.ts';

const messagesPerClient = 16;

/** One WebSocket that sends a text, waits until it comes back and sends the next. */
export class EchoClient {
  readonly #latencies: Latencies;
  readonly #sent: readonly Buffer[];
  readonly #echoes: readonly Buffer[];
  readonly #reader: FrameReader = new FrameReader(
    (text) => this.#answered(text.equals(this.#echo.subarray(2))),
    (bytes) => this.#socket?.write(bytes),
  );
  readonly #finished: PromiseWithResolvers<void> = Promise.withResolvers();
  #socket: Socket | undefined;
  #index = 0;
  #echo: Buffer = Buffer.alloc(0);
  #sentAt = 0;
  #endAt = 0;
  /** Answers that were not what was sent. */
  wrongEchoes = 0;
  /** It ended before its time, or the last answer did not come. */
  isLost = false;

  /** `number` goes into the texts, so that no other client's echo can pass for this one's. Texts of 8 to 125 bytes. */
  constructor(number: number, textSize: number, latencies: Latencies) {
    this.#latencies = latencies;
    const texts = Array.from({ length: messagesPerClient }, (_, index) =>
      Buffer.from(`${number}:${index}`.padEnd(textSize, '.')),
    );
    this.#sent = texts.map((text) => clientFrame(opcode.text, text));
    this.#echoes = texts.map((text) => serverFrame(opcode.text, text));
  }

  /** Rejects when the server does not agree. */
  async open(port: number): Promise<void> {
    this.#socket = await openLongConnection('websocket', port, {
      bytes: (bytes) => {
        // Nearly always the one frame that is awaited comes alone.
        if (this.#reader.isBetweenFrames && bytes.equals(this.#echo)) this.#answered(true);
        else this.#reader.receive(bytes);
      },
      end: () => this.stop(),
    });
  }

  /** Sends and receives until `endAt` (of `performance.now()`). Resolves when the last answer is there, or never will be. */
  run(endAt: number): Promise<void> {
    this.#endAt = endAt;
    this.#send(performance.now());
    return this.#finished.promise;
  }

  /** Gives up the answer that is due; without one, nothing happens. */
  stop(): void {
    if (this.#echo.length === 0) return;
    this.isLost = true;
    this.#finish();
  }

  #send(now: number): void {
    const frame = this.#sent[this.#index];
    const echo = this.#echoes[this.#index];
    if (frame === undefined || echo === undefined) throw new RangeError(`no message ${this.#index}`);
    this.#index = (this.#index + 1) % messagesPerClient;
    this.#echo = echo;
    this.#sentAt = now;
    this.#socket?.write(frame);
  }

  #answered(isRight: boolean): void {
    const now = performance.now();
    this.#latencies.add(now - this.#sentAt);
    if (!isRight) this.wrongEchoes++;
    if (now < this.#endAt) this.#send(now);
    else this.#finish();
  }

  #finish(): void {
    this.#echo = Buffer.alloc(0);
    this.#socket?.end(clientFrame(opcode.close, Uint8Array.of(0x03, 0xe8)));
    this.#finished.resolve();
  }
}
