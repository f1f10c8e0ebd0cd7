import assert from 'node:assert/strict';
import { existsSync, readFileSync, renameSync } from 'node:fs';
import { describe, it } from 'node:test';
import { freePorts } from '../../support/free-ports.ts';
import { LoadClient } from '../../support/load-client.ts';
import { isRunning } from '../../support/processes.ts';
import { until } from '../../support/until.ts';
import { assertNoLoss } from '../process-manager/assert-no-loss.ts';
import { endingFronts } from '../process-manager/bound-galley.ts';
import { ConfigStage, testApp } from './config-stage.ts';

/** A config as JSON, with an app of each kind at /wsgi and /asgi; `/` tells the number of the connection. */
function config(port: number, text: string, more: Readonly<Record<string, unknown>> = {}): string {
  const at = (app: string): unknown => ({
    path: `= /${app}`,
    app,
    rules: [{ rewrite: '.*', to: '/', flag: 'break' }],
  });
  return JSON.stringify({
    process: { frontThreads: 2 },
    defaults: { accessLog: false },
    apps: { wsgi: testApp('process_wsgi_app:app'), asgi: testApp('process_asgi_app:app') },
    servers: [
      {
        listen: [`127.0.0.1:${port}`],
        locations: [{ path: '/', respond: `${text} $connection` }, at('wsgi'), at('asgi')],
        ...more,
      },
    ],
  });
}

/** Connects until both front threads have answered; gives the texts. Their connections have odd and even numbers. */
async function fromBoth(stage: ConfigStage, port?: number): Promise<readonly string[]> {
  const answers = new Map<number, string>();
  await until(async () => {
    const [text = '', serial] = (await stage.body('/', port)).split(' ');
    answers.set(Number(serial) % 2, text);
    return answers.size === 2;
  }, 'both threads answer');
  return [...answers.values()];
}

