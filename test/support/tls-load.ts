import { once } from 'node:events';
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2';
import { Agent, request } from 'node:https';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { connect, type TLSSocket } from 'node:tls';

export interface TlsLoadOptions {
  /** A port of 127.0.0.1. */
  readonly port: number;
  readonly servername: string;
  /** Whom certificates are believed of, PEM. */
  readonly ca: string;
  /** What each answer to `/` must be. */
  readonly body: string;
}

export interface TlsLoadReport {
  readonly answered: Readonly<Record<TlsLoadKind, number>>;
  /** One sentence for each request without the right answer. */
  readonly failures: readonly string[];
  /** Connections for many requests that were closed meanwhile. */
  readonly closed: number;
}

export type TlsLoadKind = 'http1' | 'http2' | 'oneRequest';

const pauseMs = 5;
const connectionsEach = 3;

/** Requests without end over TLS: on connections of HTTP/1.1 and HTTP/2 that stay open, and on connections for one request each. */
export class TlsLoad {
  readonly #options: TlsLoadOptions;
  readonly #answered: Record<TlsLoadKind, number> = { http1: 0, http2: 0, oneRequest: 0 };
  readonly #failures: string[] = [];
  readonly #agents: Agent[] = [];
  readonly #sessions: ClientHttp2Session[] = [];
  readonly #loops: Promise<void>[] = [];
  #closed = 0;
  #isStopping = false;

  private constructor(options: TlsLoadOptions) {
    this.#options = options;
  }

  static start(options: TlsLoadOptions): TlsLoad {
    const load = new TlsLoad(options);
    for (let count = 0; count < connectionsEach; count++) {
      load.#loops.push(load.#keepAlive(), load.#http2(), load.#oneRequest());
    }
    return load;
  }

  report(): TlsLoadReport {
    return { answered: { ...this.#answered }, failures: [...this.#failures], closed: this.#closed };
  }

  /** Waits for the answers that are due. */
  async stop(): Promise<TlsLoadReport> {
    this.#isStopping = true;
    await Promise.all(this.#loops);
    const report = this.report();
    for (const agent of this.#agents) agent.destroy();
    for (const session of this.#sessions) session.destroy();
    return report;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #loop(kind: TlsLoadKind, ask: () => Promise<string>): Promise<void> {
    while (!this.#isStopping) {
      try {
        const body = await ask();
        if (body === this.#options.body) this.#answered[kind]++;
        else this.#failures.push(`${kind}: ${JSON.stringify(body)}`);
      } catch (error) {
        this.#failures.push(`${kind}: ${error instanceof Error ? error.message : error}`);
      }
      await delay(pauseMs);
    }
  }

  #keepAlive(): Promise<void> {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    this.#agents.push(agent);
    const known = new Set<object>();
    return this.#loop('http1', () =>
      this.#ask(agent, (socket) => {
        if (known.has(socket)) return;
        known.add(socket);
        socket.on('close', () => this.#lost());
      }),
    );
  }

  #oneRequest(): Promise<void> {
    return this.#loop('oneRequest', () => this.#ask(undefined, () => {}));
  }

  async #ask(agent: Agent | undefined, connected: (socket: TLSSocket) => void): Promise<string> {
    const { port, servername, ca } = this.#options;
    const asked = request({ host: '127.0.0.1', port, servername, ca, agent: agent ?? false });
    asked.on('socket', connected);
    asked.end();
    const [response] = await once(asked, 'response');
    return text(response);
  }

  #http2(): Promise<void> {
    const { port, servername, ca } = this.#options;
    const session = connectHttp2(`https://127.0.0.1:${port}`, { servername, ca });
    this.#sessions.push(session);
    session.on('error', () => {});
    session.on('goaway', () => this.#lost());
    session.on('close', () => this.#lost());
    return this.#loop('http2', () => text(session.request({ ':path': '/' })));
  }

  #lost(): void {
    if (!this.#isStopping) this.#closed++;
  }
}

/** The serial number of the certificate that a new connection is shown; rejects where there is none that the CA has signed. */
export async function shownSerial({ port, servername, ca }: Omit<TlsLoadOptions, 'body'>): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port, servername, ca });
  try {
    await once(socket, 'secureConnect');
    return socket.getPeerCertificate().serialNumber;
  } finally {
    socket.destroy();
  }
}
