import { RawClient } from './raw-client.ts';
import { until } from './until.ts';

/** A frame as a server sent it. */
export interface ReceivedWebSocketFrame {
  readonly isFinal: boolean;
  readonly isCompressed: boolean;
  readonly opcode: number;
  /** Latin-1. */
  readonly payload: string;
}

const fixedKey = [0x12, 0x34, 0x56, 0x78] as const;

/** A WebSocket client that sends exactly the frames it is told to and shows those it gets. */
export class RawWebSocket {
  readonly client: RawClient;
  /** The head of the answer to the handshake. */
  readonly head: string;
  readonly frames: ReceivedWebSocketFrame[] = [];
  #at: number;

  private constructor(client: RawClient, head: string) {
    this.client = client;
    this.head = head;
    this.#at = head.length;
  }

  /** Sends a handshake and waits for the head of the answer, which may be a refusal. `early` goes out with the handshake. */
  static async open(where: number | string, target = '/', fields: string[] = [], early = ''): Promise<RawWebSocket> {
    const client = await RawClient.connect(where);
    client.send(`${handshake(target, fields)}${early}`);
    await client.sees(/\r\n\r\n/);
    return new RawWebSocket(client, client.received.slice(0, client.received.indexOf('\r\n\r\n') + 4));
  }

  get status(): number {
    return Number(this.head.slice(9, 12));
  }

  send(opcode: number, payload: string, isFinal = true): void {
    this.client.send(maskedFrame(opcode, payload, isFinal));
  }

  text(payload: string): void {
    this.send(1, payload);
  }

  close(code: number, reason = ''): void {
    this.send(8, String.fromCharCode(code >> 8, code & 0xff) + reason);
  }

  /** Resolves with the next frame from the server. */
  async next(): Promise<ReceivedWebSocketFrame> {
    let frame: ReceivedWebSocketFrame | undefined;
    await until(
      () => {
        frame = this.#read();
        return frame !== undefined || this.client.closed;
      },
      () => `a frame after ${this.frames.length} others, received ${this.client.received.length} bytes`,
    );
    if (!frame) throw new Error('The connection closed before a frame came');
    this.frames.push(frame);
    return frame;
  }

  /** Resolves with the code and reason of the server's close frame, which must be what comes next. */
  async closed(): Promise<[code: number, reason: string]> {
    const { opcode, payload } = await this.next();
    if (opcode !== 8) throw new Error(`A frame of opcode ${opcode} came before a close frame`);
    if (payload.length === 0) return [1005, ''];
    return [payload.charCodeAt(0) * 256 + payload.charCodeAt(1), payload.slice(2)];
  }

  destroy(): void {
    this.client.destroy();
  }

  #read(): ReceivedWebSocketFrame | undefined {
    const { received } = this.client;
    const at = this.#at;
    if (received.length < at + 2) return undefined;
    const first = received.charCodeAt(at);
    let length = received.charCodeAt(at + 1);
    let start = at + 2;
    const extra = length === 126 ? 2 : length === 127 ? 8 : 0;
    if (received.length < start + extra) return undefined;
    if (extra > 0)
      length = Buffer.from(received.slice(start, start + extra), 'latin1').readUIntBE(
        extra > 6 ? 2 : 0,
        extra > 6 ? 6 : extra,
      );
    start += extra;
    if (received.length < start + length) return undefined;
    this.#at = start + length;
    const payload = received.slice(start, start + length);
    return { isFinal: (first & 0x80) !== 0, isCompressed: (first & 0x40) !== 0, opcode: first & 0x0f, payload };
  }
}

/** A valid opening handshake (RFC 6455 §1.2). */
export function handshake(target: string, fields: readonly string[] = []): string {
  const lines = [
    `GET ${target} HTTP/1.1`,
    'Host: a',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ...fields,
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** A frame as a client sends it: masked; latin-1. */
export function maskedFrame(opcode: number, payload: string, isFinal = true): string {
  const { length } = payload;
  const head = [(isFinal ? 0x80 : 0) | opcode];
  if (length < 126) head.push(0x80 | length);
  else if (length < 65_536) head.push(0x80 | 126, length >> 8, length & 0xff);
  else head.push(0x80 | 127, 0, 0, 0, 0, length >>> 24, (length >> 16) & 0xff, (length >> 8) & 0xff, length & 0xff);
  const bytes = Buffer.from(payload, 'latin1');
  for (let at = 0; at < bytes.length; at++) bytes[at] = (bytes[at] as number) ^ (fixedKey[at % 4] as number);
  return Buffer.concat([Buffer.from([...head, ...fixedKey]), bytes]).toString('latin1');
}
