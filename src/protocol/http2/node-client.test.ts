import assert from 'node:assert/strict';
import { once } from 'node:events';
import http2 from 'node:http2';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { fixed, KeptOutput } from '../../../test/support/http2-peer.ts';
import { HeaderList } from '../../core/headers.ts';
import { http2Limits, httpLimits } from '../../core/limits.ts';
import { Http2ServerCodec } from './server-codec.ts';
import type { Http2RequestHead, Http2Stream } from './server-sink.ts';

interface EchoTurn {
  readonly stream: Http2Stream;
  readonly head: Http2RequestHead | undefined;
  readonly content: Uint8Array[];
  left: Buffer;
  trailers: HeaderList;
}

/** A server that answers with what it was asked: the fields in its own, behind `echo-`, the content as it came. */
class EchoServer {
  readonly #codec: Http2ServerCodec<EchoTurn>;
  readonly #output = new KeptOutput();
  readonly #socket: Socket;
  readonly #waiting: Set<EchoTurn> = new Set();

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#codec = new Http2ServerCodec<EchoTurn>(
      {
        head: (stream, head) => turnOf(stream, head),
        malformed: (stream, { status }) => {
          this.#codec.respond(stream, status, HeaderList.empty, fixed, true);
          return turnOf(stream, undefined);
        },
        refused: () => {},
        body: (turn, bytes) => {
          turn.content.push(Uint8Array.from(bytes));
          this.#codec.consumed(turn.stream, bytes.length);
        },
        end: (turn, trailers) => this.#answer(turn, trailers),
        reset: (turn) => this.#waiting.delete(turn),
        windowOpened: (turn) => this.#send(turn),
        connectionWindowOpened: () => {
          for (const turn of this.#waiting) this.#send(turn);
        },
        prioritized: () => {},
        goaway: () => {},
        acknowledged: () => {},
      },
      this.#output,
      { limits: httpLimits, http2: http2Limits },
    );
    this.#codec.start();
    this.#flush();
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      try {
        this.#codec.receive(chunk);
      } catch {
        socket.end();
      }
      this.#flush();
    });
  }

  #answer(turn: EchoTurn, trailers: HeaderList): void {
    if (!turn.head) return;
    const { headers, method, target } = turn.head;
    const echoed = [...headers].map(([name, value]) => [`echo-${name}`, value] as const);
    this.#codec.respond(
      turn.stream,
      200,
      HeaderList.of([['method', method], ['target', target], ...echoed]),
      fixed,
      false,
    );
    turn.left = Buffer.concat(turn.content);
    turn.trailers = trailers;
    this.#waiting.add(turn);
    this.#send(turn);
  }

  #send(turn: EchoTurn): void {
    if (!this.#waiting.has(turn)) return;
    const size = Math.min(turn.left.length, this.#codec.sendable(turn.stream));
    const hasTrailers = turn.trailers.count > 0;
    const isEnd = size === turn.left.length;
    if (size > 0 || isEnd) this.#codec.data(turn.stream, turn.left.subarray(0, size), isEnd && !hasTrailers);
    turn.left = turn.left.subarray(size);
    if (isEnd && hasTrailers) this.#codec.trailers(turn.stream, turn.trailers);
    if (isEnd) this.#waiting.delete(turn);
  }

  #flush(): void {
    const bytes = this.#output.take();
    if (bytes.length > 0) this.#socket.write(bytes);
  }
}

function turnOf(stream: Http2Stream, head: Http2RequestHead | undefined): EchoTurn {
  return { stream, head, content: [], left: Buffer.alloc(0), trailers: HeaderList.empty };
}

interface Sent {
  readonly path: string;
  readonly fields: Readonly<Record<string, string | string[]>>;
  readonly size: number;
  readonly trailers: Readonly<Record<string, string>>;
}

interface Got {
  readonly headers: http2.IncomingHttpHeaders;
  readonly content: Buffer;
  readonly trailers: http2.IncomingHttpHeaders;
}

async function ask(session: http2.ClientHttp2Session, { path, fields, size, trailers }: Sent): Promise<Got> {
  const hasTrailers = Object.keys(trailers).length > 0;
  const request = session.request({ ':method': 'POST', ':path': path, ...fields }, { waitForTrailers: hasTrailers });
  let got: http2.IncomingHttpHeaders = {};
  request.on('wantTrailers', () => request.sendTrailers(trailers));
  request.on('trailers', (headers) => {
    got = headers;
  });
  const answered = once(request, 'response');
  request.end(contentOf(size));
  const [headers] = (await answered) as [http2.IncomingHttpHeaders];
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece);
  return { headers, content: Buffer.concat(pieces), trailers: got };
}

function contentOf(size: number): Buffer {
  return Buffer.from(Array.from({ length: size }, (_, index) => index % 253));
}

const name = fc.stringMatching(/^x-[a-z0-9]{1,10}$/);
const value = fc.stringMatching(/^([!-~]([ -~]{0,60}[!-~])?)?$/);
const request: fc.Arbitrary<Sent> = fc.record({
  path: fc.stringMatching(/^\/[a-z0-9]{0,20}$/),
  fields: fc.dictionary(name, fc.oneof(value, fc.array(value, { minLength: 2, maxLength: 3 })), { maxKeys: 8 }),
  size: fc.oneof(fc.nat(100), fc.nat(200_000)),
  trailers: fc.dictionary(name, value, { maxKeys: 3 }),
});

describe('Http2ServerCodec and the client of Node', () => {
  it('understand each other: fields, content and trailers of many streams at once', { timeout: 60_000 }, async () => {
    const sockets: Socket[] = [];
    const server = createServer((socket) => {
      sockets.push(socket);
      new EchoServer(socket);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const session = http2.connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    try {
      const property = fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 4 }), async (requests) => {
        const answers = await Promise.all(requests.map((sent) => ask(session, sent)));
        for (const [index, { headers, content, trailers }] of answers.entries()) {
          const { path, fields, size, trailers: sentTrailers } = requests[index] ?? assert.fail();
          assert.equal(headers[':status'], 200);
          assert.equal(headers['target'], path);
          for (const [field, sent] of Object.entries(fields)) {
            assert.equal(headers[`echo-${field}`], typeof sent === 'string' ? sent : sent.join(', '));
          }
          assert.ok(content.equals(contentOf(size)), `${content.length} of ${size} bytes`);
          assert.deepEqual(Object.fromEntries(Object.entries(trailers)), { ...sentTrailers });
        }
      });
      await fc.assert(property, { numRuns: 40 });
    } finally {
      session.destroy();
      for (const socket of sockets) socket.destroy();
      server.close();
    }
  });
});
