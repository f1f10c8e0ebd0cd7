import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { freePorts } from '../../support/free-ports.ts';
import { LoadClient } from '../../support/load-client.ts';
import { RawClient } from '../../support/raw-client.ts';
import { until } from '../../support/until.ts';
import { assertNoLoss } from '../process-manager/assert-no-loss.ts';
import { ask, ConfigStage, testApp } from './config-stage.ts';

type Json = Readonly<Record<string, unknown>>;

interface SiteOptions {
  readonly apps?: Readonly<Record<string, Json>>;
  readonly listen?: readonly string[];
  readonly locations?: readonly Json[];
  readonly more?: Json;
  readonly servers?: readonly Json[];
}

const read = /the config was read again and is in use/;
const kept = /the config in use stays: /;

/** A config as JSON; without anything it answers `one` everywhere. */
function site(options: SiteOptions, frontThreads = 1): string {
  const { apps = {}, listen = ['127.0.0.1:0'], locations = [], more = {}, servers = [] } = options;
  const server = { listen, locations: [{ path: '/', respond: 'one' }, ...locations] };
  return JSON.stringify({
    process: { frontThreads },
    defaults: { accessLog: false },
    apps,
    ...more,
    servers: [server, ...servers],
  });
}

const process1 = testApp('process_wsgi_app:app');
const process2 = testApp('process_asgi_app:app');
const at = (path: string, app: string): Json => ({
  path: `= /${path}`,
  app,
  rules: [{ rewrite: '.*', to: '/', flag: 'break' }],
});

