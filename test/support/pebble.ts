import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:https';
import { createCertificate } from '../../src/tls/x509/certificate.ts';
import { createKey, keyPem } from '../../src/tls/x509/key.ts';
import type { AppFolder } from './app-folder.ts';
import { freePorts } from './free-ports.ts';
import { goTool } from './go-tools.ts';
import { until } from './until.ts';

const version = 'v2.10.1';

/** An account that the CA knows from elsewhere. */
export const externalAccount: { readonly keyId: string; readonly macKey: string } = {
  keyId: 'kid-1',
  macKey: Buffer.from('a key of thirty-two bytes, if any').toString('base64url'),
};

export interface PebbleOptions {
  readonly externalAccountRequired?: boolean;
  /** Of a hundred nonces, how many are refused. */
  readonly refusedNonces?: number;
}

const running: Set<ChildProcess> = new Set();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Pebble, a CA for tests, with its DNS server. It looks at 127.0.0.1 whatever the name. */
export class Pebble implements AsyncDisposable {
  /** Where it comes for http-01 and tls-alpn-01. */
  readonly httpPort: number;
  readonly tlsPort: number;
  /** PEM of the CA of its own certificate. */
  readonly ca: string;
  readonly #folder: AppFolder;
  readonly #ports: readonly number[];
  readonly #options: PebbleOptions;
  readonly #agent: Agent;
  #pebble: ChildProcess | undefined;
  #dns: ChildProcess | undefined;

  private constructor(folder: AppFolder, ports: readonly number[], ca: string, options: PebbleOptions) {
    this.#folder = folder;
    this.#ports = ports;
    [this.httpPort = 0, this.tlsPort = 0] = ports;
    this.ca = ca;
    this.#options = options;
    this.#agent = new Agent({ ca });
  }

  /** `folder`: for its config. */
  static async start(folder: AppFolder, options: PebbleOptions = {}): Promise<Pebble> {
    const ports = await freePorts(6);
    const from = new Date(Date.now() - 60_000);
    const root = await createKey('p256');
    const ca = createCertificate({ names: [], subject: { CN: 'test CA' }, key: root, from, days: 2, isCa: true });
    const key = await createKey('p256');
    const issuer = { certificate: ca, key: root };
    const names = ['localhost', '127.0.0.1'];
    await folder.write('pebble.pem', createCertificate({ names, key, from, days: 2, issuer }));
    await folder.write('pebble.key', keyPem(key));
    await folder.write('pebble-ca.pem', ca);
    const pebble = new Pebble(folder, ports, ca, options);
    await pebble.#writeConfig();
    try {
      await pebble.#startDns();
      await pebble.restart();
    } catch (error) {
      await pebble[Symbol.asyncDispose]();
      throw error;
    }
    return pebble;
  }

  get directory(): string {
    return `https://127.0.0.1:${this.#ports[2]}/dir`;
  }

  /** URL of the server that sets records: `/set-txt` and `/clear-txt`. */
  get dnsManagement(): string {
    return `http://127.0.0.1:${this.#ports[5]}`;
  }

  /** A new one in the place of the one before, which has forgotten all. */
  async restart(): Promise<void> {
    await this.kill();
    const env = {
      ...process.env,
      PEBBLE_VA_NOSLEEP: '1',
      PEBBLE_WFE_NONCEREJECT: String(this.#options.refusedNonces ?? 0),
      PEBBLE_AUTHZREUSE: '0',
    };
    const program = await goTool('github.com/letsencrypt/pebble/v2/cmd/pebble', version);
    const args = ['-config', this.#folder.file('pebble.json'), '-dnsserver', `127.0.0.1:${this.#ports[4]}`];
    this.#pebble = started(program, args, env);
    await until(async () => (await this.#ask(this.directory, 'GET')) !== undefined, 'Pebble answers');
  }

  async kill(): Promise<void> {
    const child = this.#pebble;
    this.#pebble = undefined;
    await ended(child);
  }

  /** PEM of the CA that certificates come from. */
  async root(): Promise<string> {
    return (await this.#ask(`https://127.0.0.1:${this.#ports[3]}/roots/0`, 'GET')) ?? '';
  }

  /** `valid`, `revoked`, as it is told of a serial number in hexadecimal. */
  async statusOf(serialNumber: string): Promise<string> {
    const url = `https://127.0.0.1:${this.#ports[3]}/cert-status-by-serial/${serialNumber.toLowerCase()}`;
    const { Status: status = '' } = JSON.parse((await this.#ask(url, 'GET')) ?? '{}') as { Status?: string };
    return status.toLowerCase();
  }

  /** What it says of when to renew a certificate. */
  async suggest(certificate: string, window: { readonly start: Date; readonly end: Date }): Promise<void> {
    const url = `https://127.0.0.1:${this.#ports[3]}/set-renewal-info/`;
    const ariResponse = JSON.stringify({ suggestedWindow: window });
    await this.#ask(url, 'POST', JSON.stringify({ certificate, ariResponse }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#agent.destroy();
    await this.kill();
    await ended(this.#dns);
  }

  async #writeConfig(): Promise<void> {
    const [httpPort, tlsPort, listen, management] = this.#ports;
    const pebble = {
      listenAddress: `127.0.0.1:${listen}`,
      managementListenAddress: `127.0.0.1:${management}`,
      certificate: this.#folder.file('pebble.pem'),
      privateKey: this.#folder.file('pebble.key'),
      httpPort,
      tlsPort,
      ocspResponderURL: '',
      externalAccountBindingRequired: this.#options.externalAccountRequired === true,
      externalAccountMACKeys: { [externalAccount.keyId]: externalAccount.macKey },
      domainBlocklist: ['blocked.test'],
      retryAfter: { authz: 1, order: 1 },
      keyAlgorithm: 'ecdsa',
      profiles: {
        default: { description: 'usual', validityPeriod: 7_776_000 },
        shortlived: { description: 'short', validityPeriod: 518_400 },
      },
    };
    await this.#folder.write('pebble.json', JSON.stringify({ pebble }));
  }

  async #startDns(): Promise<void> {
    const program = await goTool('github.com/letsencrypt/pebble/v2/cmd/pebble-challtestsrv', version);
    const none = ['-http01', '', '-https01', '', '-tlsalpn01', '', '-doh', '', '-defaultIPv6', ''];
    const own = ['-dnsserver', `127.0.0.1:${this.#ports[4]}`, '-management', `127.0.0.1:${this.#ports[5]}`];
    this.#dns = started(program, [...none, ...own], process.env);
    const isThere = (): Promise<boolean> =>
      fetch(this.dnsManagement).then(
        () => true,
        () => false,
      );
    await until(isThere, 'the DNS server of Pebble answers');
  }

  /** Undefined where there is no answer of status 200. */
  async #ask(url: string, method: string, body?: string): Promise<string | undefined> {
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    const sent = request(url, { method, agent: this.#agent, headers: { 'user-agent': 'test' } }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve(response.statusCode === 200 ? text : undefined));
    });
    sent.on('error', () => resolve(undefined));
    sent.end(body);
    return await promise;
  }
}

function started(program: string, args: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  const child = spawn(program, args, { env, stdio: 'ignore' });
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

async function ended(child: ChildProcess | undefined): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}
