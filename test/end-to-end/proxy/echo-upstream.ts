import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

const websocketId = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** A server that upgrades to WebSocket and to `foo`, and gives back what it gets there. */
export class EchoUpstream {
  readonly #server: Server;
  /** Of upgraded connections. */
  readonly sockets: Socket[] = [];
  /** Fields of the latest handshake. */
  fields: IncomingMessage['headers'] = {};

  private constructor() {
    this.#server = createServer((_, response) => response.end('plain'));
    this.#server.on('upgrade', (request, socket: Socket) => this.#upgrade(request, socket));
  }

  static async listen(): Promise<EchoUpstream> {
    const upstream = new EchoUpstream();
    await new Promise<void>((resolve) => upstream.#server.listen(0, '127.0.0.1', resolve));
    return upstream;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Upgraded connections that are open. */
  get open(): number {
    return this.sockets.filter((socket) => !socket.destroyed).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #upgrade({ headers }: IncomingMessage, socket: Socket): void {
    this.sockets.push(socket);
    this.fields = headers;
    socket.on('error', () => {});
    const { upgrade = '', 'sec-websocket-protocol': protocols } = headers;
    const fields = ['connection: upgrade', `upgrade: ${upgrade}`];
    if (upgrade === 'websocket') {
      const key = `${headers['sec-websocket-key']}${websocketId}`;
      fields.push(`sec-websocket-accept: ${createHash('sha1').update(key).digest('base64')}`);
      if (protocols) fields.push(`sec-websocket-protocol: ${protocols.split(', ').at(-1)}`);
    }
    socket.write(['HTTP/1.1 101 Switching Protocols', ...fields, '', ''].join('\r\n'));
    if (upgrade === 'websocket') echoFrames(socket);
    else socket.on('data', (bytes) => void socket.write(bytes)).on('end', () => socket.end('bye'));
  }
}

/** Gives frames back unmasked: pings as pongs. */
function echoFrames(socket: Socket): void {
  let bytes: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    for (let frame = readFrame(bytes); frame; frame = readFrame(bytes)) {
      bytes = bytes.subarray(frame.end);
      const { first, payload } = frame;
      const opcode = first & 0x0f;
      socket.write(Buffer.concat([headOf(opcode === 9 ? 0x8a : first, payload.length), payload]));
      if (opcode === 8) socket.end();
    }
  });
  socket.on('end', () => socket.end());
}

function readFrame(
  bytes: Buffer,
): { readonly first: number; readonly payload: Buffer; readonly end: number } | undefined {
  if (bytes.length < 2) return undefined;
  const short = bytes.readUInt8(1) & 0x7f;
  const start = 2 + (short === 126 ? 2 : short === 127 ? 8 : 0) + 4;
  if (bytes.length < start) return undefined;
  const length = short === 126 ? bytes.readUInt16BE(2) : short === 127 ? bytes.readUIntBE(4, 6) : short;
  if (bytes.length < start + length) return undefined;
  const mask = bytes.subarray(start - 4, start);
  const payload = Buffer.from(bytes.subarray(start, start + length).map((byte, at) => byte ^ (mask[at % 4] ?? 0)));
  return { first: bytes.readUInt8(0), payload, end: start + length };
}

function headOf(first: number, length: number): Buffer {
  if (length < 126) return Buffer.from([first, length]);
  if (length < 65_536) return Buffer.from([first, 126, length >> 8, length & 0xff]);
  const head = Buffer.from([first, 127, 0, 0, 0, 0, 0, 0, 0, 0]);
  head.writeUIntBE(length, 4, 6);
  return head;
}
