import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { AppFolder } from '../support/app-folder.ts';
import { type Galley, startGalley } from '../support/galley.ts';

const asgi = `
def brew():
    raise RuntimeError('the kettle is cold')

async def app(scope, receive, send):
    path = scope['path']
    if path == '/before':
        brew()
    if path == '/nothing':
        return
    await send({'type': 'http.response.start', 'status': 200, 'headers': []})
    if path == '/started':
        brew()
    if path == '/status':
        await send({'type': 'http.response.start', 'status': 200, 'headers': []})
    await send({'type': 'http.response.body', 'body': b'half', 'more_body': path == '/middle'})
    if path != '/':
        brew()
`;

const wsgi = `
def brew():
    raise RuntimeError('the kettle is cold')

def app(environ, start_response):
    path = environ['PATH_INFO']
    if path == '/before':
        brew()
    if path == '/nothing':
        return [b'']
    start_response('200 OK', [])
    if path == '/started':
        brew()
    if path == '/status':
        start_response('200 OK', [])
    yield b'half'
    if path != '/':
        brew()
`;

for (const [name, code] of [
  ['an ASGI', asgi],
  ['a WSGI', wsgi],
] as const) {
  describe(`${name} app that raises`, () => {
    let folder: AppFolder;
    let galley: Galley;
    before(async () => {
      folder = await AppFolder.with({ 'main.py': code });
      galley = await startGalley('main:app', { cwd: folder.path, args: ['--workers', '1'] });
    });
    after(async () => {
      assert.equal(await galley?.stop(), 0);
      await galley?.leavesNothing();
      await folder?.[Symbol.asyncDispose]();
    });

    for (const [path, when] of [
      ['/before', 'before its answer'],
      ['/started', 'after the head of its answer and before the first byte'],
      ['/nothing', 'never, but gives no answer'],
      ['/status', 'because it began its answer twice'],
    ] as const) {
      it(`gives 500 with the number under which the log has the traceback: ${when}`, async () => {
        const answer = await fetch(galley.url + path);
        assert.equal(answer.status, 500);
        const page = await answer.text();
        const id = /^Request (\S+)$/m.exec(page)?.[1];
        assert.ok(id, `an id in ${page}`);
        await galley.says(new RegExp(`the app failed: GET ${path} request=${id} `));
        assert.doesNotMatch(page, /kettle|Traceback/);
        assert.doesNotMatch(galley.stderr(), /galley_worker/);
      });
    }

    it('gives browsers a page', async () => {
      const answer = await fetch(`${galley.url}/before`, { headers: { accept: 'text/html' } });
      assert.match(answer.headers.get('content-type') ?? '', /^text\/html/);
      const id = /Request (\S+)<\/small>/.exec(await answer.text())?.[1];
      await galley.says(new RegExp(`request=${id} .*in brew\n.*RuntimeError: the kettle is cold`, 's'));
    });

    it('has its connection cut in the middle of its answer, which cannot be taken for complete', async () => {
      await assert.rejects(get(`${galley.url}/middle`));
      await galley.says(/the app failed: GET \/middle request=\S+ .*in brew\n.*RuntimeError: the kettle is cold/s);
    });

    it('serves on', async () => {
      assert.equal(await get(galley.url), 'half');
    });
  });
}

/** Rejects where the answer is not complete. */
async function get(url: string): Promise<string> {
  return (await fetch(url)).text();
}
