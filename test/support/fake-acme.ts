import { createPublicKey, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { createCertificate } from '../../src/tls/x509/certificate.ts';
import { bytesOf, decode, valuesOf } from '../../src/tls/x509/der.ts';
import { createKey, keyPem } from '../../src/tls/x509/key.ts';

/** What is answered in place of the usual. */
export interface FakeAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** What a client has asked. */
export interface FakeRequest {
  readonly method: string;
  readonly path: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** A CA that believes everything: certificates without challenges, and whatever faults a test wants. */
export class FakeAcme implements AsyncDisposable {
  /** PEM of the CA of its own certificate. */
  readonly ca: string;
  readonly requests: FakeRequest[] = [];
  /** Answers in place of the usual; undefined for that. `'silence'` answers nothing. */
  fault: (request: FakeRequest) => FakeAnswer | 'silence' | undefined = () => undefined;
  /** Days that certificates live, from a day before now. */
  days = 90;
  /** When they begin to be valid, in days from now. */
  fromDay = -1;
  /** What follows the certificates that it issues. */
  chain = '';
  /** RFC 9773; it suggests nothing where left out. */
  suggests: { readonly start: string; readonly end: string } | undefined;
  readonly #server: Server;
  readonly #root: KeyObject;
  #certificate = '';
  #names: readonly string[] = [];
  #count = 0;

  private constructor(server: Server, ca: string, root: KeyObject) {
    this.#server = server;
    this.ca = ca;
    this.#root = root;
  }

  static async start(): Promise<FakeAcme> {
    const from = new Date(Date.now() - 86_400_000);
    const root = await createKey('p256');
    const ca = createCertificate({ names: [], subject: { CN: 'fake CA' }, key: root, from, days: 30, isCa: true });
    const key = await createKey('p256');
    const cert = createCertificate({
      names: ['127.0.0.1'],
      key,
      from,
      days: 30,
      issuer: { certificate: ca, key: root },
    });
    const server = createServer({ cert, key: keyPem(key) });
    const fake = new FakeAcme(server, ca, root);
    server.on('request', async (incoming: IncomingMessage, response) => {
      const request = await requestOf(incoming);
      fake.requests.push(request);
      const answer = fake.fault(request) ?? fake.#usual(request);
      if (answer === 'silence') return;
      const { status, headers, body } = answer;
      response.writeHead(status, { 'replay-nonce': `nonce-${fake.#count++}`, ...headers });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return fake;
  }

  get directory(): string {
    return this.#url('/directory');
  }

  /** How often a path was asked for that way. */
  count(method: string, path: string): number {
    return this.requests.filter((request) => request.method === method && request.path === path).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await once(this.#server.close(), 'close');
  }

  #url(path: string): string {
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}${path}`;
  }

  #usual({ path, payload }: FakeRequest): FakeAnswer {
    const order = { authorizations: [], finalize: this.#url('/finalize'), certificate: this.#url('/certificate') };
    switch (path) {
      case '/directory': {
        const paths = ['newNonce', 'newAccount', 'newOrder', 'revokeCert', ...(this.suggests ? ['renewalInfo'] : [])];
        return { status: 200, body: Object.fromEntries(paths.map((each) => [each, this.#url(`/${each}`)])) };
      }
      case '/newAccount':
        return { status: 201, headers: { location: this.#url('/account') }, body: { status: 'valid' } };
      case '/newOrder':
        this.#names = (payload['identifiers'] as { value: string }[]).map(({ value }) => value);
        this.#certificate = '';
        return { status: 201, headers: { location: this.#url('/order') }, body: { status: 'ready', ...order } };
      case '/order':
        return { status: 200, body: { status: this.#certificate ? 'valid' : 'ready', ...order } };
      case '/finalize':
        this.#certificate = this.#issued(String(payload['csr']));
        return { status: 200, body: { status: 'valid', ...order } };
      case '/certificate':
        return { status: 200, body: this.#certificate + this.chain };
      default:
        return { status: 200, body: path.startsWith('/renewalInfo') ? { suggestedWindow: this.suggests } : {} };
    }
  }

  #issued(csr: string): string {
    const [content] = valuesOf(decode(Buffer.from(csr, 'base64url')));
    const spki = valuesOf(content)[2];
    const der = Buffer.from(spki?.valueBeforeDecodeView ?? bytesOf(spki));
    const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
    const from = new Date(Date.now() + this.fromDay * 86_400_000);
    const issuer = { certificate: this.ca, key: this.#root };
    return createCertificate({ names: this.#names, key, from, days: this.days, issuer });
  }
}

async function requestOf(incoming: IncomingMessage): Promise<FakeRequest> {
  const { method = '', url: path = '' } = incoming;
  const { payload = '' } = JSON.parse((await text(incoming)) || '{}') as { payload?: string };
  return { method, path, payload: JSON.parse(Buffer.from(payload, 'base64url').toString() || '{}') };
}
