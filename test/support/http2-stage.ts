import { once } from 'node:events';
import type { Http2Server, ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import { emptyBody } from '../../src/core/body.ts';
import { HeaderList } from '../../src/core/headers.ts';
import type { KeepAlivePlan } from '../../src/plan/upstream-plan.ts';
import { Http2Transport } from '../../src/upstream/http2/http2-transport.ts';
import type { SocketAddress } from '../../src/upstream/member.ts';
import type { ConnectionProfile, ConnectionWish } from '../../src/upstream/transport.ts';
import type {
  Attempt,
  Sending,
  UpstreamAnswer,
  UpstreamFailure,
  UpstreamReply,
  UpstreamRequest,
} from '../../src/upstream/upstream-request.ts';

/** An attempt that notes what it is told. */
export class NotedAttempt implements Attempt {
  connects: number[] = [];
  sentBytes = 0;
  receivedBytes = 0;
  heads = 0;
  ends: string[] = [];
  readonly answer: PromiseWithResolvers<UpstreamAnswer> = Promise.withResolvers();

  connected(tookMs: number): void {
    this.connects.push(tookMs);
  }

  sent(bytes: number): void {
    this.sentBytes += bytes;
  }

  received(bytes: number): void {
    this.receivedBytes += bytes;
  }

  headed(): void {
    this.heads++;
  }

  content(): void {}

  answered(answer: UpstreamAnswer): void {
    this.answer.resolve(answer);
  }

  failed(failure: UpstreamFailure): void {
    this.answer.reject(failure);
  }

  ended(how: 'complete' | 'cancelled' | 'failed' | 'stale'): void {
    this.ends.push(how);
  }
}

export interface Sent {
  readonly sending: Sending;
  readonly attempt: NotedAttempt;
  /** Rejects where it is none. */
  reply(): Promise<UpstreamReply>;
}

export const keepAlive: KeepAlivePlan = { idle: 8, requests: 1_000, timeMs: 60_000, timeoutMs: 60_000 };

export const cleartext: ConnectionProfile = {
  key: 'cleartext',
  protocol: 'http2',
  tls: undefined,
  socketKeepAlive: false,
  proxyProtocol: undefined,
};

const defaultRequest: UpstreamRequest = {
  method: 'GET',
  target: '/',
  headers: HeaderList.of([['host', 'a.test']]),
  body: emptyBody,
  bodyLength: undefined,
  version: '1.1',
  keepsConnection: true,
  upgrade: undefined,
  expectsContinue: false,
  takesTrailers: false,
  timeouts: { connectMs: 5_000, sendMs: 5_000, readMs: 5_000 },
  maxHeadSize: 32_768,
  inform: () => {},
};

/** A transport and the server that it sends to. */
export class Http2Stage {
  readonly transport: Http2Transport;
  readonly address: SocketAddress;
  readonly sessions: Set<ServerHttp2Session> = new Set();
  /** Sessions so far. */
  sessionCount = 0;
  readonly #server: Server | Http2Server;

  private constructor(server: Server | Http2Server, plan: KeepAlivePlan) {
    this.#server = server;
    this.transport = new Http2Transport(plan);
    this.address = { kind: 'tcp', host: '127.0.0.1', port: (server.address() as AddressInfo).port };
    server.on('session', (session: ServerHttp2Session) => {
      this.sessionCount++;
      this.sessions.add(session);
      session.on('close', () => this.sessions.delete(session));
      session.on('error', () => {});
    });
  }

  /** `answer` is asked for each stream, where the server is one of HTTP/2. */
  static async of(
    server: Server | Http2Server,
    answer?: (stream: ServerHttp2Stream, fields: Readonly<Record<string, string>>, raw: string[]) => void,
    plan: Partial<KeepAlivePlan> = {},
  ): Promise<Http2Stage> {
    if (answer) {
      server.on(
        'stream',
        (stream: ServerHttp2Stream, fields: Record<string, string>, _flags: number, raw: string[]) => {
          stream.on('error', () => {});
          answer(stream, fields, raw);
        },
      );
    }
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Http2Stage(server, { ...keepAlive, ...plan });
  }

  send(
    changes: Partial<UpstreamRequest> = {},
    profile: ConnectionProfile = cleartext,
    wish: Partial<ConnectionWish> = {},
  ): Sent {
    const attempt = new NotedAttempt();
    const client = {
      scheme: 'http',
      listener: 0,
      client: { address: '192.0.2.1', port: 5 },
      server: { address: '192.0.2.2', port: 80 },
    } as const;
    const whole = { profile, tlsName: 'peer.test', localAddress: undefined, client, ...wish };
    const sending = this.transport.send(this.address, whole, { ...defaultRequest, ...changes }, attempt);
    const answer = attempt.answer.promise;
    answer.catch(() => {});
    return { sending, attempt, reply: async () => replyOf(await answer) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.transport.close();
    for (const session of this.sessions) session.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

function replyOf(answer: UpstreamAnswer): UpstreamReply {
  if (answer.kind !== 'reply') throw new Error('It is a tunnel');
  return answer;
}

/** The whole body, latin-1. */
export async function textOf({ body }: UpstreamReply): Promise<string> {
  if (body instanceof Uint8Array) return Buffer.from(body).toString('latin1');
  let text = '';
  for await (const piece of body) text += Buffer.from(piece).toString('latin1');
  return text;
}
