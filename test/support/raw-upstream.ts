import { createServer, type ListenOptions, type Server, type Socket } from 'node:net';
import { HeaderList } from '../../src/core/headers.ts';
import { httpLimits } from '../../src/core/limits.ts';
import type { KeepAlivePlan } from '../../src/plan/upstream-plan.ts';
import { Http1Transport } from '../../src/upstream/http1/http1-transport.ts';
import type { SocketAddress } from '../../src/upstream/member.ts';
import type { ConnectionWish } from '../../src/upstream/transport.ts';
import type {
  Attempt,
  Sending,
  UpstreamAnswer,
  UpstreamFailure,
  UpstreamRequest,
} from '../../src/upstream/upstream-request.ts';
import { until } from './until.ts';

/** An upstream that does to its connections what a test says. */
export class RawUpstream {
  readonly #server: Server;
  readonly #sockets: Set<Socket> = new Set();
  /** Connections that it has had. */
  connections = 0;
  /** All that it has read, as latin-1. */
  text = '';

  private constructor(serve: (socket: Socket, connection: number) => void) {
    this.#server = createServer({ allowHalfOpen: true }, (socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.on('end', () => socket.end());
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('data', (chunk) => {
        this.text += chunk.toString('latin1');
      });
      serve(socket, ++this.connections);
    });
  }

  /** `serve` gets each connection with its number, from 1. */
  static async listen(
    serve: (socket: Socket, connection: number) => void,
    options: ListenOptions = { host: '127.0.0.1', port: 0 },
  ): Promise<RawUpstream> {
    const upstream = new RawUpstream(serve);
    await new Promise<void>((resolve) => upstream.#server.listen(options, resolve));
    return upstream;
  }

  /** Answers each request, which must have no body, with these bytes. */
  static async answering(text: string | ((request: string) => string)): Promise<RawUpstream> {
    return await RawUpstream.listen((socket) => {
      let request = '';
      socket.on('data', (chunk) => {
        request += chunk.toString('latin1');
        if (!request.endsWith('\r\n\r\n')) return;
        socket.write(typeof text === 'string' ? text : text(request), 'latin1');
        request = '';
      });
    });
  }

  get address(): SocketAddress {
    const address = this.#server.address();
    if (typeof address === 'string') return { kind: 'unix', path: address };
    return { kind: 'tcp', host: '127.0.0.1', port: address?.port ?? 0 };
  }

  /** Connections that are open. */
  get open(): number {
    return this.#sockets.size;
  }

  /** Ends all connections at once. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** What an attempt was told. */
export class ToldAttempt implements Attempt {
  readonly told: string[] = [];
  readonly #answer: PromiseWithResolvers<UpstreamAnswer> = Promise.withResolvers();
  sentBytes = 0;
  receivedBytes = 0;

  /** Rejects with an UpstreamFailure. */
  get answer(): Promise<UpstreamAnswer> {
    return this.#answer.promise;
  }

  /** How it ended, if it has. */
  get end(): string | undefined {
    const ends = this.told.filter((event) => event.startsWith('ended'));
    if (ends.length > 1) throw new Error(`The attempt ended ${ends.length} times`);
    return ends[0];
  }

  connected(tookMs: number): void {
    this.told.push(tookMs === 0 ? 'kept' : 'connected');
  }

  sent(bytes: number): void {
    this.sentBytes += bytes;
  }

  received(bytes: number): void {
    this.receivedBytes += bytes;
  }

  headed(): void {
    this.told.push('headed');
  }

  content(): void {}

  answered(answer: UpstreamAnswer): void {
    this.#answer.resolve(answer);
  }

  failed(failure: UpstreamFailure): void {
    this.#answer.reject(failure);
  }

  ended(how: 'complete' | 'cancelled' | 'failed' | 'stale'): void {
    this.told.push(`ended ${how}`);
  }
}

export const plainWish: ConnectionWish = {
  profile: { key: '', protocol: 'http1', tls: undefined, socketKeepAlive: false, proxyProtocol: undefined },
  tlsName: undefined,
  localAddress: undefined,
  client: {
    listener: 0,
    scheme: 'http',
    client: { address: '127.0.0.1', port: 1 },
    server: { address: '127.0.0.1', port: 2 },
  },
};

export const plainRequest: UpstreamRequest = {
  method: 'GET',
  target: '/',
  headers: HeaderList.of([['host', 'upstream']]),
  body: new Uint8Array(0),
  bodyLength: undefined,
  version: '1.1',
  keepsConnection: true,
  upgrade: undefined,
  expectsContinue: false,
  takesTrailers: false,
  timeouts: { connectMs: 5_000, sendMs: 5_000, readMs: 5_000 },
  maxHeadSize: httpLimits.maxHeadSize,
  inform() {},
};

const keepAlive: KeepAlivePlan = { idle: 4, requests: 1_000, timeMs: 60_000, timeoutMs: 60_000 };

/** A transport with what a test asks of it. */
export class TransportStage {
  readonly transport: Http1Transport;

  constructor(plan: Partial<KeepAlivePlan> = {}) {
    this.transport = new Http1Transport({ ...keepAlive, ...plan });
  }

  ask(
    address: SocketAddress,
    request: Partial<UpstreamRequest> = {},
    wish: Partial<ConnectionWish> = {},
  ): Sending & { readonly answer: Promise<UpstreamAnswer>; readonly attempt: ToldAttempt } {
    const attempt = new ToldAttempt();
    const sending = this.transport.send(address, { ...plainWish, ...wish }, { ...plainRequest, ...request }, attempt);
    return { answer: attempt.answer, cancel: () => sending.cancel(), attempt };
  }

  /** Waits until nothing is left of its connections, kept ones too. */
  async isClean(upstream: RawUpstream): Promise<void> {
    await until(() => upstream.open === 0, 'the upstream has no connection');
    await until(
      () => !process.getActiveResourcesInfo().includes('TCPSocketWrap'),
      () => `no socket is left: ${process.getActiveResourcesInfo()}`,
    );
  }

  [Symbol.dispose](): void {
    this.transport.close();
  }
}

/** All bytes of a body, as latin-1. */
export async function textOf(body: Uint8Array | AsyncIterable<Uint8Array>): Promise<string> {
  if (body instanceof Uint8Array) return Buffer.from(body).toString('latin1');
  let text = '';
  for await (const piece of body) text += Buffer.from(piece).toString('latin1');
  return text;
}
