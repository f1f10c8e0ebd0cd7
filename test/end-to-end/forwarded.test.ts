import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { AppFolder } from '../support/app-folder.ts';
import { get } from '../support/front-stage.ts';
import { Galley, ready, runGalley, startGalley } from '../support/galley.ts';
import { RawClient } from '../support/raw-client.ts';
import { until } from '../support/until.ts';

const apps = fileURLToPath(new URL('../apps', import.meta.url));

/** What test/apps/forwarded_app.py sees. */
interface Seen {
  readonly client: readonly [address: string, port: number] | null;
  readonly scheme: string;
  readonly host: string;
  readonly told: Readonly<Record<string, string>>;
}

/** Sends requests with these fields, one after the other on one connection; gives what the app saw of each. */
async function ask(where: number | string, ...requests: readonly string[]): Promise<readonly Seen[]> {
  const client = await RawClient.connect(where);
  const seen: Seen[] = [];
  for (const fields of requests) {
    const from = client.received.length;
    client.send(get(`/${seen.length}`, fields));
    await until(
      () => /\r\n\r\n.*\}$/s.test(client.received.slice(from)),
      () => `an answer in ${client.received.slice(from)}`,
    );
    const [body = ''] = client.received.slice(from).split('\r\n\r\n').slice(1);
    seen.push(JSON.parse(body));
  }
  client.destroy();
  return seen;
}

async function askOnce(where: number | string, fields: string): Promise<Seen> {
  const [seen] = await ask(where, fields);
  return seen!;
}

/** Galley with that app and one worker; `trusted` is the option's value. */
function start(name: 'asgi' | 'wsgi', trusted: string | undefined, args: readonly string[] = []): Promise<Galley> {
  const option = trusted === undefined ? [] : ['--forwarded-allow-ips', trusted];
  return startGalley(`forwarded_app:${name}`, { cwd: apps, args: ['--workers', '1', ...option, ...args] });
}

for (const name of ['asgi', 'wsgi'] as const) {
  describe(`${name === 'asgi' ? 'an ASGI' : 'a WSGI'} app behind a trusted proxy`, () => {
    let galley: Galley;

    before(async () => {
      galley = await start(name, '127.0.0.1, 10.0.0.0/8');
    });

    after(() => galley[Symbol.asyncDispose]());

    it('sees the client and the scheme of X-Forwarded-For and X-Forwarded-Proto, and the headers as they came', async () => {
      const fields =
        'X-Forwarded-For: 203.0.113.7:4711\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: shop.example\r\nX-Real-IP: 203.0.113.7\r\n';
      assert.deepEqual(await askOnce(galley.port, fields), {
        client: ['203.0.113.7', 4711],
        scheme: 'https',
        host: 'a',
        told: {
          'x-forwarded-for': '203.0.113.7:4711',
          'x-forwarded-proto': 'https',
          'x-forwarded-host': 'shop.example',
          'x-real-ip': '203.0.113.7',
        },
      });
    });

    it('sees those of Forwarded', async () => {
      const { client, scheme } = await askOnce(
        galley.port,
        'Forwarded: for="[2001:db8::1]:4711";proto=https;host=shop.example\r\n',
      );
      assert.deepEqual({ client, scheme }, { client: ['2001:db8::1', 4711], scheme: 'https' });
    });

    it('sees port 0 where the proxy tells none', async () => {
      assert.deepEqual((await askOnce(galley.port, 'X-Forwarded-For: 203.0.113.7\r\n')).client, ['203.0.113.7', 0]);
    });

    it('253: sees the last client of a chain that is not a trusted proxy, not what that client claims', async () => {
      const chain = 'X-Forwarded-For: 127.0.0.1, 1.1.1.1\r\nX-Forwarded-For: 203.0.113.7:1, 10.0.0.3,10.0.0.2\r\n';
      assert.deepEqual((await askOnce(galley.port, chain)).client, ['203.0.113.7', 1]);
      const forwarded = 'Forwarded: for="1.1.1.1\r\nForwarded: for="203.0.113.7:1";proto=https, for=10.0.0.2\r\n';
      const { client, scheme } = await askOnce(galley.port, forwarded);
      assert.deepEqual({ client, scheme }, { client: ['203.0.113.7', 1], scheme: 'https' });
    });

    it('sees no Forwarded that its client has added, and no name with an underscore', async () => {
      const fields =
        'Forwarded: for=1.1.1.1;host=evil\r\nX_Forwarded_For: 1.1.1.1\r\nX-Forwarded-For: 203.0.113.7:1\r\n';
      const { client, told } = await askOnce(galley.port, fields);
      assert.deepEqual({ client, told }, { client: ['203.0.113.7', 1], told: { 'x-forwarded-for': '203.0.113.7:1' } });
    });

    it('sees each client of a connection that the proxy keeps', async () => {
      const fields = ['7', '8', '7'].map((host) => `X-Forwarded-For: 203.0.113.${host}:1\r\n`);
      const seen = await ask(galley.port, ...fields, '');
      assert.deepEqual(
        seen.map(({ client }) => client?.[0]),
        ['203.0.113.7', '203.0.113.8', '203.0.113.7', '127.0.0.1'],
      );
    });
  });

  it(`254: ${name === 'asgi' ? 'an ASGI' : 'a WSGI'} app sees nothing of what an untrusted peer tells`, async () => {
    await using galley = await start(name, undefined);
    const spoofed =
      'X-Forwarded-For: 1.1.1.1\r\nx-forwarded-proto: https\r\nForwarded: for=1.1.1.1\r\nX-Real-IP: 1.1.1.1\r\nX_Forwarded_For: 1.1.1.1\r\nX-Forwarded-Host: evil\r\n';
    const { client, scheme, told } = await askOnce(galley.port, spoofed);
    assert.equal(client?.[0], '127.0.0.1');
    assert.deepEqual({ scheme, told }, { scheme: 'http', told: {} });
  });
}

