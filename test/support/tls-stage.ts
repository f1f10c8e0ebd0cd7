import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { tlsDefaults } from '../../src/config/tls-defaults.ts';
import { identified } from '../../src/tls/material-id.ts';
import type { TlsHost } from '../../src/tls/tls-host.ts';
import type { TlsMaterial } from '../../src/tls/tls-material.ts';
import type { MadeCertificate } from './certificates.ts';
import { until } from './until.ts';

export type MaterialWish = Partial<Omit<TlsMaterial, 'id' | 'plan' | 'certificates'>> & {
  readonly plan?: Partial<TlsMaterial['plan']>;
  readonly certificates?: readonly MadeCertificate[];
};

/** A material with Galley's defaults. */
export function tlsMaterial({ plan, certificates = [], ...others }: MaterialWish): TlsMaterial {
  const { rejectsHandshake, versions, ciphers, prefersServerCiphers, groups, sessionTickets, sessionTimeoutMs } =
    tlsDefaults;
  const defaults = {
    rejectsHandshake,
    versions,
    ciphers,
    prefersServerCiphers,
    groups,
    sessionTickets,
    sessionTimeoutMs,
  };
  return identified({
    dhParameters: undefined,
    ticketKey: new Uint8Array(48).fill(7),
    clients: undefined,
    isOnDemand: false,
    ...others,
    plan: { ...defaults, ...plan },
    certificates: certificates.map(({ certificate, key }) => ({ certificate, key, ocspResponse: undefined })),
  });
}

/** Listens, and lets the host of the moment do the handshakes. */
export class TlsStage {
  host: TlsHost;
  /** What handshakes came to, in their order. */
  readonly results: (TLSSocket | Error)[] = [];
  /** The connections below, in their order. */
  readonly sockets: Socket[] = [];
  readonly #server: Server;

  private constructor(host: TlsHost, server: Server) {
    this.host = host;
    this.#server = server;
  }

  static async with(host: TlsHost): Promise<TlsStage> {
    const server = createServer({ allowHalfOpen: true });
    const stage = new TlsStage(host, server);
    server.on('connection', (socket: Socket) => stage.#accept(socket));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return stage;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Connects, and waits until both sides have done the handshake. Throws where it fails. */
  async connect(options: ConnectionOptions = {}): Promise<{ readonly client: TLSSocket; readonly secured: TLSSocket }> {
    const before = this.results.length;
    const client = this.begin(options);
    await once(client, 'secureConnect');
    await until(() => this.results.length > before, 'the server has done the handshake');
    const secured = this.results[before];
    if (!secured || secured instanceof Error) throw secured;
    return { client, secured };
  }

  /** No connection is left. */
  isOver(): boolean {
    return this.sockets.every(({ destroyed }) => destroyed);
  }

  /** Begins to connect. */
  begin(options: ConnectionOptions = {}): TLSSocket {
    return connect({ port: this.port, host: '127.0.0.1', rejectUnauthorized: false, ...options });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #accept(socket: Socket): void {
    this.sockets.push(socket);
    socket.on('error', () => undefined);
    socket.once('data', (bytes: Buffer) => {
      socket.pause();
      socket.unshift(bytes);
      this.host.handshake(socket, (result) => {
        if (!(result instanceof Error)) result.on('error', () => undefined);
        this.results.push(result);
      });
    });
  }
}
