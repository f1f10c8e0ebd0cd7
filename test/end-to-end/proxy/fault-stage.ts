import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { type GalleyNginx, serveWithGalley } from '../../support/nginx-serving.ts';
import { openFiles } from '../../support/processes.ts';
import { RawClient } from '../../support/raw-client.ts';
import { RawUpstream } from '../../support/raw-upstream.ts';
import { until } from '../../support/until.ts';

/** A request that the upstream has read the head of. */
export interface Arrived {
  readonly socket: Socket;
  /** The head, latin-1. */
  readonly head: string;
  /** Requests on this connection, this one too. */
  readonly serial: number;
  /** All that has come behind the head. */
  body(): string;
}

export type Misbehaviour = (arrived: Arrived) => void;

/** A good answer with that body. */
export function ok(body: string): string {
  return `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
}

/** What stands in the servers of a stage, `UPSTREAM` being the address of the upstream. */
const proxying = (server: string): string => `
  upstream app { server UPSTREAM; keepalive 8; }
  upstream two { server UPSTREAM max_fails=0; server UPSTREAM max_fails=0; }
  proxy_http_version 1.1; proxy_set_header Connection ""; proxy_read_timeout 200ms; proxy_send_timeout 200ms;
  server { listen LISTEN0; ${server} }`;

/** An upstream that does to each path what a test says, and a Galley that is its proxy. */
export class FaultStage {
  readonly upstream: RawUpstream;
  readonly serving: GalleyNginx;
  readonly #behaviours: Map<string, Misbehaviour>;
  /** Descriptors that Galley has when nothing goes on. */
  readonly #files: number;

  private constructor(upstream: RawUpstream, serving: GalleyNginx, behaviours: Map<string, Misbehaviour>) {
    this.upstream = upstream;
    this.serving = serving;
    this.#behaviours = behaviours;
    this.#files = openFiles(serving.galley.pid);
  }

  /** `server`: what stands in the `server` block; `around`: what stands before it. */
  static async start(server: string, around = ''): Promise<FaultStage> {
    const behaviours = new Map<string, Misbehaviour>([['/good', ({ socket }) => void socket.write(ok('good'))]]);
    const upstream = await RawUpstream.listen((socket) => serve(socket, behaviours));
    const { address } = upstream;
    assert.ok(address.kind === 'tcp');
    const http = `${around} ${proxying(server)}`.replaceAll('UPSTREAM', `127.0.0.1:${address.port}`);
    return new FaultStage(upstream, await serveWithGalley({ http }), behaviours);
  }

  get port(): number {
    return this.serving.ports[0] ?? 0;
  }

  get pid(): number {
    return this.serving.galley.pid;
  }

  /** From now on the upstream does that to requests for this path. */
  on(path: string, does: Misbehaviour): void {
    this.#behaviours.set(path, does);
  }

  /** Sends a request on a connection of its own and gives all that comes back. */
  async ask(target: string, fields: readonly string[] = [], method = 'GET', body = ''): Promise<string> {
    const client = await this.client(target, fields, method, body);
    return await client.all();
  }

  /** The same, without waiting. */
  async client(target: string, fields: readonly string[] = [], method = 'GET', body = ''): Promise<RawClient> {
    const client = await RawClient.connect(this.port);
    const lines = [`${method} ${target} HTTP/1.1`, 'host: a', 'connection: close', ...fields];
    client.send(`${lines.join('\r\n')}\r\n\r\n${body}`);
    return client;
  }

  /** Where a good request works and leaves not more than the one connection that is kept. */
  async isClean(): Promise<void> {
    const answer = await this.ask('/good');
    assert.match(answer, /^HTTP\/1\.1 200 OK\r\n(?:.+\r\n)+\r\ngood$/);
    await until(
      () => this.upstream.open <= 1,
      () => `the upstream has ${this.upstream.open} connections`,
    );
  }

  /** Where Galley has the descriptors that it began with, and the kept connection. */
  async hasLostNothing(): Promise<void> {
    await until(
      () => openFiles(this.pid) <= this.#files + this.upstream.open,
      () => `${openFiles(this.pid)} descriptors, there were ${this.#files} and ${this.upstream.open} to the upstream`,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.serving[Symbol.asyncDispose]();
    await this.upstream[Symbol.asyncDispose]();
  }
}

/** Reads requests off a connection; a body is over where its length or its last chunk says so. */
function serve(socket: Socket, behaviours: ReadonlyMap<string, Misbehaviour>): void {
  let text = '';
  let serial = 0;
  let request = { body: '', isOver: (_body: string): boolean => true };
  socket.on('data', (chunk) => {
    if (!request.isOver(request.body)) {
      request.body += chunk.toString('latin1');
      return;
    }
    text += chunk.toString('latin1');
    const end = text.indexOf('\r\n\r\n') + 4;
    if (end < 4) return;
    const head = text.slice(0, end);
    const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
    const isChunked = /^transfer-encoding: chunked/im.test(head);
    const isOver = isChunked
      ? (body: string): boolean => /(?:^|\n)0\r\n(?:.+\r\n)*\r\n$/.test(body)
      : (body: string): boolean => body.length >= length;
    const arrived = { body: text.slice(end), isOver };
    request = arrived;
    text = '';
    const [, path = ''] = /^\S+ ([^ ?]*)/.exec(head) ?? [];
    behaviours.get(path)?.({ socket, head, serial: ++serial, body: () => arrived.body });
  });
}

/** The status of an answer; 0 where there is none. */
export function statusOf(answer: string): number {
  return Number(/^HTTP\/1\.[01] (\d{3}) /.exec(answer)?.[1] ?? 0);
}