describe('galley, when its config changes', () => {
  for (const threads of [1, 2]) {
    it(`fails no request in 20 reloads of ever other configs, with frontThreads ${threads}`, async () => {
      const [port = 0, second = 0] = await freePorts(2);
      const listen = [`127.0.0.1:${port}`];
      /** What the other paths are while `/` and the app `one` at `/app` stay. */
      const steady = [at('app', 'one')];
      const text = (options: SiteOptions): string =>
        site(
          {
            listen,
            ...options,
            apps: { one: process1, ...options.apps },
            locations: [...steady, ...(options.locations ?? [])],
          },
          threads,
        );
      await using stage = await ConfigStage.start({ 'a.config.json': text({}) });
      const answers = new Set<string>();
      await using load = LoadClient.start({
        port,
        keptAlive: 4,
        oneRequest: 4,
        requestsPerSecond: 300,
        paths: [{ path: '/' }, { path: '/app', method: 'POST' }, { path: '/app' }],
        answered: ({ path, body }) => answers.add(`${path} ${body}`),
      });
      let reloads = 0;
      const change = async (options: SiteOptions): Promise<void> => {
        await stage.folder.write('a.config.json', text(options));
        stage.galley.signal('SIGHUP');
        await stage.says(read, ++reloads);
      };
      for (let round = 1; round <= 4; round++) {
        await change({ locations: [{ path: '= /new', respond: `new ${round}` }] });
        assert.equal(await stage.body('/new'), `new ${round}`);
        await change({ listen: [...listen, `127.0.0.1:${second}`] });
        assert.equal(await stage.body('/new', second), 'one');
        await change({ apps: { two: process2 }, locations: [at('two', 'two')] });
        await until(async () => (await errorOf(second)) === 'ECONNREFUSED', 'nothing listens there any more');
        assert.match(await stage.body('/two'), /^\d+$/);
        await change({ apps: { two: { ...process2, workers: 2 } }, locations: [at('two', 'two')] });
        assert.match(await stage.body('/two'), /^\d+$/);
        await change({ apps: { one: { ...process1, threads: 2 + round } } });
        assert.equal(await stage.body('/two'), 'one');
      }
      const { answered } = load.report();
      await until(() => load.report().answered > answered + 50, 'the load runs on');
      assertNoLoss(await load.stop(), 500, stage.galley.stderr());
      assert.ok(answers.size > 10, 'each reload has brought workers that answer');
      await until(
        () => stage.galley.workers().length === 1,
        () => `the workers of apps that are gone end, there are ${stage.galley.workers()}`,
      );
      assert.deepEqual(
        (await stage.status()).apps.map(({ name }) => name),
        ['one'],
      );
      assert.equal(await stage.galley.stop(), 0);
      await stage.galley.leavesNothing();
    });
  }

  it('lets requests under way end where their listener and their app are gone, and then closes the connection', async () => {
    const [port = 0, second = 0] = await freePorts(2);
    const app = testApp('process_asgi_app:app');
    const other = {
      listen: [`127.0.0.1:${second}`],
      locations: [
        { path: '/', respond: 'two' },
        { path: '= /hold', app: 'app' },
      ],
    };
    const first = site({ listen: [`127.0.0.1:${port}`], apps: { app }, servers: [other] });
    await using stage = await ConfigStage.start({ 'a.config.json': first });
    const client = await RawClient.connect(second);
    client.send('GET /hold?1 HTTP/1.1\r\nHost: a\r\n\r\n');
    const idle = await RawClient.connect(second);
    idle.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await idle.sees(/two$/);
    await until(async () => (await stage.status()).apps[0]?.inFlight === 1, 'the app has the request');
    await stage.folder.write(
      'a.config.json',
      site({ listen: [`127.0.0.1:${port}`], locations: [{ path: '= /hold', respond: 'other' }] }),
    );
    stage.galley.signal('SIGHUP');
    await stage.says(read, 1);
    idle.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    assert.equal(await stage.body('/hold', port), 'other');
    await stage.folder.write('release', '');
    await client.sees(/\r\n\r\n\d+$/);
    await until(() => client.ended && idle.ended, 'connections of the listener that is gone are closed');
    assert.doesNotMatch(idle.received, /one/, 'it is of no other server');
    client.destroy();
    idle.destroy();
  });

  it('keeps the counts of limits that stay the same', async () => {
    const zones = (burst: number, rate = '1/m'): SiteOptions => ({
      more: { requestZones: { all: { key: '$remote_addr', rate } } },
      servers: [],
      locations: [{ path: '= /limited', emptyGif: true, rateLimit: { zone: 'all', burst } }],
    });
    const [port = 0] = await freePorts(1);
    const listen = [`127.0.0.1:${port}`];
    await using stage = await ConfigStage.start({ 'a.config.json': site({ listen, ...zones(1) }, 2) });
    const status = async (): Promise<number> => (await stage.ask('/limited')).status;
    assert.deepEqual([await status(), await status(), await status()], [200, 200, 429]);
    await stage.folder.write('a.config.json', site({ listen, ...zones(2) }, 2));
    assert.equal((await stage.command('reload')).code, 0);
    assert.deepEqual([await status(), await status()], [200, 429]);
    const other = site({ listen, ...zones(2) }, 2).replaceAll('"$remote_addr"', '"$remote_addr $host"');
    await stage.folder.write('a.config.json', other);
    assert.equal((await stage.command('reload')).code, 0);
    assert.deepEqual([await status(), await status(), await status(), await status()], [200, 200, 200, 429]);
  });

  for (const threads of [1, 2]) {
    it(`goes on as before where it cannot be used, and says why, with frontThreads ${threads}`, async () => {
      const [port = 0] = await freePorts(1);
      const listen = [`127.0.0.1:${port}`];
      const good = site({ listen, apps: { one: process1 }, locations: [at('app', 'one')] }, threads);
      await using stage = await ConfigStage.start({
        'a.config.json': good,
        'bad.py': 'raise RuntimeError("the kettle is cold")\n',
      });
      const [worker] = stage.galley.workers();
      const bad = { ...testApp('bad:app'), directory: stage.folder.path };
      const wrong: readonly (readonly [text: string, says: RegExp])[] = [
        [
          `{\n"servers": [{ "listen": [":0"], "respnd": 1 }] }`,
          /a\.config\.json:2:\d+: error: Unknown option "respnd"/,
        ],
        [site({ listen, apps: { one: process1, bad } }, threads), /Cannot import "bad": it raised RuntimeError/],
        [site({ listen: [...listen, '192.0.2.1:1'] }, threads), /Cannot listen on 192\.0\.2\.1:1/],
        [
          site({ listen, more: { defaults: { accessLog: { to: '/no/such/log' } } } }, threads),
          /\/no\/such\/log.* failed \(2: No such file/,
        ],
        [
          site({
            listen,
            more: {
              process: { frontThreads: threads, errorLog: { to: '/no/such/own.log' } },
              defaults: { accessLog: false, errorLog: { to: './site.log' } },
            },
          }),
          /open\(\) "\/no\/such\/own\.log" failed \(2: No such file/,
        ],
      ];
      let count = 0;
      for (const [text, says] of wrong) {
        await stage.folder.write('a.config.json', text);
        const { code, stderr } = await stage.command('reload');
        assert.equal(code, 1);
        assert.match(stderr, says);
        await stage.says(kept, ++count);
        assert.match(stage.galley.stderr(), says);
        assert.equal(await stage.body('/other'), 'one');
        assert.match(await stage.body('/app'), /^\d+$/);
      }
      assert.match(stage.galley.stderr(), /RuntimeError: the kettle is cold/);
      await until(() => stage.galley.workers().length === 1, 'no worker is left of those that could not start');
      assert.equal(stage.count(/front thread/), 0);
      await stage.folder.write('a.config.json', good);
      assert.equal((await stage.command('reload')).code, 0);
      await until(() => !stage.galley.workers().includes(worker ?? 0), 'the app is loaded anew');
      assert.match(await stage.body('/app'), /^\d+$/);
    });
  }
});

/** The code with which a request to a port fails; empty where it does not. */
async function errorOf(port: number): Promise<string> {
  return ask(port, '/').then(
    () => '',
    (error: NodeJS.ErrnoException) => error.code ?? '',
  );
}
