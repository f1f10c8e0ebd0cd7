import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import type { Server } from 'node:net';
import { describe, it } from 'node:test';
import { AppFolder } from '../../test/support/app-folder.ts';
import { NodeProgram } from '../../test/support/node-program.ts';
import type { Bind } from '../core/bind.ts';
import { boundTo, descriptorOf, ListenError, listen } from '../front/listen.ts';
import {
  fdsOfThread,
  type InheritedSocket,
  planListening,
  readInheritedSockets,
  type SocketOrigin,
} from './inherited-sockets.ts';

const pid = 42;
const tcp = (host: string, port: number): Bind => ({ kind: 'tcp', host, port });
const unix = (path: string): Bind => ({ kind: 'unix', path });
const socket = (fd: number, bind: Bind, origin: SocketOrigin = 'systemd'): InheritedSocket => ({ fd, bind, origin });

/** Descriptor 3 listens on port 8003, and so on, up to 5. */
function addressOf(fd: number): Bind | undefined {
  return fd <= 5 ? tcp('127.0.0.1', 8000 + fd) : undefined;
}

describe('readInheritedSockets', () => {
  const read = (environment: NodeJS.ProcessEnv): readonly InheritedSocket[] =>
    readInheritedSockets(environment, pid, addressOf).sockets;

  it('finds none where nothing was passed', () => {
    assert.deepEqual(readInheritedSockets({}, pid, addressOf), { sockets: [], isUpgrade: false });
    assert.deepEqual(read({ LISTEN_PID: '42', LISTEN_FDS: '0' }), []);
  });

  it('takes those of systemd, from 3 on', () => {
    const environment = { LISTEN_PID: '42', LISTEN_FDS: '2', LISTEN_FDNAMES: 'web:' };
    assert.deepEqual(read(environment), [socket(3, tcp('127.0.0.1', 8003)), socket(4, tcp('127.0.0.1', 8004))]);
  });

  it('leaves those that were meant for another process', () => {
    assert.deepEqual(read({ LISTEN_PID: '41', LISTEN_FDS: '2' }), []);
    assert.deepEqual(read({ LISTEN_FDS: '2' }), []);
  });

  it('takes those of an older Galley, and knows that it waits', () => {
    const sockets = [socket(4, tcp('localhost', 0), 'galley'), socket(5, unix('/run/x'))];
    const environment = { GALLEY_UPGRADE_SOCKETS: JSON.stringify(sockets) };
    assert.deepEqual(readInheritedSockets(environment, pid, addressOf), { sockets, isUpgrade: true });
  });

  it('says which value is wrong', () => {
    const wrong: readonly (readonly [NodeJS.ProcessEnv, RegExp])[] = [
      [{ LISTEN_PID: 'x' }, /LISTEN_PID="x" .* not a process id/],
      [{ LISTEN_PID: '42' }, /LISTEN_FDS="" .* not a number of descriptors/],
      [{ LISTEN_PID: '42', LISTEN_FDS: '-1' }, /LISTEN_FDS="-1"/],
      [{ LISTEN_PID: '42', LISTEN_FDS: '2', LISTEN_FDNAMES: 'a' }, /LISTEN_FDNAMES="a" .* not 2 names/],
      [{ LISTEN_PID: '42', LISTEN_FDS: '4', LISTEN_FDNAMES: 'a:b:c:d' }, /descriptor 6 \(d\) of the service manager/],
      [{ GALLEY_UPGRADE_SOCKETS: '[' }, /GALLEY_UPGRADE_SOCKETS="\[" /],
      [{ GALLEY_UPGRADE_SOCKETS: '{}' }, /a list of sockets/],
      [{ GALLEY_UPGRADE_SOCKETS: '[null]' }, /a list of sockets/],
      [{ GALLEY_UPGRADE_SOCKETS: JSON.stringify([socket(2, unix('/run/x'))]) }, /a list of sockets/],
      [{ GALLEY_UPGRADE_SOCKETS: JSON.stringify([{ ...socket(3, unix('/run/x')), origin: 'x' }]) }, /a list/],
      [{ GALLEY_UPGRADE_SOCKETS: '[{"fd":3,"origin":"galley","bind":{"kind":"tcp","host":"x"}}]' }, /a list/],
    ];
    for (const [environment, message] of wrong) {
      assert.throws(
        () => read(environment),
        (error) => error instanceof ListenError && message.test(error.message),
        String(message),
      );
    }
  });
});

