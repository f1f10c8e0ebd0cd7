import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server, type Socket as TcpSocket } from 'node:net';
import type { ResolverPlan } from '../../src/plan/upstream-plan.ts';

type DnsRecord =
  | { readonly type: 'A' | 'AAAA'; readonly address: string; readonly ttl?: number }
  | {
      readonly type: 'SRV';
      readonly target: string;
      readonly port: number;
      readonly priority?: number;
      readonly weight?: number;
    };

/** What is said of a name: its records, or how the server fails. `truncated`: over UDP only that there is more. */
type Said =
  | readonly DnsRecord[]
  | 'no-such-name'
  | 'failure'
  | 'silence'
  | { readonly truncated: readonly DnsRecord[] };

const types: Readonly<Record<DnsRecord['type'], number>> = { A: 1, AAAA: 28, SRV: 33 };

/** A name server on a port of this machine, over UDP and TCP. A name that nothing is said of does not exist. */
export class DnsServer implements AsyncDisposable {
  readonly names: Map<string, Said> = new Map();
  /** What was asked, as `A app.example`. */
  readonly asked: string[] = [];
  readonly #udp: Socket = createSocket('udp4');
  readonly #tcp: Server = createServer((socket) => this.#serve(socket));
  #port = 0;

  static async start(names: Readonly<Record<string, Said>> = {}): Promise<DnsServer> {
    const server = new DnsServer();
    for (const [name, said] of Object.entries(names)) server.names.set(name, said);
    await server.#listen();
    return server;
  }

  /** A resolver that asks it. */
  plan(changes: Partial<ResolverPlan> = {}): ResolverPlan {
    return {
      servers: [{ host: '127.0.0.1', port: this.#port }],
      validMs: undefined,
      ipv4: true,
      ipv6: true,
      timeoutMs: 5_000,
      ...changes,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = [once(this.#udp, 'close'), once(this.#tcp, 'close')];
    this.#udp.close();
    this.#tcp.close();
    await Promise.all(closed);
  }

  async #listen(): Promise<void> {
    this.#tcp.listen(0, '127.0.0.1');
    await once(this.#tcp, 'listening');
    this.#port = (this.#tcp.address() as { readonly port: number }).port;
    this.#udp.on('message', (message, { port, address }) => {
      const answer = this.#answer(message, true);
      if (answer) this.#udp.send(answer, port, address);
    });
    this.#udp.bind(this.#port, '127.0.0.1');
    await once(this.#udp, 'listening');
  }

  #serve(socket: TcpSocket): void {
    let got = Buffer.alloc(0);
    socket.on('error', () => {});
    socket.on('data', (piece) => {
      got = Buffer.concat([got, piece as Buffer]);
      while (got.length >= 2 && got.length >= 2 + got.readUInt16BE(0)) {
        const end = 2 + got.readUInt16BE(0);
        const answer = this.#answer(got.subarray(2, end), false);
        got = got.subarray(end);
        if (answer) socket.write(Buffer.concat([twoBytes(answer.length), answer]));
      }
    });
  }

  #answer(query: Buffer, isUdp: boolean): Buffer | undefined {
    let at = 12;
    const labels: string[] = [];
    for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
      labels.push(query.toString('latin1', at + 1, at + 1 + length));
      at += 1 + length;
    }
    const end = at + 5;
    const name = labels.join('.').toLowerCase();
    const type = query.readUInt16BE(at + 1);
    this.asked.push(`${Object.entries(types).find(([, number]) => number === type)?.[0] ?? type} ${name}`);
    const said = this.names.get(name) ?? 'no-such-name';
    if (said === 'silence') return undefined;
    const isTruncated = typeof said === 'object' && 'truncated' in said;
    const records = typeof said === 'string' ? [] : isTruncated ? (isUdp ? [] : said.truncated) : said;
    const found = records.filter((record) => types[record.type] === type);
    const code = said === 'no-such-name' ? 3 : said === 'failure' ? 2 : 0;
    const flags = 0x8180 | (isTruncated && isUdp ? 0x0200 : 0) | code;
    return Buffer.concat([
      query.subarray(0, 2),
      ...[flags, 1, found.length, 0, 0].map(twoBytes),
      query.subarray(12, end),
      ...found.map(recordBytes),
    ]);
  }
}

function recordBytes(record: DnsRecord): Buffer {
  const data =
    record.type === 'SRV'
      ? Buffer.concat([
          ...[record.priority ?? 0, record.weight ?? 0, record.port].map(twoBytes),
          ...record.target.split('.').map((label) => Buffer.from(`${String.fromCharCode(label.length)}${label}`)),
          Buffer.of(0),
        ])
      : addressBytes(record.address);
  const ttl = record.type === 'SRV' ? 60 : (record.ttl ?? 60);
  return Buffer.concat([...[0xc00c, types[record.type], 1, ttl >> 16, ttl & 0xffff, data.length].map(twoBytes), data]);
}

/** An IPv6 address has to be written with all its groups. */
function addressBytes(address: string): Buffer {
  if (!address.includes(':')) return Buffer.from(address.split('.').map(Number));
  return Buffer.concat(address.split(':').map((group) => twoBytes(Number.parseInt(group, 16))));
}

function twoBytes(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}
