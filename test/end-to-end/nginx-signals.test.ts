import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { describe, it } from 'node:test';
import { AppFolder } from '../support/app-folder.ts';
import { freePorts } from '../support/free-ports.ts';
import { Galley } from '../support/galley.ts';
import { isRunning } from '../support/processes.ts';
import { until } from '../support/until.ts';

interface Daemon extends AsyncDisposable {
  readonly folder: AppFolder;
  readonly pid: number;
  log(): string;
  /** What answers on its Unix socket; undefined where nothing does. */
  answer(): Promise<string | undefined>;
  /** What answers on its port. */
  portAnswer(): Promise<string | undefined>;
}

/** `galley nginx` in the background, whose answers are `text` and the number of its process. */
async function daemon(threads = 1): Promise<Daemon> {
  const [port = 0] = await freePorts(1);
  const folder = await AppFolder.with({});
  const listen = `listen 127.0.0.1:${port}; listen unix:${folder.file('a.sock')};`;
  await folder.write(
    'nginx.conf',
    `worker_processes ${threads}; pid a.pid; error_log error.log info; events {}
     http { access_log off; server { ${listen} return 200 $pid; } }`,
  );
  const environment = { GALLEY_RUNTIME_DIR: folder.file('runtime') };
  const galley = new Galley(['nginx', '-p', folder.path, '-c', 'nginx.conf'], { namePython: false, environment });
  const { code, stderr } = await galley.exited;
  assert.equal(code, 0, stderr);
  return {
    folder,
    pid: numberIn(folder.file('a.pid')),
    log: () => readFileSync(folder.file('error.log'), 'latin1'),
    answer: () => bodyOf({ socketPath: folder.file('a.sock') }),
    portAnswer: () => bodyOf({ port, host: '127.0.0.1' }),
    async [Symbol.asyncDispose]() {
      for (const { pid } of galley.processes()) if (isRunning(pid)) process.kill(pid, 'SIGKILL');
      await until(() => galley.processes().length === 0, 'all have ended');
      await folder[Symbol.asyncDispose]();
    },
  };
}

function numberIn(path: string): number {
  return Number(readFileSync(path, 'latin1'));
}

function bodyOf(where: object): Promise<string | undefined> {
  return new Promise((resolve) => {
    request({ ...where, agent: false }, (response) => {
      let body = '';
      response
        .setEncoding('latin1')
        .on('data', (text: string) => {
          body += text;
        })
        .on('end', () => resolve(body))
        .on('error', () => resolve(undefined));
    })
      .on('error', () => resolve(undefined))
      .end();
  });
}

/** Tells the process to put a new one beside it. Gives the new one's number. */
async function upgraded({ folder, pid, log }: Daemon): Promise<number> {
  process.kill(pid, 'SIGUSR2');
  await until(() => existsSync(folder.file('a.pid.oldbin')) && existsSync(folder.file('a.pid')), log);
  return numberIn(folder.file('a.pid'));
}

describe('galley nginx, told by signals', () => {
  for (const threads of [1, 2]) {
    it(`goes back to the old process, with worker_processes ${threads}`, async () => {
      await using made = await daemon(threads);
      const { folder, pid: old, log } = made;
      for (let round = 0; round < 2; round++) {
        const fresh = await upgraded(made);
        process.kill(old, 'SIGWINCH');
        await until(async () => (await made.answer()) === String(fresh), log);
        process.kill(old, 'SIGHUP');
        await until(() => (log().match(/tried until they can be/g)?.length ?? 0) > round, log);
        process.kill(fresh, 'SIGQUIT');
        await until(() => !isRunning(fresh), 'the new one ends');
        await until(async () => (await made.answer()) === String(old), log);
        await until(async () => (await made.portAnswer()) === String(old), log);
        await until(() => numberIn(folder.file('a.pid')) === old, log);
        assert.ok(!existsSync(folder.file('a.pid.oldbin')));
      }
      process.kill(old, 'SIGQUIT');
      await until(() => !isRunning(old), 'the old one ends');
      assert.deepEqual([existsSync(folder.file('a.pid')), existsSync(folder.file('a.sock'))], [false, false]);
    });
  }

  it('leaves the files of both where it is told once more to put a new one beside it', async () => {
    await using made = await daemon();
    const { folder, pid: old, log } = made;
    const fresh = await upgraded(made);
    for (const pid of [old, fresh]) process.kill(pid, 'SIGUSR2');
    await until(() => log().includes('the changing binary signal is ignored'), log);
    await until(() => log().includes(`which is of process ${old}`), log);
    assert.deepEqual([numberIn(folder.file('a.pid')), numberIn(folder.file('a.pid.oldbin'))], [fresh, old]);
    process.kill(fresh, 'SIGKILL');
    await until(() => numberIn(folder.file('a.pid')) === old, log);
    assert.equal(await made.portAnswer(), String(old));
  });

  it('serves on its Unix socket when the new process has ended', async () => {
    await using made = await daemon();
    const fresh = await upgraded(made);
    process.kill(fresh, 'SIGQUIT');
    await until(() => !isRunning(fresh), 'the new one ends');
    assert.equal(await made.answer(), String(made.pid));
  });
});