describe('planListening', () => {
  it('opens what nobody passed', () => {
    const binds = [tcp('127.0.0.1', 8000), unix('/run/x')];
    const plans = binds.map((bind) => ({ bind, fds: [], origin: 'galley' }));
    assert.deepEqual(planListening([], binds, false), { plans, unused: [] });
    assert.deepEqual(planListening([], binds, true), { plans, unused: [] });
  });

  it('uses a socket for the address that people write for it', () => {
    const same: readonly (readonly [Bind, Bind])[] = [
      [tcp('127.0.0.1', 80), tcp('localhost', 80)],
      [tcp('::1', 80), tcp('LOCALHOST', 80)],
      [tcp('::', 80), tcp('0.0.0.0', 80)],
      [unix(`${process.cwd()}/x.sock`), unix('x.sock')],
    ];
    for (const [bound, bind] of same) {
      const plans = [{ bind, fds: [3], origin: 'systemd' }];
      assert.deepEqual(planListening([socket(3, bound)], [bind], false), { plans, unused: [] });
    }
  });

  it('gives back what fits no address', () => {
    const others: readonly (readonly [Bind, Bind])[] = [
      [tcp('127.0.0.1', 80), tcp('127.0.0.1', 81)],
      [tcp('127.0.0.1', 80), tcp('127.0.0.2', 80)],
      [tcp('0.0.0.0', 80), tcp('::', 80)],
      [tcp('127.0.0.1', 80), unix('127.0.0.1:80')],
      [unix('/run/x'), unix('/run/y')],
    ];
    for (const [bound, bind] of others) {
      const unused = [socket(3, bound)];
      assert.deepEqual(planListening(unused, [bind], false), {
        plans: [{ bind, fds: [], origin: 'galley' }],
        unused,
      });
    }
  });

  it('keeps together what shared a port', () => {
    const bind = tcp('127.0.0.1', 80);
    const sockets = [socket(3, bind, 'galley'), socket(4, unix('/run/x'), 'galley'), socket(5, bind, 'galley')];
    assert.deepEqual(planListening(sockets, [unix('/run/x'), bind], false).plans, [
      { bind: unix('/run/x'), fds: [4], origin: 'galley' },
      { bind, fds: [3, 5], origin: 'galley' },
    ]);
  });

  it('gives a socket to the address that it was opened for before another that it serves', () => {
    const sockets = [socket(3, tcp('127.0.0.1', 0), 'galley'), socket(4, tcp('localhost', 0), 'galley')];
    const { plans } = planListening(sockets, [tcp('localhost', 0), tcp('127.0.0.1', 0)], false);
    assert.deepEqual(
      plans.map(({ fds }) => fds),
      [[4], [3]],
    );
  });

  it('listens where systemd does instead of at the default address', () => {
    const sockets = [socket(3, tcp('::', 80)), socket(4, tcp('::', 80)), socket(5, unix('/run/x'))];
    assert.deepEqual(planListening(sockets, [tcp('127.0.0.1', 8000)], true), {
      plans: [
        { bind: tcp('::', 80), fds: [3, 4], origin: 'systemd' },
        { bind: unix('/run/x'), fds: [5], origin: 'systemd' },
      ],
      unused: [],
    });
  });

  it('does not stay at an address that only an older Galley was told', () => {
    const unused = [socket(3, tcp('127.0.0.1', 9000), 'galley')];
    const bind = tcp('127.0.0.1', 8000);
    assert.deepEqual(planListening(unused, [bind], true), { plans: [{ bind, fds: [], origin: 'galley' }], unused });
  });
});

describe('fdsOfThread', () => {
  it('gives each socket to one thread, whether there are more sockets or more threads', () => {
    const all = (fds: readonly number[], threads: number): unknown =>
      Array.from({ length: threads }, (_, thread) => fdsOfThread(fds, thread, threads));
    assert.deepEqual(all([3, 4, 5], 2), [[3, 5], [4]]);
    assert.deepEqual(all([3], 2), [[3], []]);
  });
});

/** Takes what it is given, says it and what its environment holds then, and closes what it was not asked for. */
const taker = (binds: readonly Bind[], areDefault: boolean): string => `
  const { closeSockets, planListening, takeInheritedSockets } = await import(root + 'src/server/inherited-sockets.ts');
  process.env.LISTEN_PID ??= String(process.pid);
  const { sockets } = takeInheritedSockets(process.env, process.pid);
  const { plans, unused } = planListening(sockets, ${JSON.stringify(binds)}, ${areDefault});
  closeSockets(unused);
  say({ plans, left: Object.keys(process.env).filter((name) => /^LISTEN_|^GALLEY_UPGRADE/.test(name)) });
  const { fstatSync } = await import('node:fs');
  const isOpen = (fd) => { try { return fstatSync(fd).isSocket(); } catch { return false; } };
  say([3, 4].map(isOpen));
  const { spawnSync } = await import('node:child_process');
  say(spawnSync('sh', ['-c', 'test -e /proc/self/fd/3'], { stdio: 'inherit' }).status);
`;

const skip = process.platform !== 'linux' && 'systemd runs on Linux only';

describe('takeInheritedSockets', { skip }, () => {
  async function two(folder: AppFolder): Promise<readonly [Server, Server]> {
    return [await listen(tcp('127.0.0.1', 0), () => {}), await listen(unix(folder.file('galley.sock')), () => {})];
  }

  it('gives what systemd passed, leaves no variable and no descriptor to children', async () => {
    await using folder = await AppFolder.with({});
    const servers = await two(folder);
    const environment = { ...process.env, LISTEN_FDS: '2', LISTEN_FDNAMES: 'a:b' };
    using program = new NodeProgram(taker([tcp('127.0.0.1', 8000)], true), {
      environment,
      fds: servers.map(descriptorOf),
    });
    const { plans, left } = (await program.says()) as { plans: { bind: Bind; fds: number[] }[]; left: string[] };
    assert.deepEqual(plans[0], { bind: boundTo(servers[0]), fds: [3], origin: 'systemd' });
    assert.deepEqual(plans[1]?.fds, [4]);
    assert.deepEqual(left, []);
    assert.deepEqual(await program.says(), [true, true]);
    assert.equal(await program.says(), 1, 'descriptor 3 of a child of the program');
    for (const server of servers) server.close();
  });

  it('closes what is not wanted', async () => {
    await using folder = await AppFolder.with({});
    const servers = await two(folder);
    const bind = boundTo(servers[0]);
    using program = new NodeProgram(taker([bind], false), {
      environment: { ...process.env, LISTEN_FDS: '2' },
      fds: servers.map(descriptorOf),
    });
    assert.deepEqual(((await program.says()) as { plans: unknown }).plans, [{ bind, fds: [3], origin: 'systemd' }]);
    assert.deepEqual(await program.says(), [true, false]);
    assert.ok(existsSync(folder.file('galley.sock')));
    for (const server of servers) server.close();
  });
});
