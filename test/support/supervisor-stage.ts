import { readFileSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { AppCounters } from '../../src/app/counters.ts';
import { AppFront } from '../../src/app/dispatch/app-front.ts';
import type { ToWorkers } from '../../src/app/front-message.ts';
import type { AppOptions } from '../../src/app/options.ts';
import { AppSupervisor } from '../../src/app/supervision/supervisor.ts';
import { createLog } from '../../src/observe/log.ts';
import { AppFolder } from './app-folder.ts';
import { appOptions } from './app-options.ts';
import { testPython } from './python.ts';

/** The beginning of every program that stands in for Python and its zygote. */
const beginning = `#!${testPython()}
import json, os, socket, struct

folder = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(folder, 'zygotes'), 'a') as file:
    file.write(f'{os.getpid()}\\n')
control = socket.socket(fileno=3)
lines = control.makefile('r')
load = json.loads(next(lines))

def send(**event):
    control.sendall(json.dumps(event).encode() + b'\\n')

def loaded():
    send(event='loaded', interface='asgi3', reason='', python='3', implementation='CPython', gil='always',
         milliseconds=1, preloaded=True, found=[], rss=1)

def forked():
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

/** A supervisor of an app, with a front in the same thread, and a program of the test in the place of Python. */
export interface SupervisorStage {
  readonly supervisor: AppSupervisor;
  readonly front: AppFront;
  readonly folder: AppFolder;
  readonly failures: readonly (Error | undefined)[];
  /** What was logged, from `warn` up. */
  log(): string;
  /** Lets time pass for the supervisor, in milliseconds. */
  later(milliseconds: number): void;
  /** The process of the nth version, from 1. */
  zygotePid(version: number): number;
}

/** Runs `act` with a supervisor that starts that program. */
export async function withProgram(
  program: string,
  act: (staged: SupervisorStage) => Promise<void>,
  given: Partial<AppOptions> = {},
  files: Readonly<Record<string, string>> = {},
): Promise<void> {
  await using folder = await AppFolder.with({ python: beginning + program, ...files });
  await chmod(folder.file('python'), 0o700);
  const app = appOptions(given);
  let logged = '';
  const write = (line: string): void => {
    logged += line;
  };
  const log = createLog({ level: 'warn' }, write, () => new Date());
  const failures: (Error | undefined)[] = [];
  const counters = new AppCounters(1);
  const socket = folder.file('front.sock');
  let passed = 0;
  const now = (): number => performance.now() + passed;
  const { queue, requestTimeoutMs } = app;
  const front: AppFront = new AppFront({
    ...{ socket, queue, requestTimeoutMs, counters, front: 0, log, now },
    tell: (message) => supervisor.receive(0, message),
  });
  const post = (message: ToWorkers): void => front.receive(message);
  const supervisor: AppSupervisor = new AppSupervisor({
    ...{ app, python: folder.file('python'), counters, folder: folder.path, log, now },
    fronts: { sockets: [socket], post, postTo: (_front, message) => post(message) },
    failed: (failure) => failures.push(failure),
  });
  await front.open();
  try {
    await act({
      ...{ supervisor, front, folder, failures },
      log: () => logged,
      later: (milliseconds) => {
        passed += milliseconds;
      },
      zygotePid: (version) => Number(readFileSync(folder.file('zygotes'), 'utf8').split('\n')[version - 1]),
    });
  } finally {
    await supervisor.stop(0);
    await front.close();
  }
}
