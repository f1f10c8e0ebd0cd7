import assert from 'node:assert/strict';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { AppFolder } from '../support/app-folder.ts';
import { Galley, type GalleyOptions, ready, startGalley } from '../support/galley.ts';
import { until } from '../support/until.ts';
import { WebSocketClient } from '../support/websocket-client.ts';

/** A WSGI app that answers with a text. */
function answering(text: string): string {
  return `
def app(environ, start_response):
    start_response('200 OK', [('content-type', 'text/plain')])
    return [b'${text}']
`;
}

const lifespanFails = `
async def app(scope, receive, send):
    await receive()
    await send({'type': 'lifespan.startup.failed', 'message': 'the kettle is cold'})
`;

const holdsLock = `
import ctypes
print("hangs", flush=True)
ctypes.PyDLL(None).sleep(60)
`;

/** An ASGI app that keeps WebSockets open and says who it is. */
function talking(text: string): string {
  return `
async def app(scope, receive, send):
    if scope['type'] == 'http':
        await send({'type': 'http.response.start', 'status': 200, 'headers': []})
        await send({'type': 'http.response.body', 'body': b'${text}'})
    elif scope['type'] == 'websocket':
        await send({'type': 'websocket.accept'})
        while (await receive())['type'] != 'websocket.disconnect':
            pass
`;
}

const hanging = 'print("hangs", flush=True)\nwhile True: pass\n';

const failures = [
  { what: 'a syntax error', code: 'def app(environ, start_response:\n    pass\n', title: /^SyntaxError: / },
  { what: 'an import that fails', code: 'import kettle_of_fish\n', title: /^ModuleNotFoundError: .*kettle_of_fish/ },
  {
    what: 'an exception at import',
    code: 'raise RuntimeError("the kettle is cold")\n',
    title: /^RuntimeError: the kettle/,
  },
  { what: 'a startup that fails', code: lifespanFails, title: /^The app failed to start/ },
  { what: 'no app', code: 'application = None\n', title: /has no attribute "app"/ },
] as const;

function startReloading(folder: AppFolder, options: GalleyOptions = {}): Promise<Galley> {
  return startGalley('main:app', { ...options, cwd: folder.path, args: ['--reload', ...(options.args ?? [])] });
}

async function get(galley: Galley, accept = '*/*'): Promise<{ readonly status: number; readonly text: string }> {
  const answer = await fetch(galley.url, { headers: { accept } });
  return { status: answer.status, text: await answer.text() };
}

async function serves(galley: Galley, text: string): Promise<void> {
  await until(
    async () => (await get(galley)).text === text,
    () => `"${text}" is served\n${galley.stderr()}`,
  );
}

async function fails(galley: Galley, title: RegExp): Promise<void> {
  await until(
    async () => {
      const { status, text } = await get(galley);
      return status === 500 && title.test(text);
    },
    () => `${title} is answered\n${galley.stderr()}`,
  );
}

