import { gather } from '../../core/body.ts';
import type { ConnectionTimeouts } from '../../core/limits.ts';
import type { Tunnel } from '../../core/tunnel.ts';
import type { Upgrade } from '../../core/websocket.ts';
import type { Http2Stream } from '../../protocol/http2/server-sink.ts';
import type { WebSocketHandshake } from '../../protocol/websocket/handshake.ts';
import type { ClientConnection, ConnectionContext } from '../connection-context.ts';
import { webSocketOn } from '../open-websocket.ts';
import { TunnelConnection, type TunnelDone } from '../tunnel-connection.ts';
import type { WebSocketDone } from '../websocket-connection.ts';
import type { SendQueue } from './send-queue.ts';
import { StreamSocket, type StreamSocketChannel } from './stream-socket.ts';

/** The stream of an extended CONNECT (RFC 8441): what comes on it waits until it is known who is to have it. */
export class ExtendedStream {
  readonly #stream: Http2Stream;
  readonly #channel: StreamSocketChannel;
  #early: Uint8Array[] = [];
  #earlySize = 0;
  #isDiscarding = false;
  #hasEnded = false;
  #socket: StreamSocket | undefined;
  #spoken: ClientConnection | undefined;

  constructor(stream: Http2Stream, channel: StreamSocketChannel) {
    this.#stream = stream;
    this.#channel = channel;
  }

  /** Undefined until another protocol is spoken. */
  get spoken(): ClientConnection | undefined {
    return this.#spoken;
  }

  get queue(): SendQueue | undefined {
    return this.#socket?.queue;
  }

  /** Bytes that came and that nobody has read. */
  get unread(): number {
    return this.#earlySize + (this.#socket?.readableLength ?? 0);
  }

  /** Whether the client has ended its side. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  receive(bytes: Uint8Array): void {
    if (this.#socket) this.#socket.receive(bytes);
    else if (this.#isDiscarding) this.#channel.codec.consumed(this.#stream, bytes.length);
    else {
      gather(this.#early, bytes);
      this.#earlySize += bytes.length;
    }
  }

  receiveEnd(): void {
    this.#hasEnded = true;
    this.#socket?.receiveEnd();
  }

  /** Nobody is to have what came, and what comes until the stream is over. */
  discard(): void {
    this.#isDiscarding = true;
    this.#channel.codec.consumed(this.#stream, this.#earlySize);
    this.#early = [];
    this.#earlySize = 0;
  }

  /** The stream is over. */
  gone(): void {
    this.discard();
    this.#socket?.gone();
  }

  /** Becomes a WebSocket, once the handshake is answered. */
  openWebSocket(
    handshake: WebSocketHandshake,
    upgrade: Upgrade,
    context: ConnectionContext,
    done: WebSocketDone,
  ): void {
    const socket = this.#speak();
    const spoken = webSocketOn(socket, handshake, context, done);
    this.#spoken = spoken;
    spoken.start(upgrade, undefined);
    this.#begin(socket);
    if (context.stopping) spoken.stop();
  }

  /** Becomes a tunnel, once the request is answered by a head of so many bytes. */
  openTunnel(
    tunnel: Tunnel,
    headSize: number,
    timeouts: ConnectionTimeouts,
    context: ConnectionContext,
    done: TunnelDone,
  ): void {
    const socket = this.#speak();
    const spoken = new TunnelConnection(socket, timeouts, context, done);
    this.#spoken = spoken;
    spoken.start(tunnel, headSize, undefined, false);
    this.#begin(socket);
  }

  #speak(): StreamSocket {
    this.#socket = new StreamSocket(this.#stream, this.#channel);
    return this.#socket;
  }

  #begin(socket: StreamSocket): void {
    const early = this.#early;
    this.#early = [];
    this.#earlySize = 0;
    for (const bytes of early) socket.receive(bytes);
    if (this.#hasEnded) socket.receiveEnd();
  }
}