describe('galley with a config and several apps', () => {
  it('replaces a front thread that dies: the new one serves what was read last', async () => {
    const [port = 0] = await freePorts(1);
    await using stage = await ConfigStage.start({ 'a.config.json': config(port, 'one') }, [], endingFronts);
    assert.deepEqual(await fromBoth(stage), ['one', 'one']);
    await stage.folder.write('a.config.json', config(port, 'two'));
    assert.equal((await stage.command('reload')).code, 0);
    for (const front of ['1', '0']) {
      await stage.folder.write(front, '');
      await stage.galley.says(new RegExp(`front thread ${front} died`));
      await until(async () => {
        const { frontThreads } = await stage.status();
        return frontThreads[Number(front)]?.restarts === 1;
      }, 'it is counted');
      assert.deepEqual(await fromBoth(stage), ['two', 'two']);
    }
    // So many that both threads get some.
    for (let count = 0; count < 20; count++) {
      for (const path of ['/wsgi', '/asgi']) assert.match(await stage.body(path), /^\d+$/);
    }
    await stage.folder.write('a.config.json', config(port, 'three'));
    assert.equal((await stage.command('reload')).code, 0);
    assert.deepEqual(await fromBoth(stage), ['three', 'three']);
    assert.equal(await stage.galley.stop(), 0);
    await stage.galley.leavesNothing();
  });

  it('reads its config again while a front thread is missing, which then serves all of it', async () => {
    const [port = 0, second = 0, third = 0] = await freePorts(3);
    await using stage = await ConfigStage.start({ 'a.config.json': config(port, 'one') }, [], endingFronts);
    for (const front of ['1', '0']) {
      // The pause before it is replaced grows with each time.
      for (let deaths = 1; !stage.galley.stderr().includes(`front thread ${front} died`) || deaths < 6; deaths++) {
        await stage.folder.write(front, '');
        await stage.says(new RegExp(`front thread ${front} died`), deaths);
      }
      assert.match(stage.galley.stderr(), /a new one starts in 800 ms/);
      const { apps, servers, ...rest } = JSON.parse(config(port, `without-${front}`));
      const changed = { ...apps, wsgi: { ...apps.wsgi, threads: 2 + Number(front) } };
      const listen = [`127.0.0.1:${port}`, `127.0.0.1:${front === '1' ? second : third}`];
      await stage.folder.write(
        'a.config.json',
        JSON.stringify({ ...rest, apps: changed, servers: [{ ...servers[0], listen }] }),
      );
      const { code, stderr } = await stage.command('reload');
      assert.deepEqual([code, stderr], [0, ''], stage.galley.stderr());
      assert.match(await stage.body('/wsgi'), /^\d+$/);
      const expected = [`without-${front}`, `without-${front}`];
      for (const each of [port, front === '1' ? second : third]) {
        assert.deepEqual(await fromBoth(stage, each), expected);
      }
    }
    assert.equal(await stage.galley.stop(), 0);
    await stage.galley.leavesNothing();
  });

  it('tells of its apps, scales and drains each, and stops all', async () => {
    const [port = 0] = await freePorts(1);
    await using stage = await ConfigStage.start({ 'a.config.json': config(port, 'one') });
    const workers = async (): Promise<Readonly<Record<string, readonly number[]>>> => {
      const { apps } = await stage.status();
      return Object.fromEntries(apps.map(({ name, workers: all }) => [name, all.map(({ id }) => id)]));
    };
    assert.deepEqual(Object.keys(await workers()), ['wsgi', 'asgi']);
    const { stdout } = await stage.command('status');
    assert.match(stdout, /wsgi[\s\S]*asgi/);
    const unnamed = await stage.command('scale', '2');
    assert.notEqual(unnamed.code, 0);
    assert.match(unnamed.stderr, /wsgi, asgi/);
    assert.equal((await stage.command('scale', '2', '--app', 'asgi')).code, 0);
    await until(async () => (await workers())['asgi']?.length === 2, 'there are two workers of asgi');
    const { wsgi = [] } = await workers();
    assert.equal(wsgi.length, 1);
    assert.equal((await stage.command('drain', String(wsgi[0]), '--app', 'wsgi')).code, 0);
    await until(async () => {
      const [only, ...others] = (await workers())['wsgi'] ?? [];
      return others.length === 0 && only !== undefined && only !== wsgi[0];
    }, 'the worker of wsgi is replaced');
    assert.notEqual((await stage.command('drain', '1', '--app', 'other')).code, 0);
    assert.equal((await stage.command('stop')).code, 0);
    assert.equal((await stage.galley.exited).code, 0);
    await stage.galley.leavesNothing();
  });

  it('is upgraded by SIGUSR2 without losing a request, and the new process reads the config again', async () => {
    const [port = 0] = await freePorts(1);
    await using stage = await ConfigStage.start({ 'a.config.json': config(port, 'one') });
    const texts = new Set<string>();
    await using load = LoadClient.start({
      port,
      keptAlive: 4,
      oneRequest: 4,
      requestsPerSecond: 200,
      paths: [{ path: '/' }, { path: '/wsgi', method: 'POST' }, { path: '/asgi' }],
      answered: ({ path, body }) => path === '/' && texts.add(body.split(' ')[0] ?? ''),
    });
    await until(() => texts.has('one'), 'the load runs');
    await stage.folder.write('a.config.json', config(port, 'two'));
    stage.galley.signal('SIGUSR2');
    const { code, stderr } = await stage.galley.exited;
    const [, pid] = /process (\d+) has taken over/.exec(stderr) ?? [];
    assert.equal(code, 0, stderr);
    await until(() => texts.has('two'), 'the new process answers');
    assertNoLoss(await load.stop(), 50, stderr);
    await stage.folder.write('a.config.json', config(port, 'three'));
    assert.equal((await stage.command('reload')).code, 0);
    assert.deepEqual(await fromBoth(stage), ['three', 'three']);
    assert.equal((await stage.command('stop')).code, 0);
    await until(() => !isRunning(Number(pid)), 'the new process ends');
    await stage.galley.leavesNothing();
  });

  it('opens log files again on SIGUSR1, without losing a line', async () => {
    const [port = 0] = await freePorts(1);
    const logs = { accessLog: { to: './access.log', format: 'number' } };
    const text = JSON.stringify({ ...JSON.parse(config(port, 'one', logs)), logFormats: { number: '$arg_number' } });
    await using stage = await ConfigStage.start({ 'a.config.json': text });
    const path = stage.folder.file('access.log');
    for (let number = 0; number < 10; number++) await stage.body(`/?number=${number}`);
    renameSync(path, `${path}.1`);
    stage.galley.signal('SIGUSR1');
    await until(() => existsSync(path), 'a new log');
    // The other thread may still have the old one.
    for (let number = 10; number < 20; number++) await stage.body(`/?number=${number}`);
    await until(async () => {
      await stage.body('/?number=more');
      return readFileSync(path, 'utf8').includes('more');
    }, 'lines in the new log');
    assert.equal(await stage.galley.stop(), 0);
    const lines = `${readFileSync(`${path}.1`, 'utf8')}${readFileSync(path, 'utf8')}`.split('\n');
    assert.deepEqual(
      lines
        .filter((line) => /^\d+$/.test(line))
        .map(Number)
        .sort((a, b) => a - b),
      Array.from({ length: 20 }, (_, number) => number),
    );
  });
});
