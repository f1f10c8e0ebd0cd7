import { request } from 'node:http';
import { type BenchCase, mixedPaths, type RequestLoad } from './cases.ts';
import { clientFrame, opcode, serverFrame } from './load/frames.ts';
import { openLongConnection } from './load/long-connection.ts';
import type { LongProtocol } from './load/openings.ts';

const timeoutMs = 2_000;
const text = Buffer.from('probe');

/** What comes first on a long connection that works: the echo of a text, or the first event. */
const firstBytes: Readonly<Record<LongProtocol, Buffer>> = {
  websocket: serverFrame(opcode.text, text),
  'event-stream': Buffer.from('data:'),
};

/** Tries the case's app once and says what is wrong with the answer; undefined when it is right. */
export async function probe({ load }: BenchCase, port: number): Promise<string | undefined> {
  if (load.kind === 'requests') return await probeRequest(load, port, (body) => body.trimEnd() === load.answer);
  if (load.kind === 'mixed') {
    const short = { method: 'GET', path: mixedPaths.short, requestSize: 0 } as const;
    return await probeRequest(short, port, (body) => /^\d+$/.test(body));
  }
  const protocol = load.kind === 'echo' ? 'websocket' : load.protocol;
  try {
    return await probeLongConnection(protocol, port);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function probeRequest(
  { method, path, requestSize }: Pick<RequestLoad, 'method' | 'path' | 'requestSize'>,
  port: number,
  isAnswer: (body: string) => boolean,
): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const outgoing = request({ host: '127.0.0.1', port, method, path, agent: false, timeout: timeoutMs }, (response) => {
    let body = '';
    response.setEncoding('utf8');
    response.on('data', (text: string) => {
      body += text;
    });
    response.on('error', (error) => resolve(error.message));
    response.on('end', () => {
      const right = response.statusCode === 200 && isAnswer(body);
      resolve(right ? undefined : `the answer is ${response.statusCode} ${JSON.stringify(body.slice(0, 200))}`);
    });
  });
  outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer within ${timeoutMs} ms`)));
  outgoing.on('error', (error) => resolve(error.message));
  outgoing.end('x'.repeat(requestSize));
  return promise;
}

async function probeLongConnection(protocol: LongProtocol, port: number): Promise<string | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  const late = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  let received = Buffer.alloc(0);
  const opening = openLongConnection(protocol, port, {
    bytes(bytes) {
      received = Buffer.concat([received, bytes]);
      if (received.includes(firstBytes[protocol])) resolve(undefined);
    },
    end: () => reject(new Error(`the connection ended after ${JSON.stringify(received.toString('latin1', 0, 200))}`)),
  });
  try {
    const socket = await Promise.race([opening, promise]);
    if (protocol === 'websocket') socket?.write(clientFrame(opcode.text, text));
    return await promise;
  } finally {
    clearTimeout(late);
    opening.then(
      (socket) => socket.destroy(),
      () => {},
    );
  }
}
