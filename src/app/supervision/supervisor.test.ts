import assert from 'node:assert/strict';
import { chmod } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { AppFolder } from '../../../test/support/app-folder.ts';
import { appOptions } from '../../../test/support/app-options.ts';
import { fakeExchange } from '../../../test/support/fake-exchange.ts';
import { testPython } from '../../../test/support/python.ts';
import { until } from '../../../test/support/until.ts';
import { createLog } from '../../observe/log.ts';
import { AppCounters } from '../counters.ts';
import { AppFront } from '../dispatch/app-front.ts';
import type { ToWorkers } from '../front-message.ts';
import type { AppOptions } from '../options.ts';
import { AppSupervisor } from './supervisor.ts';

/** The beginning of a program that stands in for Python and its zygote. */
const stage = `#!${testPython()}
import json, socket, struct

control = socket.socket(fileno=3)
lines = control.makefile('r')
load = json.loads(next(lines))

def send(**event):
    control.sendall(json.dumps(event).encode() + b'\\n')

def loaded():
    send(event='loaded', interface='asgi3', reason='', python='3', implementation='CPython', gil='always',
         milliseconds=1, preloaded=True, found=[], rss=1)
    return json.loads(next(lines))['worker']

def hello(worker, **more):
    front = socket.socket(socket.AF_UNIX)
    front.connect(load['sockets'][0])
    text = json.dumps({'protocol': 2, 'worker': worker, 'pid': 1, 'interface': 'asgi3', 'concurrency': 1, **more}).encode()
    front.sendall(struct.pack('<IBBHI', len(text), 16, 0, 0, 0) + text)
    return front

def wait():
    for line in lines:
        pass
`;

/** Its worker cannot start; its exit is told before its HELLO is sent. */
const lateHello = `${stage}
worker = loaded()
send(event='forked', worker=worker, pid=1)
send(event='exited', worker=worker, pid=1, code=3, signal=None)
hello(worker, concurrency=0, failed='no database')
wait()
`;

interface Staged {
  readonly supervisor: AppSupervisor;
  readonly front: AppFront;
  readonly failures: readonly (Error | undefined)[];
  /** What was logged. */
  log(): string;
}

/** Runs `act` with a supervisor that starts that program. */
async function withProgram(
  text: string,
  act: (staged: Staged) => Promise<void>,
  app: AppOptions = appOptions(),
): Promise<void> {
  await using folder = await AppFolder.with({ python: text });
  await chmod(folder.file('python'), 0o700);
  let logged = '';
  const log = createLog(
    { level: 'error' },
    (line) => {
      logged += line;
    },
    () => new Date(),
  );
  const failures: (Error | undefined)[] = [];
  const counters = new AppCounters(1);
  const socket = folder.file('front.sock');
  const now = (): number => performance.now();
  const front: AppFront = new AppFront({
    socket,
    queue: app.queue,
    requestTimeoutMs: app.requestTimeoutMs,
    counters,
    front: 0,
    log,
    now,
    tell: (message) => supervisor.receive(0, message),
  });
  const post = (message: ToWorkers): void => front.receive(message);
  const supervisor: AppSupervisor = new AppSupervisor({
    app,
    python: folder.file('python'),
    counters,
    fronts: { sockets: [socket], post, postTo: (_front, message) => post(message) },
    folder: folder.path,
    log,
    now,
    failed: (failure) => failures.push(failure),
  });
  await front.open();
  try {
    await act({ supervisor, front, failures, log: () => logged });
  } finally {
    await supervisor.stop(0);
    await front.close();
  }
}

describe('AppSupervisor', () => {
  it('says why a worker cannot start also where its exit is known before its reason', () =>
    withProgram(lateHello, async ({ supervisor, failures, log }) => {
      await assert.rejects(supervisor.start(), {
        message: 'The app failed to start in worker 1',
        traceback: 'no database',
      });
      assert.match(failures[0]?.message ?? '', /failed to start/);
      assert.equal(log(), '');
    }));

  for (const [what, written] of [
    ['what is no message', "b'ready\\n'"],
    ['a message without its parts', 'b\'{"event": "failed"}\\n\''],
  ]) {
    it(`cannot start an app that writes ${what} to the control descriptor`, () =>
      withProgram(`${stage}\ncontrol.sendall(${written})\nwait()\n`, async ({ supervisor }) => {
        await assert.rejects(supervisor.start(), { message: /not for Galley.*(ready|failed)/ });
      }));
  }

  it('starts an app anew that writes to the control descriptor later', () =>
    withProgram(
      `${stage}\nfront = hello(loaded())\nfront.recv(1)\ncontrol.sendall(b'ready\\n')\nwait()\n`,
      async ({ supervisor, front, log }) => {
        await supervisor.start();
        void front.dispatch(fakeExchange('/')).catch(() => {});
        await until(
          () => /process that forks the workers is gone \(it wrote what is not for Galley/.test(log()),
          'a loss',
        );
      },
    ));

  it('knows that the process is gone though a child of it keeps the control descriptor', () =>
    withProgram(
      `${stage}
import os
if os.fork() == 0:
    loaded()
    os.kill(os.getppid(), 9)
    wait()
    os._exit(0)
os.wait()
`,
      async ({ supervisor }) => {
        await assert.rejects(supervisor.start(), { message: /ended by SIGKILL/ });
      },
    ));
});
