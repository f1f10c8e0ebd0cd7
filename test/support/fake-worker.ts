import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { HeaderList } from '../../src/core/headers.ts';
import { FrameReader } from '../../src/protocol/worker/frame-reader.ts';
import { FrameWriter } from '../../src/protocol/worker/frame-writer.ts';
import { Flag, Kind, protocolVersion } from '../../src/protocol/worker/kinds.ts';

export interface ReceivedFrame {
  readonly kind: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

/** A worker made of nothing but the worker protocol, on a real socket: a test sees every frame and answers as it likes. */
export class FakeWorker {
  readonly socket: Socket;
  readonly frames: ReceivedFrame[] = [];
  readonly #writer: FrameWriter = new FrameWriter();
  #arrived: () => void = () => {};

  private constructor(socket: Socket) {
    this.socket = socket;
    const reader = new FrameReader({
      frame: (kind, flags, stream, bytes, start, end) => {
        this.frames.push({ kind, flags, stream, payload: Buffer.from(bytes.subarray(start, end)) });
      },
    });
    socket.on('data', (chunk: Buffer) => {
      reader.receive(chunk);
      this.#arrived();
    });
    socket.on('error', () => {});
  }

  /** Connects and says HELLO. */
  static async connect(path: string, worker: number, hello: object = {}): Promise<FakeWorker> {
    const socket = connect(path);
    await once(socket, 'connect');
    const fake = new FakeWorker(socket);
    const text = {
      protocol: protocolVersion,
      worker,
      pid: process.pid,
      interface: 'asgi3',
      concurrency: 100,
      ...hello,
    };
    fake.send(Kind.hello, 0, 0, JSON.stringify(text));
    return fake;
  }

  send(kind: number, flags: number, stream: number, payload: string | Uint8Array = ''): void {
    this.#writer.frame(kind, flags, stream, Buffer.from(payload));
    for (const part of this.#writer.take()) this.socket.write(part);
  }

  /** Answers 200 with that body. */
  respond(stream: number, body: string, end = true, value = 'text/plain'): void {
    const headers = HeaderList.of([['content-type', 'x'.repeat(value.length)]]).bytes;
    headers.write(value, headers.length - value.length, 'latin1');
    const head = Buffer.concat([Buffer.from([0, 0x5b, 1, 0, 0, 0]), headers]);
    const prefix = Buffer.alloc(6);
    prefix.writeUInt32LE(head.length);
    prefix.writeUInt16LE(200, 4);
    this.send(Kind.response, end ? Flag.end : 0, stream, Buffer.concat([prefix, head, Buffer.from(body)]));
  }

  /** Resolves with the first frame, sent already or still to come, that the test is looking for. */
  async frame(wanted: (frame: ReceivedFrame) => boolean): Promise<ReceivedFrame> {
    for (;;) {
      const found = this.frames.find(wanted);
      if (found) return found;
      await new Promise<void>((resolve, reject) => {
        this.#arrived = resolve;
        this.socket.once('close', () => reject(new Error('The connection closed before the frame came')));
      });
    }
  }

  /** The streams of the requests received so far. */
  get requests(): number[] {
    return this.frames.filter(({ kind }) => kind === Kind.request).map(({ stream }) => stream);
  }
}
