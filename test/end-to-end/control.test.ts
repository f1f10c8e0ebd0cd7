import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { GalleyStatus } from '../../src/server/control/galley-status.ts';
import { AppFolder } from '../support/app-folder.ts';
import { type Ending, type Galley, runGalley, startGalley } from '../support/galley.ts';
import { until } from '../support/until.ts';

const code = `
def app(environ, start_response):
    start_response('200 OK', [])
    return [b'here']
`;

/** An app in a folder, with a runtime folder of its own for what serves it and the commands. */
class Stage {
  readonly folder: AppFolder;
  readonly runtime: AppFolder;

  private constructor(folder: AppFolder, runtime: AppFolder) {
    this.folder = folder;
    this.runtime = runtime;
  }

  static async make(): Promise<Stage> {
    return new Stage(await AppFolder.with({ 'main.py': code }), await AppFolder.with({}));
  }

  serve(...args: readonly string[]): Promise<Galley> {
    return startGalley('main:app', { cwd: this.folder.path, args, environment: this.#environment });
  }

  command(...args: readonly string[]): Promise<Ending> {
    return runGalley(args, { namePython: false, environment: this.#environment });
  }

  async status(): Promise<GalleyStatus> {
    return JSON.parse((await this.command('status', '--json')).stdout);
  }

  get #environment(): Readonly<Record<string, string>> {
    return { GALLEY_RUNTIME_DIR: this.runtime.path };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.folder[Symbol.asyncDispose]();
    await this.runtime[Symbol.asyncDispose]();
  }
}

describe('a running galley', () => {
  it('tells how it is doing', async () => {
    await using stage = await Stage.make();
    await using galley = await stage.serve('--workers', '2', '--queue-size', '7', '--queue-timeout', '3');
    for (let count = 0; count < 3; count++) await (await fetch(galley.url)).text();
    await until(async () => (await stage.status()).apps[0]?.requests === 3, 'three requests are counted');
    const { pid, addresses, apps } = await stage.status();
    assert.deepEqual([pid, addresses], [galley.pid, [galley.url]]);
    const { name, scale, queue, workers } = apps[0]!;
    assert.deepEqual([name, scale], ['main:app', { min: 2, max: 2, wanted: 2 }]);
    assert.deepEqual([queue.limit, queue.timeoutMs], [7, 3_000]);
    assert.deepEqual(workers.map((worker) => worker.pid).sort(), galley.workers().sort());
    const { stdout } = await stage.command('status');
    assert.match(
      stdout,
      new RegExp(`^Galley [\\d.]+, pid ${galley.pid}, [\\s\\S]*\\n {2}Requests {2}3, 0 in flight\n`),
    );
  });

  it('gets another number of workers', async () => {
    await using stage = await Stage.make();
    await using galley = await stage.serve('--workers', '1');
    assert.equal((await stage.command('scale', '3')).code, 0);
    await until(() => galley.workers().length === 3, 'there are three workers');
    assert.deepEqual((await stage.status()).apps[0]?.scale, { min: 3, max: 3, wanted: 3 });
  });

  it('replaces a worker', async () => {
    await using stage = await Stage.make();
    await using galley = await stage.serve('--workers', '1');
    const before = galley.workers();
    assert.equal((await stage.command('drain', '1')).code, 0);
    await until(() => galley.workers().length === 1 && !before.includes(galley.workers()[0]!), 'a new worker');
    assert.equal((await stage.command('drain', '1')).code, 1);
  });

  it('is reloaded, and says why it cannot be', async () => {
    await using stage = await Stage.make();
    await using galley = await stage.serve('--workers', '1');
    await stage.folder.write('main.py', code.replace('here', 'new'));
    assert.equal((await stage.command('reload')).code, 0);
    assert.equal(await (await fetch(galley.url)).text(), 'new');
    await stage.folder.write('main.py', '1 / 0\n');
    const { code: exitCode, stderr } = await stage.command('reload');
    assert.equal(exitCode, 1);
    assert.match(stderr, /^galley: .*the old version serves on[\s\S]*ZeroDivisionError: division by zero\n$/);
    assert.equal(await (await fetch(galley.url)).text(), 'new');
  });

  it('logs more when it is told so', async () => {
    await using stage = await Stage.make();
    await using galley = await stage.serve('--workers', '1');
    assert.equal((await stage.command('log-level', 'debug')).code, 0);
    assert.equal((await stage.command('reload')).code, 0);
    assert.match(galley.stderr(), / debug /);
    assert.equal((await stage.status()).logLevel, 'debug');
  });

  it('is stopped, and leaves no socket', async () => {
    await using stage = await Stage.make();
    await using galley = await stage.serve('--workers', '1');
    assert.deepEqual(readdirSync(stage.runtime.path), [`${galley.pid}.sock`]);
    assert.equal((await stage.command('stop')).code, 0);
    assert.equal((await galley.exited).code, 0);
    assert.deepEqual(readdirSync(stage.runtime.path), []);
  });

  it('can be where it is told to be, or out of reach', async () => {
    await using stage = await Stage.make();
    await using galley = await stage.serve('--workers', '1', '--control-socket', 'own.sock');
    await using silent = await stage.serve('--workers', '1', '--control-socket', 'off');
    assert.notEqual(silent.pid, galley.pid);
    assert.equal((await stage.command('status')).code, 1);
    const { stdout } = await stage.command('status', '--control', stage.folder.file('own.sock'));
    assert.match(stdout, new RegExp(`pid ${galley.pid},`));
  });
});

describe('galley with a word that is nearly a command', () => {
  it('asks what was meant', async () => {
    await using folder = await AppFolder.with({});
    const { code: exitCode, stderr } = await runGalley(['statsu', '--port', '0'], { cwd: folder.path });
    assert.equal(exitCode, 1);
    assert.match(stderr, /Did you mean "galley status"\?/);
  });
});
