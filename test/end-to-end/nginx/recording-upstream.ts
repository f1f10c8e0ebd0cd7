import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { DnsServer } from '../../support/dns-server.ts';
import { freePorts } from '../../support/free-ports.ts';
import { upstreamAnswer } from './upstream-answers.ts';

/** What a server was asked, as one line. */
interface SeenRequest {
  readonly server: number;
  /** Counted from the last {@link RecordingUpstreams.reset}. */
  readonly connection: number;
  readonly text: string;
}

/** Servers that write down what they are asked, and answer what the request says: see {@link upstreamAnswer}. */
export class RecordingUpstreams implements AsyncDisposable {
  readonly #servers: readonly Server[];
  readonly #sockets: Set<Socket> = new Set();
  /** On which nothing listens. */
  readonly #deadPort: number;
  readonly #names: DnsServer;
  #seen: SeenRequest[] = [];
  #connections = 0;
  #underWay = 0;

  private constructor(count: number, deadPort: number, names: DnsServer) {
    this.#deadPort = deadPort;
    this.#names = names;
    this.#servers = Array.from({ length: count }, (_, server) => createServer((socket) => this.#serve(server, socket)));
  }

  static async start(count: number): Promise<RecordingUpstreams> {
    const [deadPort = 0] = await freePorts(1);
    const names = await DnsServer.start({
      'here.example': [{ type: 'A', address: '127.0.0.1' }],
      'failing.example': 'failure',
    });
    const upstreams = new RecordingUpstreams(count, deadPort, names);
    for (const server of upstreams.#servers) await once(server.listen(0, '127.0.0.1'), 'listening');
    return upstreams;
  }

  /** A config with addresses in place of `UPSTREAM0` and so on, of `DEAD`, and of `RESOLVER`, which knows `here.example`, and with ports for `PORT0`. */
  configured(text: string): string {
    const [resolver] = this.#names.plan().servers;
    return text
      .replaceAll(/UPSTREAM(\d)/g, '127.0.0.1:PORT$1')
      .replaceAll(/PORT(\d)/g, (_, index) => String(this.#port(Number(index))))
      .replaceAll('RESOLVER', `127.0.0.1:${resolver?.port}`)
      .replaceAll('DEAD', `127.0.0.1:${this.#deadPort}`);
  }

  /** A text with `UPSTREAM0` and so on in place of addresses. */
  named(text: string): string {
    return this.#servers.reduce(
      (named, _, index) => named.replaceAll(`127.0.0.1:${this.#port(index)}`, `UPSTREAM${index}`),
      text,
    );
  }

  /** What was asked since the last time, once nothing is under way any more. */
  get hasAnswered(): boolean {
    return this.#underWay === 0;
  }

  get seen(): readonly SeenRequest[] {
    return this.#seen;
  }

  /** Forgets what was asked. */
  forget(): void {
    this.#seen = [];
  }

  /** Closes all connections and counts from 1 again. */
  reset(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#connections = 0;
    this.forget();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.reset();
    await Promise.all(this.#servers.map((server) => once(server.close(), 'close')));
    await this.#names[Symbol.asyncDispose]();
  }

  #port(index: number): number {
    const address = this.#servers[index]?.address() as AddressInfo | undefined;
    return address?.port ?? 0;
  }

  #serve(server: number, socket: Socket): void {
    const connection = ++this.#connections;
    this.#sockets.add(socket);
    let bytes = '';
    socket.on('error', () => {});
    socket.on('close', () => this.#sockets.delete(socket));
    socket.setEncoding('latin1').on('data', (piece: string) => {
      if (bytes === '') this.#underWay++;
      bytes += piece;
      for (let request = requestIn(bytes); request; request = requestIn(bytes)) {
        bytes = bytes.slice(request.length);
        this.#seen.push({ server, connection, text: textOf(request) });
        this.#underWay--;
        const { text, keeps } = upstreamAnswer(request, server);
        if (text === 'reset') socket.resetAndDestroy();
        else if (keeps) socket.write(text, 'latin1');
        else socket.end(text, 'latin1');
        if (bytes !== '') this.#underWay++;
      }
    });
    socket.on('close', () => {
      if (bytes !== '') this.#underWay--;
    });
  }
}

/** A request that has come completely. Strings are latin-1. */
export interface UpstreamSeen {
  readonly method: string;
  readonly target: string;
  readonly version: string;
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  readonly length: number;
}

function requestIn(bytes: string): UpstreamSeen | undefined {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const [line = '', ...lines] = bytes.slice(0, headEnd).split('\r\n');
  const [, method = '', target = '', version = ''] = /^(\S*) (.*) HTTP\/(\S+)$/.exec(line) ?? [];
  const fields = lines.map((each): [string, string] => {
    const colon = each.indexOf(':');
    return [each.slice(0, colon).toLowerCase(), each.slice(colon + 1).trim()];
  });
  const map = new Map(fields);
  const at = headEnd + 4;
  const isAtOnce = map.get('x-answer') === 'at-once' || target.includes('answer=at-once');
  if (isAtOnce) return { method, target, version, fields, body: bytes.slice(at), length: bytes.length };
  if (map.get('transfer-encoding') !== 'chunked') {
    const length = at + Number(map.get('content-length') ?? 0);
    if (bytes.length < length) return undefined;
    return { method, target, version, fields, body: bytes.slice(at, length), length };
  }
  const end = bytes.indexOf('\r\n0\r\n\r\n', at - 2);
  if (end < 0) return undefined;
  const body = bytes.slice(at, Math.max(at, end)).replaceAll(/(?:^|\r\n)[\da-fA-F]+\r\n/g, '');
  return { method, target, version, fields, body, length: end + 7 };
}

function textOf({ method, target, version, fields, body }: UpstreamSeen): string {
  const lines = fields.map(([name, value]) => `${name}: ${value}`).sort();
  const shown =
    body.length < 200 ? body : `${body.length} bytes ${createHash('sha1').update(body, 'latin1').digest('hex')}`;
  return [`${method} ${target} HTTP/${version}`, ...lines, ...(shown === '' ? [] : [`| ${shown}`])].join(' | ');
}
