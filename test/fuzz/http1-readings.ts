import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { ProtocolError } from '../../src/core/errors.ts';
import { httpLimits } from '../../src/core/limits.ts';
import { Http1ServerCodec } from '../../src/protocol/http1/server-codec.ts';

/**
 * What a server made of some bytes: the whole requests that it read, and with what code it refused the rest, if it did:
 * `closed` where more came after a request that ends the connection.
 */
export interface Reading {
  readonly requests: readonly ReadRequest[];
  readonly refusal: string | undefined;
}

/** One request as a server read it. */
export interface ReadRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

/** Reads the bytes with our codec, as a connection does: it stops where the client wants no more. */
export function readByCodec(bytes: Buffer): Reading {
  const requests: ReadRequest[] = [];
  let body = '';
  let request: Omit<ReadRequest, 'body'> | undefined;
  let goesOn = true;
  let paused = false;
  const codec = new Http1ServerCodec(
    {
      head({ method, target, headers, keepAlive }) {
        request = { method, target, headers: [...headers] };
        goesOn = keepAlive;
      },
      body: (view) => {
        body += Buffer.from(view).toString('latin1');
      },
      end() {
        if (request) requests.push({ ...request, body });
        body = '';
        paused = true;
      },
    },
    httpLimits,
  );
  try {
    codec.receive(bytes);
    while (paused && goesOn) {
      paused = false;
      codec.resume();
    }
    if (goesOn || !paused) codec.end();
    else if (/[^\r\n]/.test(bytes.toString('latin1', bytes.length - codec.buffered)))
      return { requests, refusal: 'closed' };
  } catch (error) {
    if (error instanceof ProtocolError) return { requests, refusal: error.code };
    throw error;
  }
  return { requests, refusal: undefined };
}

/** Reads bytes with Node's own server and parser, over a socket; one reading at a time. */
export interface NodeReader extends AsyncDisposable {
  read(bytes: Buffer): Promise<Reading>;
}

export async function startNodeReader(): Promise<NodeReader> {
  let begun: Promise<ReadRequest | undefined>[] = [];
  let refusal: string | undefined;
  const server = createServer({ insecureHTTPParser: false }, (request, response) => {
    const whole = readWhole(request);
    begun.push(whole);
    void whole.then(() => response.end());
  });
  server.on('connect', (_request, socket) => {
    refusal ??= '405';
    socket.destroy();
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    refusal ??= error.code === 'HPE_CLOSED_CONNECTION' ? 'closed' : error.code;
    // What was read before the error is told of in later turns.
    setImmediate(() => socket.destroy());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    async read(bytes) {
      begun = [];
      refusal = undefined;
      let answers = '';
      const socket = connect(port, '127.0.0.1');
      socket.setEncoding('latin1').on('data', (text) => {
        answers += text;
      });
      socket.on('error', () => {});
      socket.end(bytes);
      await once(socket, 'close');
      const requests = (await Promise.all(begun)).filter((request) => request !== undefined);
      const statuses = [...answers.matchAll(/HTTP\/1\.1 ([2-5]\d\d)/g)].map(([, status]) => status);
      // Some requests are refused by an answer of Node's own, after which it may read on; ours never does.
      const refused = statuses.findIndex((status) => status !== '200');
      if (refused < 0) return { requests, refusal };
      return { requests: requests.slice(0, refused), refusal: statuses[refused] };
    },
    async [Symbol.asyncDispose]() {
      server.close();
      await once(server, 'close');
    },
  };
}

async function readWhole(request: IncomingMessage): Promise<ReadRequest | undefined> {
  let body = '';
  try {
    for await (const piece of request.setEncoding('latin1')) body += piece;
  } catch {
    return undefined;
  }
  const headers: [string, string][] = [];
  for (let index = 0; index < request.rawHeaders.length; index += 2) {
    headers.push([request.rawHeaders[index]!.toLowerCase(), request.rawHeaders[index + 1]!]);
  }
  return { method: request.method ?? '', target: request.url ?? '', headers, body };
}
