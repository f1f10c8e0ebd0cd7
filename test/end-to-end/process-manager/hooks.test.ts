import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { until } from '../../support/until.ts';
import { assertNoLoss } from './assert-no-loss.ts';
import { ManagedGalley } from './managed-galley.ts';

const environment = `os.environ["GALLEY_WORKER_ID"], os.environ["GALLEY_WORKER_LEADER"]`;
const note = `
import os
from galley_worker import hooks

def note(what, *more):
    with open('events', 'a') as file:
        print(what, os.getpid(), *more, file=file)

note('import')

@hooks.before_fork
def before():
    note('before_fork')

@hooks.after_fork
def after():
    note('after_fork', ${environment})

@hooks.worker_exit
def leave():
    note('worker_exit', ${environment})
`;
/** Apps that answer with their process, number and leadership. */
const apps = {
  wsgi: `${note}
def app(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [' '.join([str(os.getpid()), ${environment}]).encode()]
`,
  asgi: `${note}
async def app(scope, receive, send):
    if scope['type'] == 'lifespan':
        await receive()
        note('startup')
        await send({'type': 'lifespan.startup.complete'})
        await receive()
        note('shutdown')
        await send({'type': 'lifespan.shutdown.complete'})
        return
    await send({'type': 'http.response.start', 'status': 200, 'headers': []})
    await send({'type': 'http.response.body', 'body': ' '.join([str(os.getpid()), ${environment}]).encode()})
`,
};

function start(name: 'wsgi' | 'asgi', ...args: readonly string[]): Promise<ManagedGalley> {
  return ManagedGalley.start('main:app', args, { 'main.py': apps[name] });
}

/** What the hooks have noted: what, in which process, and more. */
function events({ folder }: ManagedGalley): readonly (readonly string[])[] {
  return readFileSync(folder.file('events'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => line.split(' '));
}

describe('galley_worker.hooks', () => {
  for (const name of ['wsgi', 'asgi'] as const) {
    it(`run before and after a fork and at the end of a worker: ${name}`, async () => {
      await using managed = await start(name, '--workers', '2');
      const { galley } = managed;
      const workers = galley.workers().map(String);
      const zygote = String(galley.processes().find(({ parent }) => parent === galley.pid)?.pid);
      assert.equal(await galley.stop(), 0);

      const noted = events(managed);
      const inProcess = (pid: string): readonly string[] =>
        noted.filter(([, at]) => at === pid).map(([what = '']) => what);
      assert.deepEqual(inProcess(zygote), ['import', 'before_fork', 'before_fork']);
      const lifespan = name === 'asgi' ? ['startup', 'shutdown'] : [];
      for (const pid of workers) assert.deepEqual(inProcess(pid), ['after_fork', ...lifespan, 'worker_exit']);
      const numbers = noted.filter(([what]) => what === 'after_fork').map(([, , number]) => number);
      assert.equal(new Set(numbers).size, 2, 'each worker has a number of its own');
    });
  }

  it('run in a worker that imports for itself, too', async () => {
    await using managed = await start('wsgi', '--workers', '1', '--preload', 'never');
    const [worker] = managed.galley.workers().map(String);
    assert.equal(await managed.galley.stop(), 0);
    const noted = events(managed)
      .filter(([, at]) => at === worker)
      .map(([what]) => what);
    assert.deepEqual(noted, ['import', 'after_fork', 'worker_exit']);
    assert.ok(!events(managed).some(([what]) => what === 'before_fork'));
  });

  it('keep a worker from serving where after_fork raises, and the server from starting', async () => {
    const code = `${apps.wsgi}\n@hooks.after_fork\ndef broken():\n    raise RuntimeError('the kettle is cold')\n`;
    await assert.rejects(
      ManagedGalley.start('main:app', ['--workers', '1'], { 'main.py': code }),
      /ended with code 1[\s\S]*in broken[\s\S]*RuntimeError: the kettle is cold/,
    );
  });
});

describe('GALLEY_WORKER_LEADER', () => {
  /** What ends the leader; `leader` is its number, `pid` its process. */
  const ends: readonly (readonly [string, (managed: ManagedGalley, leader: number, pid: number) => unknown])[] = [
    ['is recycled', (managed, leader) => managed.control('POST', '/drain', { worker: leader })],
    ['is reloaded', (managed) => managed.control('POST', '/reload')],
    ['is killed', (_, __, pid) => process.kill(pid, 'SIGKILL')],
  ];
  for (const name of ['wsgi', 'asgi'] as const) {
    it(`is 1 in one of the workers that get requests, and in its replacement when it ends: ${name}`, async () => {
      await using managed = await start(name, '--workers', '3');
      const { galley } = managed;
      // Worker and leadership, the latest last.
      const answers: (readonly [pid: number, number: number, isLeader: boolean])[] = [];
      await using load = managed.load({
        // A worker is killed meanwhile, and a POST that it has is not sent again.
        paths: [{ path: '/' }],
        answered: ({ status, body }) => {
          const [pid, number, leader] = body.split(' ').map(Number);
          if (status === 200) answers.push([pid!, number!, leader === 1]);
        },
      });
      let lastLeader = 0;
      const settled = async (what: string): Promise<readonly [number, number]> => {
        await until(
          async () => {
            const { workers } = await managed.status();
            const leaders = workers.filter(({ leader, state }) => leader && state === 'ready');
            assert.ok(leaders.length <= 1, `at most one leader is given requests: ${JSON.stringify(workers)}`);
            const isNew = leaders.length === 1 && leaders[0]!.pid !== lastLeader;
            return isNew && workers.length === 3 && workers.every(({ state }) => state === 'ready');
          },
          () => `a new leader after it ${what}\n${galley.stderr()}`,
        );
        const from = answers.length;
        await until(() => new Set(answers.slice(from).map(([pid]) => pid)).size === 3, 'all three answer');
        const leaders = new Map(
          answers.slice(from).flatMap(([pid, number, isLeader]) => (isLeader ? [[pid, number]] : [])),
        );
        assert.equal(leaders.size, 1, `one leader after it ${what}: ${[...leaders]}`);
        const [[pid, number]] = leaders as unknown as [[number, number]];
        lastLeader = pid;
        return [pid, number];
      };

      let [pid, number] = await settled('has started');
      for (const [what, end] of ends) {
        await end(managed, number, pid);
        [pid, number] = await settled(what);
      }
      assertNoLoss(await load.stop(), 50, galley.stderr());
      const leaders = new Set(answers.flatMap(([pid, , isLeader]) => (isLeader ? pid : [])));
      assert.equal(leaders.size, 1 + ends.length, `one leader after the other: ${[...leaders]}`);
    });
  }
});
