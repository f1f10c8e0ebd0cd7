import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { AppFolder } from '../support/app-folder.ts';
import { Galley, ready, runGalley, startGalley } from '../support/galley.ts';
import { testPython } from '../support/python.ts';
import { until } from '../support/until.ts';

/** A WSGI app that answers with what this Python expression gives; `environ` is the request's. */
function wsgiShowing(expression: string): string {
  return `
import os, sys
def app(environ, start_response):
    start_response('200 OK', [('content-type', 'text/plain; charset=utf-8')])
    return [str(${expression}).encode()]
`;
}

/** An ASGI app that answers with what this Python expression gives; `scope` is the request's. */
function asgiShowing(expression: string): string {
  return `
async def app(scope, receive, send):
    assert scope['type'] == 'http'
    await send({'type': 'http.response.start', 'status': 200, 'headers': []})
    await send({'type': 'http.response.body', 'body': str(${expression}).encode()})
`;
}

async function get(url: string): Promise<string> {
  return (await fetch(url)).text();
}

/** The answer that comes over a Unix socket. */
function getOver(socketPath: string): Promise<string> {
  return new Promise((resolve, reject) => {
    request({ socketPath, path: '/', agent: false }, (response) => text(response).then(resolve, reject))
      .on('error', reject)
      .end();
  });
}

