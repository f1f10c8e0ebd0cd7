import assert from 'node:assert/strict';
import { chmod } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { AppFolder } from '../../test/support/app-folder.ts';
import { testPython } from '../../test/support/python.ts';
import { createLog } from '../observe/log.ts';
import type { AppOptions } from './options.ts';
import { AppSupervisor } from './supervisor.ts';

/** A zygote whose worker cannot start; its exit is told before its HELLO is sent. */
const lateHello = `#!${testPython()}
import json, socket, struct

control = socket.socket(fileno=3)
lines = control.makefile('r')
load = json.loads(next(lines))

def send(**event):
    control.sendall(json.dumps(event).encode() + b'\\n')

send(event='loaded', interface='asgi3', reason='', python='3', implementation='CPython', gil='always',
     milliseconds=1, preloaded=True, found=[])
worker = json.loads(next(lines))['worker']
send(event='forked', worker=worker, pid=1)
send(event='exited', worker=worker, pid=1, code=3, signal=None)
front = socket.socket(socket.AF_UNIX)
front.connect(load['sockets'][0])
hello = json.dumps({'protocol': 2, 'worker': worker, 'pid': 1, 'interface': 'asgi3', 'concurrency': 0,
                    'failed': 'no database'}).encode()
front.sendall(struct.pack('<IBBHI', len(hello), 16, 0, 0, 0) + hello)
for line in lines:
    pass
`;

const app: AppOptions = {
  target: 'main:app',
  directory: '/',
  python: undefined,
  interface: 'auto',
  factory: false,
  lifespan: 'auto',
  rootPath: '',
  workers: 1,
  threads: 1,
  reload: false,
  requestTimeoutMs: 0,
  environment: {},
};

describe('AppSupervisor', () => {
  it('says why a worker cannot start also where its exit is known before its reason', async () => {
    await using folder = await AppFolder.with({ python: lateHello });
    await chmod(folder.file('python'), 0o700);
    const log = createLog(
      'error',
      (text) => assert.fail(text),
      () => new Date(),
    );
    const failures: (Error | undefined)[] = [];
    const supervisor = new AppSupervisor(
      app,
      folder.file('python'),
      log,
      () => performance.now(),
      (failure) => failures.push(failure),
    );
    try {
      await assert.rejects(supervisor.start(), {
        message: 'The app failed to start in worker 1',
        traceback: 'no database',
      });
    } finally {
      await supervisor.stop(0);
    }
    assert.match(failures[0]?.message ?? '', /failed to start/);
  });
});
