import { until } from './until.ts';

/** How a WebSocket ended, as the client saw it. */
export interface Closure {
  readonly code: number;
  readonly reason: string;
  /** Whether both sides closed in order. */
  readonly wasClean: boolean;
}

/** Node's own WebSocket client, with messages and the end to wait for. */
export class WebSocketClient {
  readonly #socket: WebSocket;
  readonly #messages: (string | Buffer)[] = [];
  #closure: Closure | undefined;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('message', ({ data }) => {
      this.#messages.push(typeof data === 'string' ? data : Buffer.from(data as ArrayBuffer));
    });
    socket.addEventListener('close', ({ code, reason, wasClean }) => {
      this.#closure = { code, reason, wasClean };
    });
  }

  /** Opens one; the scheme may be `http`. Rejects where the handshake is refused. */
  static open(url: string, protocols: readonly string[] = []): Promise<WebSocketClient> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(url, [...protocols]);
      const client = new WebSocketClient(socket);
      socket.addEventListener('open', () => resolve(client));
      socket.addEventListener('error', () => reject(new Error(`${url} was refused`)));
    });
  }

  /** The subprotocol agreed on, or empty. */
  get protocol(): string {
    return this.#socket.protocol;
  }

  /** The extensions agreed on, as the server wrote them. */
  get extensions(): string {
    return this.#socket.extensions;
  }

  send(message: string | Buffer<ArrayBuffer>): void {
    this.#socket.send(message);
  }

  /** Resolves with the next message; rejects where the WebSocket closes before. */
  async receive(): Promise<string | Buffer> {
    await until(() => this.#messages.length > 0 || this.#closure !== undefined, 'a message from the server');
    const message = this.#messages.shift();
    if (message === undefined) throw new Error(`closed instead of a message: ${JSON.stringify(this.#closure)}`);
    return message;
  }

  /** Starts the closing handshake. */
  close(code?: number, reason?: string): void {
    this.#socket.close(code, reason);
  }

  /** Resolves once it is closed, whoever began. */
  async closed(): Promise<Closure> {
    await until(() => this.#closure !== undefined, 'the end of the WebSocket');
    return this.#closure!;
  }
}
