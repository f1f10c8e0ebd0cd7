import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { mkdir, readdir, unlink, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { afterEach, describe, it } from 'node:test';
import { AppFolder } from '../../test/support/app-folder.ts';
import { NodeProgram } from '../../test/support/node-program.ts';
import type { Bind } from '../core/bind.ts';
import { boundTo, descriptorOf, ListenError, type ListenOptions, listen } from './listen.ts';

const anyPort: Bind = { kind: 'tcp', host: '127.0.0.1', port: 0 };

/** Takes descriptor 3 over and answers every connection with its name until it is told to close; says where it listens. */
const heir = (bind: Bind): string => `
  const { listen, boundTo } = await import(root + 'src/front/listen.ts');
  const server = await listen(${JSON.stringify(bind)}, (socket) => socket.end('heir'), { fd: 3 });
  say(boundTo(server));
  process.once('SIGTERM', () => server.close(() => say('closed')));
`;

describe('listen', () => {
  const servers: Server[] = [];

  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  async function open(bind: Bind, name = '', options: ListenOptions = {}): Promise<Server> {
    const server = await listen(bind, (socket) => socket.end(name), options);
    servers.push(server);
    return server;
  }

  it('opens one port in several servers that share it, each of which gets connections', async () => {
    const first = await open(anyPort, 'first', { reusePort: 'first' });
    const bind = boundTo(first);
    await open(bind, 'second', { reusePort: 'join' });
    const names = new Set<string>();
    // By chance all go to one of them once in 2^63 runs.
    for (let i = 0; i < 64; i++) names.add(await answerOf(bind));
    assert.deepEqual([...names].sort(), ['first', 'second']);
  });

  it('refuses a port that others share already', async () => {
    const bind = boundTo(await open(anyPort, '', { reusePort: 'first' }));
    await assert.rejects(open(bind, '', { reusePort: 'first' }), /another program listens there/);
    await assert.rejects(open(bind), ListenError);
  });

  it('refuses a port that another has for itself, whether it would share or join', async () => {
    const bind = boundTo(await open(anyPort));
    for (const reusePort of ['first', 'join'] as const)
      await assert.rejects(open(bind, '', { reusePort }), ListenError);
  });

  it('takes a port again that was closed, with and without sharing', async () => {
    const first = await open(anyPort, '', { reusePort: 'first' });
    const bind = boundTo(first);
    await closed(first);
    const second = await open(bind, '', { reusePort: 'first' });
    await closed(second);
    assert.equal(await answerOf(boundTo(await open(bind, 'third'))), 'third');
  });

  it('hands a port to another process, which has it alone when this one closes', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const { port } = holder.address() as { port: number };
    const bind: Bind = { kind: 'tcp', host: '127.0.0.1', port };
    using program = new NodeProgram(heir(bind), { fds: [descriptorOf(holder)] });
    assert.deepEqual(await program.says(), bind);
    await closed(holder);
    assert.equal(await answerOf(bind), 'heir');
  });

  it('hands a Unix socket to another process; its file stays when either closes', async () => {
    await using folder = await AppFolder.with({});
    const bind: Bind = { kind: 'unix', path: folder.file('galley.sock') };
    const server = await open(bind, 'old');
    assert.deepEqual(boundTo(server), bind);
    using program = new NodeProgram(heir(bind), { fds: [descriptorOf(server)] });
    assert.deepEqual(await program.says(), bind);
    await closed(server);
    assert.equal(await answerOf(bind), 'heir');
    program.child.kill('SIGTERM');
    assert.equal(await program.says(), 'closed');
    assert.ok(existsSync(bind.path));
  });

  it('leaves the file alone that another program put in the place of its own', async () => {
    await using folder = await AppFolder.with({});
    const bind: Bind = { kind: 'unix', path: folder.file('galley.sock') };
    const old = await open(bind, 'old');
    await unlink(bind.path);
    await open(bind, 'new');
    await closed(old);
    assert.equal(await answerOf(bind), 'new');
  });

  it('makes the file with its mode and leaves no other beside it', async () => {
    await using folder = await AppFolder.with({});
    const bind: Bind = { kind: 'unix', path: folder.file('galley.sock') };
    await open(bind);
    await assert.rejects(open(bind), /a file that is no abandoned socket/);
    assert.deepEqual(await readdir(folder.path), ['galley.sock']);
    assert.equal(statSync(bind.path).mode & 0o777, 0o660);
  });

  it('replaces the socket of a program that was killed, but nothing else', async () => {
    await using folder = await AppFolder.with({ text: 'mine' });
    const bind: Bind = { kind: 'unix', path: folder.file('galley.sock') };
    await closed(await open(bind, 'old'));
    assert.equal(await answerOf(boundTo(await open(bind, 'new'))), 'new');
    await assert.rejects(open({ kind: 'unix', path: folder.file('text') }), ListenError);
    assert.deepEqual((await readdir(folder.path)).sort(), ['galley.sock', 'text']);
  });

  it('says why a path cannot be listened on', async () => {
    await using folder = await AppFolder.with({});
    await assert.rejects(open({ kind: 'unix', path: folder.file('none/x') }), /folder of the socket does not exist/);
    await mkdir(folder.file('long'));
    await assert.rejects(open({ kind: 'unix', path: folder.file(`long/${'x'.repeat(120)}`) }), /too long/);
    assert.deepEqual(await readdir(folder.file('long')), []);
  });

  it('says what is wrong with a descriptor', async () => {
    await using folder = await AppFolder.with({});
    await writeFile(folder.file('plain'), '');
    using program = new NodeProgram(
      `import { openSync } from 'node:fs';
       const { listen } = await import(root + 'src/front/listen.ts');
       const fd = openSync(${JSON.stringify(folder.file('plain'))});
       await listen(${JSON.stringify(anyPort)}, () => {}, { fd }).catch((error) => say(error.message));`,
    );
    assert.match(String(await program.says()), /the descriptor that this process was given is no listening socket/);
  });

  it('does not take a Unix socket for a TCP one', async () => {
    await using folder = await AppFolder.with({});
    const server = await open({ kind: 'unix', path: folder.file('u.sock') });
    using program = new NodeProgram(
      `const { boundTo, listen } = await import(root + 'src/front/listen.ts');
       const server = await listen(${JSON.stringify(anyPort)}, () => {}, { fd: 3 });
       try {
         boundTo(server);
       } catch (error) {
         say([error.constructor.name, error.message]);
       }
       server.close();`,
      { fds: [descriptorOf(server)] },
    );
    const text = 'Cannot listen: the descriptor that this process was given is of no TCP socket';
    assert.deepEqual(await program.says(), ['ListenError', text]);
  });

  it('has no descriptor once it is closed', async () => {
    const server = await open(anyPort);
    assert.ok(descriptorOf(server) > 2);
    await closed(server);
    assert.throws(() => descriptorOf(server), /Cannot pass a listening socket on/);
  });
});

/** All that a server says to a new connection. */
async function answerOf(bind: Bind): Promise<string> {
  const socket = bind.kind === 'unix' ? connect(bind.path) : connect(bind.port, bind.host);
  let text = '';
  for await (const bytes of socket) text += bytes;
  return text;
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}
