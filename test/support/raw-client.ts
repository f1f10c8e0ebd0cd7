import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { until } from './until.ts';

/** A client that sends exactly the bytes it is given and shows exactly the bytes it gets. */
export class RawClient {
  readonly socket: Socket;
  received = '';
  /** The server ended its side. */
  ended = false;
  /** The connection is gone, in order or by a reset. */
  closed = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => {
      this.received += text;
    });
    socket.on('end', () => {
      this.ended = true;
    });
    socket.on('close', () => {
      this.closed = true;
    });
    socket.on('error', () => {});
  }

  /** Connects to a port of this machine, or to a Unix socket. */
  static async connect(where: number | string): Promise<RawClient> {
    const options = typeof where === 'number' ? { port: where, host: '127.0.0.1' } : { path: where };
    const socket = connect({ ...options, allowHalfOpen: true, noDelay: true });
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  send(bytes: string): void {
    this.socket.write(bytes, 'latin1');
  }

  /** Ends our side only. */
  end(): void {
    this.socket.end();
  }

  /** Resolves when the pattern is in what was received. */
  async sees(pattern: RegExp): Promise<void> {
    await until(
      () => pattern.test(this.received),
      () => `${pattern} in ${JSON.stringify(this.received.slice(0, 2_000))}`,
    );
  }

  /** Resolves with all that was received once the server has ended its side; closes ours. */
  async all(): Promise<string> {
    await until(
      () => this.ended || this.closed,
      () => `the end of ${JSON.stringify(this.received.slice(0, 2_000))}`,
    );
    this.socket.destroy();
    return this.received;
  }

  destroy(): void {
    this.socket.destroy();
  }
}