describe('--forwarded-allow-ips', () => {
  it('shows the real clients in the access log', async () => {
    await using galley = await start('wsgi', '127.0.0.1');
    await ask(galley.port, 'X-Forwarded-For: 203.0.113.7\r\n', 'X-Forwarded-For: 203.0.113.8\r\n', '');
    await until(() => galley.stdout().split('\n').length === 4, 'three lines');
    const clients = galley
      .stdout()
      .trimEnd()
      .split('\n')
      .map((line) => line.split(' ')[0]);
    assert.deepEqual(clients, ['203.0.113.7', '203.0.113.8', '127.0.0.1']);
  });

  it('trusts those of a Unix socket with unix:', async () => {
    await using folder = await AppFolder.with({});
    const socket = folder.file('galley.sock');
    const args = ['forwarded_app:wsgi', '--workers', '1', '--forwarded-allow-ips', 'unix:', '--bind', `unix:${socket}`];
    await using _galley = await ready(new Galley(args, { cwd: apps }));
    const fields = 'X-Forwarded-For: 203.0.113.7:1\r\nX-Forwarded-Proto: https\r\n';
    const { client, scheme } = await askOnce(socket, fields);
    assert.deepEqual({ client, scheme }, { client: ['203.0.113.7', 1], scheme: 'https' });
  });

  it('is FORWARDED_ALLOW_IPS in the environment', async () => {
    const environment = { FORWARDED_ALLOW_IPS: '127.0.0.1' };
    await using galley = await startGalley('forwarded_app:wsgi', { cwd: apps, environment, args: ['--workers', '1'] });
    assert.equal((await askOnce(galley.port, 'X-Forwarded-For: 203.0.113.7\r\n')).client?.[0], '203.0.113.7');
  });

  it('names the entry that it cannot read', async () => {
    const { code, stderr } = await runGalley(['forwarded_app:wsgi', '--forwarded-allow-ips', '::1,proxy.example']);
    assert.equal(code, 2);
    assert.match(stderr, /--forwarded-allow-ips "::1,proxy\.example": "proxy\.example" is neither an IP address/);
  });
});
