import { request } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { request as secureRequest } from 'node:https';
import { connect as connectTls } from 'node:tls';
import { gunzipSync } from 'node:zlib';
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
  if (load.kind === 'requests') {
    const isAnswer = (body: string): boolean => load.answer === undefined || body.trimEnd() === load.answer;
    return await (load.protocol === 'h2' ? probeHttp2(load, port, isAnswer) : probeRequest(load, port, isAnswer));
  }
  if (load.kind === 'handshakes') return await probeHandshake(port);
  if (load.kind === 'mixed') {
    const get = { method: 'GET', requestSize: 0, status: 200, encoding: undefined, tls: false } as const;
    const short = { ...get, path: mixedPaths.short };
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
  { tls, method, path, requestSize, status, encoding }: Omit<RequestLoad, 'kind' | 'protocol' | 'answer'>,
  port: number,
  isAnswer: (body: string) => boolean,
): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const headers = encoding === undefined ? {} : { 'accept-encoding': encoding };
  const options = { host: '127.0.0.1', port, method, path, headers, agent: false, timeout: timeoutMs };
  const outgoing = (tls ? secureRequest : request)({ ...options, rejectUnauthorized: false }, (response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('error', (error) => resolve(error.message));
    response.on('end', () => {
      const sent = response.headers['content-encoding'];
      const content = Buffer.concat(chunks);
      const body = (sent === 'gzip' ? gunzipSync(content) : content).toString();
      const right = response.statusCode === status && sent === encoding && isAnswer(body);
      const how = sent === encoding ? '' : ` in ${sent ?? 'no encoding'}`;
      resolve(right ? undefined : `the answer is ${response.statusCode}${how} ${JSON.stringify(body.slice(0, 200))}`);
    });
  });
  outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer within ${timeoutMs} ms`)));
  outgoing.on('error', (error) => resolve(error.message));
  outgoing.end('x'.repeat(requestSize));
  return promise;
}

function probeHttp2(
  { tls, path, status }: RequestLoad,
  port: number,
  isAnswer: (body: string) => boolean,
): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const session = connectHttp2(`${tls ? 'https' : 'http'}://127.0.0.1:${port}`, { rejectUnauthorized: false });
  session.setTimeout(timeoutMs, () => resolve(`no answer within ${timeoutMs} ms`));
  session.on('error', (error) => resolve(error.message));
  const stream = session.request({ ':path': path }).setEncoding('utf8');
  let answered: number | undefined;
  let body = '';
  stream.on('response', (head) => (answered = head[':status']));
  stream.on('data', (text: string) => (body += text));
  stream.on('error', (error) => resolve(error.message));
  stream.on('end', () =>
    resolve(
      answered === status && isAnswer(body)
        ? undefined
        : `the answer is ${answered} ${JSON.stringify(body.slice(0, 200))}`,
    ),
  );
  return promise.finally(() => session.destroy());
}

function probeHandshake(port: number): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const socket = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false, timeout: timeoutMs });
  socket.on('timeout', () => resolve(`no session within ${timeoutMs} ms`));
  socket.on('error', (error) => resolve(error.message));
  socket.on('close', () => resolve('the connection ended without a session'));
  socket.on('session', () => {
    const version = socket.getProtocol();
    resolve(version === 'TLSv1.3' ? undefined : `the handshake is of ${version}`);
  });
  return promise.finally(() => socket.destroy());
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