describe('galley’s options', () => {
  it('--env-file adds to the environment of the app', async () => {
    await using folder = await AppFolder.with({
      'main.py': wsgiShowing(`[os.environ.get(name) for name in ('PLAIN', 'QUOTED', 'HOME')]`),
      'app.env': '# a comment\nPLAIN=one\nQUOTED="two words"\n',
    });
    const args = ['--env-file', 'app.env', '--workers', '1'];
    await using galley = await startGalley('main:app', { cwd: folder.path, args, environment: { HOME: '/home/x' } });
    assert.equal(await get(galley.url), "['one', 'two words', '/home/x']");
  });

  it('--root-path tells an ASGI app where it is mounted', async () => {
    await using folder = await AppFolder.with({ 'main.py': asgiShowing(`(scope['root_path'], scope['path'])`) });
    const args = ['--root-path', '/shop', '--workers', '1'];
    await using galley = await startGalley('main:app', { cwd: folder.path, args });
    assert.equal(await get(`${galley.url}/items`), "('/shop', '/shop/items')");
  });

  it('--root-path tells a WSGI app where it is mounted', async () => {
    await using folder = await AppFolder.with({
      'main.py': wsgiShowing(`(environ['SCRIPT_NAME'], environ['PATH_INFO'])`),
    });
    const args = ['--root-path', '/shop', '--workers', '1'];
    await using galley = await startGalley('main:app', { cwd: folder.path, args });
    assert.equal(await get(`${galley.url}/items`), "('/shop', '/items')");
  });

  it('--factory calls what makes the app', async () => {
    await using folder = await AppFolder.with({ 'main.py': `${asgiShowing(`'made'`)}\ndef make():\n    return app\n` });
    const args = ['--factory', '--workers', '1'];
    await using galley = await startGalley('main:make', { cwd: folder.path, args });
    assert.equal(await get(galley.url), 'made');
  });

  it('--app-dir is where the app is imported from and runs', async () => {
    await using folder = await AppFolder.with({ 'main.py': wsgiShowing(`(os.getcwd(), sys.path[0])`) });
    const path = await realpath(folder.path);
    await using galley = await startGalley('main:app', { cwd: '/', args: ['--app-dir', path, '--workers', '1'] });
    assert.equal(await get(galley.url), `('${path}', '${path}')`);
  });

  it('--interface overrules what is found', async () => {
    const code = `
class App:
    def __call__(self, *args):
        if len(args) == 2:
            args[1]('200 OK', [])
            return [b'called as WSGI']
        return self.asgi(*args)
    async def asgi(self, scope, receive, send):
        await send({'type': 'http.response.start', 'status': 200, 'headers': []})
        await send({'type': 'http.response.body', 'body': b'called as ASGI 3'})
app = App()
`;
    await using folder = await AppFolder.with({ 'main.py': code });
    for (const [name, answer] of [
      ['wsgi', 'called as WSGI'],
      ['asgi3', 'called as ASGI 3'],
    ] as const) {
      const args = ['--interface', name, '--lifespan', 'off', '--workers', '1'];
      await using galley = await startGalley('main:app', { cwd: folder.path, args });
      assert.equal(await get(galley.url), answer);
    }
  });

  it('--bind listens on a Unix socket, and removes it at the end', async () => {
    await using folder = await AppFolder.with({ 'main.py': wsgiShowing(`environ['SERVER_NAME']`) });
    const args = ['main:app', '--bind', 'unix:galley.sock', '--workers', '1'];
    await using galley = await ready(new Galley(args, { cwd: folder.path }));
    const socketPath = folder.file('galley.sock');
    assert.equal(await getOver(socketPath), 'localhost');
    assert.equal(await galley.stop(), 0);
    await assert.rejects(realpath(socketPath), { code: 'ENOENT' });
  });

  it('--bind may be given several times', async () => {
    await using folder = await AppFolder.with({ 'main.py': wsgiShowing(`environ['SERVER_PORT']`) });
    const args = ['main:app', '-b', '127.0.0.1:0', '-b', 'localhost:0', '--workers', '1'];
    await using galley = await ready(new Galley(args, { cwd: folder.path }));
    const [, addresses = ''] = /Address {2}(.*)/.exec(galley.stderr()) ?? [];
    const urls = addresses.split('  ');
    assert.equal(urls.length, 2);
    for (const url of urls) assert.equal(await get(url), new URL(url).port);
  });

  it('--workers and --threads say how many', async () => {
    await using folder = await AppFolder.with({ 'main.py': wsgiShowing(`environ['wsgi.multithread']`) });
    const args = ['--workers', '3', '--threads', '1'];
    await using galley = await startGalley('main:app', { cwd: folder.path, args });
    assert.equal(galley.workers().length, 3);
    assert.equal(await get(galley.url), 'False');
  });

  it('--concurrency and --queue-size 0: what finds no room at once is answered with 503', async () => {
    const code = `
import asyncio, os
async def app(scope, receive, send):
    if scope['path'] == '/held':
        open('held', 'w').close()
        while not os.path.exists('free'):
            await asyncio.sleep(0.01)
    await send({'type': 'http.response.start', 'status': 200, 'headers': []})
    await send({'type': 'http.response.body', 'body': b'done'})
`;
    await using folder = await AppFolder.with({ 'main.py': code });
    const args = ['--concurrency', '1', '--queue-size', '0', '--workers', '1', '--lifespan', 'off'];
    await using galley = await startGalley('main:app', { cwd: folder.path, args });
    const held = fetch(`${galley.url}/held`);
    await until(() => existsSync(folder.file('held')), 'the first request is under way');
    assert.equal((await fetch(galley.url)).status, 503);
    await folder.write('free', '');
    assert.equal((await held).status, 200);
    assert.equal((await fetch(galley.url)).status, 200);
  });

  it('--max-requests ends a worker after so many', async () => {
    await using folder = await AppFolder.with({ 'main.py': wsgiShowing('os.getpid()') });
    const args = ['--workers', '1', '--max-requests', '2'];
    await using galley = await startGalley('main:app', { cwd: folder.path, args });
    const first = await get(galley.url);
    await until(async () => (await get(galley.url)) !== first, 'another worker answers');
  });

  it('--timeout bounds how long the app may take to begin its answer', async () => {
    await using folder = await AppFolder.with({
      'main.py': 'import asyncio\nasync def app(scope, receive, send):\n    await asyncio.sleep(600)\n',
    });
    const args = ['--timeout', '0.2', '--lifespan', 'off', '--workers', '1', '--graceful-timeout', '0'];
    await using galley = await startGalley('main:app', { cwd: folder.path, args });
    assert.equal((await fetch(galley.url)).status, 504);
  });

  it('--log-level error keeps the start quiet', async () => {
    await using folder = await AppFolder.with({ 'main.py': wsgiShowing('0') });
    const args = ['main:app', '--bind', 'unix:galley.sock', '--log-level', 'error'];
    await using galley = new Galley(args, { cwd: folder.path });
    await until(() => existsSync(folder.file('galley.sock')), 'the socket is there');
    await getOver(folder.file('galley.sock'));
    assert.equal(await galley.stop(), 0);
    assert.equal(galley.stderr(), '');
  });

  it('uses the virtual environment beside the app', async () => {
    await using folder = await AppFolder.with({ 'main.py': wsgiShowing('sys.prefix') });
    const path = await realpath(folder.path);
    await promisify(execFile)(testPython(), ['-m', 'venv', '--without-pip', folder.file('.venv')]);
    const options = { namePython: false, environment: { VIRTUAL_ENV: undefined }, args: ['--workers', '1'] };
    await using galley = await startGalley('main:app', { ...options, cwd: folder.path });
    assert.equal(await get(galley.url), `${path}/.venv`);
    assert.match(galley.stderr(), /from \.venv/);
  });

  it('prefers the virtual environment that is active', async () => {
    await using folder = await AppFolder.with({ 'main.py': wsgiShowing('sys.prefix') });
    await promisify(execFile)(testPython(), ['-m', 'venv', '--without-pip', folder.file('active')]);
    const environment = { VIRTUAL_ENV: folder.file('active') };
    const options = { namePython: false, environment, args: ['--workers', '1'] };
    await using galley = await startGalley('main:app', { ...options, cwd: folder.path });
    assert.equal(await get(galley.url), `${await realpath(folder.path)}/active`);
  });

  it('--version and --help print and exit with 0', async () => {
    const version = await runGalley(['--version'], { namePython: false });
    assert.deepEqual([version.code, version.stderr], [0, '']);
    assert.match(version.stdout, /^galley \d+\.\d+\.\d+\n$/);
    const help = await runGalley(['--help'], { namePython: false });
    assert.deepEqual([help.code, help.stderr], [0, '']);
    assert.match(help.stdout, /--graceful-timeout/);
  });
});