describe('galley --reload', () => {
  it('serves what was saved', async () => {
    await using folder = await AppFolder.with({ 'main.py': 'from page import app\n', 'page.py': answering('one') });
    await using galley = await startReloading(folder);
    await serves(galley, 'one');
    await folder.write('page.py', answering('two'));
    await serves(galley, 'two');
    assert.match(galley.stderr(), /page\.py changed, reloading\n.*reloaded in \d+ ms/);
    assert.equal(await galley.stop('SIGINT'), 0);
    await galley.leavesNothing();
  });

  it('answers every request with the reason while the app cannot start, and recovers at the next save', async () => {
    await using folder = await AppFolder.with({ 'main.py': answering('one') });
    await using galley = await startReloading(folder);
    for (const { what, code, title } of failures) {
      await folder.write('main.py', code);
      await fails(galley, title);
      await folder.write('main.py', answering(what));
      await serves(galley, what);
    }
    assert.equal(galley.stderr().split('raise RuntimeError("the kettle is cold")').length, 2, 'one traceback');
    assert.match(galley.stderr(), /reload failed, the browser shows why until the next change: Cannot import "main"/);
    assert.doesNotMatch(galley.stderr(), /galley_worker/);
    assert.equal(await galley.stop(), 0);
    await galley.leavesNothing();
  });

  it('waits for a save where not even the first start succeeds', async () => {
    for (const { code, title } of failures) {
      await using folder = await AppFolder.with({ 'main.py': code });
      await using galley = await startReloading(folder);
      await fails(galley, title);
      assert.match(galley.stderr(), /the app cannot start, the browser shows why until the next change: /);
      assert.match(galley.stderr(), /^ {2}App {6}main:app, not running, in /m);
      await folder.write('main.py', answering('here'));
      await serves(galley, 'here');
      assert.equal(await galley.stop(), 0);
    }
  });

  it('shows a browser the exception, the place in the app and the traceback, escaped', async () => {
    const code = 'import page\n';
    const page = 'import json\n\ndef brew():\n    json.loads("<b>")  # <i>\n\nbrew()\n';
    await using folder = await AppFolder.with({ 'main.py': code, 'page.py': page });
    await using galley = await startReloading(folder);
    const { status, text } = await get(galley, 'text/html,*/*;q=0.8');
    assert.equal(status, 500);
    assert.match(text, /<h1>json\.decoder\.JSONDecodeError: Expecting value/);
    assert.ok(text.includes(`${folder.file('page.py')}, line 4`), text);
    assert.match(text, /<mark> *4 {6}json\.loads\(&quot;&lt;b&gt;&quot;\) {2}# &lt;i&gt;<\/mark>/);
    assert.match(text, /decoder\.py&quot;, line \d+/);
    assert.ok(!text.includes('<b>') && !text.includes('<i>'));
  });

  it('tells a page that shows a failure when there is something new', async () => {
    await using folder = await AppFolder.with({ 'main.py': 'raise RuntimeError("one")\n' });
    await using galley = await startReloading(folder);
    const ask = async (id: string): Promise<number> => {
      const { status } = await fetch(galley.url, { headers: { 'galley-failure': id } });
      return status === 202 ? ask(id) : status;
    };
    const shownId = async (): Promise<string> =>
      /'galley-failure': '(.+?)'/.exec((await get(galley, 'text/html')).text)![1]!;
    assert.equal(await ask('of another failure'), 204);

    let answered = false;
    const first = ask(await shownId()).finally(() => {
      answered = true;
    });
    assert.equal((await get(galley)).status, 500);
    assert.equal(answered, false);
    await folder.write('main.py', 'raise RuntimeError("two")\n');
    assert.equal(await first, 204);
    await fails(galley, /^RuntimeError: two/);

    const second = ask(await shownId());
    await folder.write('main.py', answering('here'));
    assert.equal(await second, 204);
    assert.equal(await ask('of a failure that is over'), 204);
    assert.equal((await get(galley)).text, 'here');
  });

  it('does not wait for a page that shows a failure when it stops', async () => {
    await using folder = await AppFolder.with({ 'main.py': 'raise RuntimeError("one")\n' });
    await using galley = await startReloading(folder);
    const id = /'galley-failure': '(.+?)'/.exec((await get(galley, 'text/html')).text)![1]!;
    const asked = fetch(galley.url, { headers: { 'galley-failure': id } });
    await get(galley);
    assert.equal(await galley.stop(), 0);
    assert.equal((await asked).status, 503);
  });

  it('gives up a start that hangs when the next version is saved', async () => {
    await using folder = await AppFolder.with({ 'main.py': answering('one') });
    await using galley = await startReloading(folder);
    await folder.write('main.py', hanging);
    await until(() => galley.stdout().includes('hangs'), 'the new version hangs');
    assert.equal((await get(galley)).text, 'one');
    await folder.write('main.py', answering('two'));
    await serves(galley, 'two');
    assert.doesNotMatch(galley.stderr(), /error/);
    assert.equal(await galley.stop(), 0);
    await galley.leavesNothing();
  });

  it('does not wait for a start that it gives up and that keeps Python’s lock', async () => {
    await using folder = await AppFolder.with({ 'main.py': answering('one') });
    await using galley = await startReloading(folder);
    await folder.write('main.py', holdsLock);
    await until(() => galley.stdout().includes('hangs'), 'the new version hangs');
    const savedAt = performance.now();
    await folder.write('main.py', answering('two'));
    await serves(galley, 'two');
    const tookMs = performance.now() - savedAt;
    assert.ok(tookMs < 1_900, `it took ${tookMs} ms`);
    await until(() => galley.processes().length === 3, 'the hanging process ends');
  });

  it('gives up a first start that hangs, too', async () => {
    await using folder = await AppFolder.with({ 'main.py': hanging });
    await using galley = new Galley(['main:app', '--reload', '--port', '0'], { cwd: folder.path });
    await until(() => galley.stdout().includes('hangs'), 'the app hangs');
    await folder.write('main.py', answering('two'));
    await ready(galley);
    assert.match(galley.stderr(), /^ {2}App {6}main:app, starting, in /m);
    assert.match(galley.stderr(), /^Ready in \d+ ms; the app is starting\. /m);
    await serves(galley, 'two');
    assert.doesNotMatch(galley.stderr(), /error/);
    assert.equal(await galley.stop(), 0);
    await galley.leavesNothing();
  });

  it('serves the last of many quick saves, which change neither size nor second', async () => {
    await using folder = await AppFolder.with({ 'main.py': answering('000') });
    const environment = { PYTHONDONTWRITEBYTECODE: undefined };
    await using galley = await startReloading(folder, { environment });
    const second = new Date(Math.floor(Date.now() / 1_000) * 1_000);
    for (let save = 1; save <= 5; save++) {
      const text = String(save).padStart(3, '0');
      for (const unfinished of ['abc', 'def', text]) {
        await folder.write('main.py', answering(unfinished));
        await utimes(folder.file('main.py'), second, second);
      }
      await serves(galley, text);
    }
    assert.doesNotMatch(galley.stderr(), /error/);
  });

  it('sees files that are renamed into place, new folders, and files that are gone', async () => {
    await using folder = await AppFolder.with({ 'main.py': answering('one') });
    await using galley = await startReloading(folder);
    await folder.write('main.py.new', answering('renamed'));
    await rename(folder.file('main.py.new'), folder.file('main.py'));
    await serves(galley, 'renamed');
    await folder.write('main.py.new', answering('renamed again'));
    await rename(folder.file('main.py.new'), folder.file('main.py'));
    await serves(galley, 'renamed again');

    await folder.write('main.py', 'from shop.web import app\n');
    await fails(galley, /^ModuleNotFoundError: .*shop/);
    await mkdir(folder.file('shop'));
    await folder.write('shop/web.py', answering('in a new folder'));
    await serves(galley, 'in a new folder');
    await folder.write('shop/web.py', answering('changed there'));
    await serves(galley, 'changed there');
    await rm(folder.file('shop'), { recursive: true });
    await fails(galley, /^ModuleNotFoundError: .*shop/);
  });

  it('goes on seeing a folder that was deleted and made anew, or replaced', async () => {
    await using folder = await AppFolder.with({ 'main.py': 'from shop.api.web import app\n' });
    const [shop, api, web] = [folder.file('shop'), folder.file('shop/api'), folder.file('shop/api/web.py')];
    await mkdir(api, { recursive: true });
    await writeFile(web, answering('one'));
    await using galley = await startReloading(folder);
    // At once, so that Galley learns of all of it at the end.
    rmSync(api, { recursive: true });
    mkdirSync(api);
    writeFileSync(web, answering('two'));
    await serves(galley, 'two');
    await writeFile(web, answering('three'));
    await serves(galley, 'three');
    renameSync(shop, folder.file('old'));
    mkdirSync(api, { recursive: true });
    writeFileSync(web, answering('four'));
    await serves(galley, 'four');
    await writeFile(web, answering('five'));
    await serves(galley, 'five');
  });

  it('keeps two old versions for open streams, and closes those of older ones', async () => {
    await using folder = await AppFolder.with({ 'main.py': talking('0') });
    await using galley = await startReloading(folder);
    const sockets: WebSocketClient[] = [];
    for (let save = 1; save <= 5; save++) {
      sockets.push(await WebSocketClient.open(galley.url));
      await folder.write('main.py', talking(String(save)));
      await serves(galley, String(save));
    }
    for (const socket of sockets.slice(0, 3)) assert.equal((await socket.closed()).code, 1012);
    await until(() => galley.workers().length === 3, 'three versions are left');
    for (const socket of sockets.slice(3)) {
      socket.close(1000);
      assert.equal((await socket.closed()).code, 1000);
    }
    assert.doesNotMatch(galley.stderr(), /are killed/);
  });

  it('does not start again and again what cannot start until it is changed', async () => {
    await using folder = await AppFolder.with({ 'main.py': answering('one') });
    await using galley = await startReloading(folder);
    await folder.write('main.py', 'raise RuntimeError("the kettle is cold")\n');
    await fails(galley, /^RuntimeError: the kettle/);
    const { pid } = galley.processes().find(({ parent }) => parent === galley.pid)!;
    process.kill(pid, 'SIGKILL');
    await galley.says(/is gone \(it was ended by SIGKILL\); the next change starts a new one/);
    await fails(galley, /^RuntimeError: the kettle/);
    await folder.write('main.py', answering('two'));
    await serves(galley, 'two');
    assert.equal(galley.stderr().split('the kettle is cold').length, 3, 'one traceback');
  });

  it('does not reload for what is not the app’s own code', async () => {
    await using folder = await AppFolder.with({ 'main.py': answering('one') });
    await mkdir(folder.file('.venv/lib'), { recursive: true });
    await mkdir(folder.file('env/lib/site-packages'), { recursive: true });
    await using galley = await startReloading(folder);
    await folder.write('.venv/lib/x.py', '');
    await folder.write('env/lib/site-packages/x.py', '');
    await folder.write('notes.txt', '');
    await folder.write('own.py', '');
    await galley.says(/reloaded in/);
    assert.deepEqual(galley.stderr().match(/\S+ changed, reloading/g), ['own.py changed, reloading']);
  });
});
