import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { getCACertificates } from 'node:tls';
import { AcmeError } from './acme-error.ts';

export interface HttpsRequest {
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
}

export interface HttpsAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** One request and its answer, in milliseconds; certbot 45 s, lego 30 s. */
const requestTimeoutMs = 30_000;

/** Chains with post-quantum keys have some 30 KiB. */
const maxAnswerSize = 256 * 1024;

/** Requests to a CA, over connections that are kept for the next one. */
export class HttpsClient {
  readonly #agent: Agent;
  readonly #timeoutMs: number;

  /** `trusted`: PEM of the CAs that the CA's own certificate is checked with; undefined for the system's and Node's. */
  constructor(trusted: string | undefined, timeoutMs: number = requestTimeoutMs) {
    const ca = trusted ?? [...new Set([...getCACertificates('default'), ...getCACertificates('system')])];
    this.#agent = new Agent({ ca: trusted === undefined ? [...ca] : trusted, keepAlive: true, maxSockets: 4 });
    this.#timeoutMs = timeoutMs;
  }

  /** Throws an AcmeError that says what has failed. */
  async send({ method, url, headers, body, signal }: HttpsRequest): Promise<HttpsAnswer> {
    if (!URL.canParse(url) || new URL(url).protocol !== 'https:')
      throw new AcmeError(`Cannot ask "${url}": it is no https URL`);
    const timeout = AbortSignal.timeout(this.#timeoutMs);
    const ending = AbortSignal.any([signal, timeout]);
    const { promise, resolve, reject } = Promise.withResolvers<HttpsAnswer>();
    const options = { method, agent: this.#agent, signal: ending, headers: { 'user-agent': 'galley', ...headers } };
    const sent = request(url, options, (response) => gather(response).then(resolve, reject));
    sent.on('error', reject);
    sent.end(body);
    try {
      return await promise;
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (error instanceof AcmeError) throw new AcmeError(`Cannot ask ${url}: ${error.message}`);
      const reason = timeout.aborted ? `no answer after ${this.#timeoutMs} ms` : (error as Error).message;
      throw new AcmeError(`Cannot ask ${url}: ${reason}`);
    }
  }

  close(): void {
    this.#agent.destroy();
  }
}

async function gather(response: IncomingMessage): Promise<HttpsAnswer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    chunks.push(chunk as Buffer);
    size += (chunk as Buffer).length;
    if (size > maxAnswerSize) throw new AcmeError(`its answer has more than ${maxAnswerSize} bytes`);
  }
  return { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) };
}
