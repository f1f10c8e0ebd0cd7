import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Galley, startGalley } from '../support/galley.ts';

const demo = fileURLToPath(new URL('../../examples/demo', import.meta.url));

const variants = [
  { target: 'app:app', interface: 'ASGI', shows: /start-up number 1 of this worker/ },
  { target: 'wsgi_app:app', interface: 'WSGI', shows: /<td>yes, yes/ },
] as const;

for (const variant of variants) {
  describe(`the demo as ${variant.interface}`, () => {
    let galley: Galley;
    const get = (path: string, init?: RequestInit): Promise<Response> => fetch(`${galley.url}${path}`, init);

    before(async () => {
      galley = await startGalley(variant.target, { args: ['--app-dir', demo, '--workers', '2'] });
    });

    it('shows the worker, the interface and that the app was imported by the process which forked it', async () => {
      const answer = await get('/');
      const text = await answer.text();
      assert.equal(answer.status, 200);
      assert.match(text, new RegExp(`<li>${variant.interface} \\d`));
      assert.match(text, variant.shows);
      const pid = Number(answer.headers.get('demo-pid'));
      assert.ok(galley.workers().includes(pid), `${pid} is not one of ${galley.workers()}`);
      const [, importer] = /<td>pid (\d+), once, then forked/.exec(text) ?? [];
      assert.ok(importer, text);
      assert.notEqual(Number(importer), pid);
    });

    it('shows the headers that were sent, escaped', async () => {
      const text = await (await get('/', { headers: { 'x-probe': '<img src=x>"&\'' } })).text();
      assert.match(text, /<th scope=row>x-probe<td>&lt;img src=x&gt;&quot;&amp;&#x27;/);
      assert.ok(!text.includes('<img src=x>'));
    });

    it('gives the headers as JSON', async () => {
      const { headers } = (await (await get('/headers', { headers: { 'x-probe': 'é' } })).json()) as {
        headers: [string, string][];
      };
      assert.ok(headers.some(([name, value]) => name === 'x-probe' && value === 'é'));
    });

    it('answers HEAD with the head of the page and nothing more', async () => {
      const answer = await get('/', { method: 'HEAD' });
      assert.equal(answer.status, 200);
      assert.ok(Number(answer.headers.get('content-length')) > 1_000);
      assert.equal((await answer.arrayBuffer()).byteLength, 0);
    });

    it('streams chunks as they are made', async () => {
      const answer = await get('/stream');
      const arrivals: number[] = [];
      let text = '';
      for await (const chunk of answer.body!) {
        arrivals.push(performance.now());
        text += Buffer.from(chunk).toString();
      }
      assert.deepEqual(
        text.trimEnd().split('\n'),
        Array.from({ length: 10 }, (_, index) => `chunk ${index + 1} of 10`),
      );
      const spread = arrivals.at(-1)! - arrivals[0]!;
      assert.ok(spread > 1_500, `the first chunk came only ${spread} ms before the last`);
    });

    it('echoes 5 MB byte for byte', async () => {
      const sent = Buffer.alloc(5 * 1024 * 1024, 'every byte counts');
      const answer = await get('/echo', { method: 'POST', body: sent });
      assert.equal(answer.status, 200);
      assert.ok(sent.equals(Buffer.from(await answer.arrayBuffer())));
    });

    it('answers others while a slow request waits', async () => {
      let slowIsDone = false;
      const slow = get('/slow?seconds=1').then((answer) => {
        slowIsDone = true;
        return answer;
      });
      assert.equal(await (await get('/healthz')).text(), 'ok\n');
      assert.equal(slowIsDone, false);
      assert.equal(((await (await slow).json()) as { slept: number }).slept, 1);
    });

    it('spreads requests at once over its workers', async () => {
      const answers = await Promise.all(Array.from({ length: 12 }, () => get('/slow?seconds=0.1')));
      const pids = new Set(answers.map((answer) => answer.headers.get('demo-pid')));
      assert.equal(pids.size, 2);
    });

    it('answers 500 for an exception, shows its traceback in the terminal, and goes on', async () => {
      const answer = await get('/error');
      assert.equal(answer.status, 500);
      assert.doesNotMatch(await answer.text(), /page\.py|RuntimeError/);
      await galley.says(/page\.py[\s\S]*RuntimeError: You pressed the button/);
      assert.equal((await get('/healthz')).status, 200);
    });

    it('answers 404 and 405 itself', async () => {
      assert.equal((await get('/nowhere')).status, 404);
      const refused = await get('/', { method: 'DELETE' });
      assert.equal(refused.status, 405);
      assert.equal(refused.headers.get('allow'), 'GET, HEAD');
    });

    after(async () => {
      assert.equal(await galley?.stop(), 0);
      await galley?.leavesNothing();
    });
  });
}
