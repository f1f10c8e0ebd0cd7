import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { AppFolder } from '../support/app-folder.ts';
import { Galley, ready, startGalley } from '../support/galley.ts';
import { until } from '../support/until.ts';
import { HeldRequests } from './held-requests.ts';

/** An app that answers with a text. */
function answering(text: string): string {
  return `
def app(environ, start_response):
    start_response('200 OK', [('content-type', 'text/plain')])
    return [b'${text}']
`;
}

async function served(galley: Galley): Promise<string> {
  return (await fetch(galley.url)).text();
}

describe('galley, when the app changes', () => {
  it('serves the new code on SIGHUP and fails no request meanwhile', async () => {
    await using folder = await AppFolder.with({ 'main.py': answering('one') });
    await using galley = await startGalley('main:app', { cwd: folder.path, args: ['--workers', '2'] });
    const answers: string[] = [];
    let last = '';
    const load = Array.from({ length: 4 }, async () => {
      while (last !== 'three') {
        last = await served(galley);
        answers.push(last);
      }
    });
    await until(() => answers.length > 20, 'the load runs');
    const before = galley.workers();
    await folder.write('main.py', answering('three'));
    galley.signal('SIGHUP');
    await Promise.all(load);
    assert.deepEqual([...new Set(answers)], ['one', 'three']);
    await until(() => !galley.workers().some((pid) => before.includes(pid)), 'the old workers end');
    assert.equal(galley.workers().length, 2);
    assert.match(galley.stderr(), /reloaded in \d+ ms/);
  });

  it('lets requests end in the old version', async () => {
    await using held = await HeldRequests.start('--workers', '1');
    const [outcome] = await held.hold(1);
    const [before] = held.galley.workers();
    held.galley.signal('SIGHUP');
    await held.galley.says(/reloaded in \d+ ms/);
    assert.notEqual(await served(held.galley), String(before));
    await held.release();
    assert.deepEqual(await outcome, { status: 200, body: String(before) });
    await until(() => held.galley.workers().length === 1, 'the old worker ends');
    assert.deepEqual(await held.shutdowns(), [before]);
  });

  it('keeps the old version on SIGHUP when the new one cannot be imported', async () => {
    await using folder = await AppFolder.with({ 'main.py': answering('one') });
    await using galley = await startGalley('main:app', { cwd: folder.path, args: ['--workers', '1'] });
    await folder.write('main.py', 'raise RuntimeError("the kettle is cold")\n');
    galley.signal('SIGHUP');
    await galley.says(/reload failed, the old version serves on/);
    await galley.says(/main\.py", line 1.*RuntimeError: the kettle is cold/s);
    assert.equal(await served(galley), 'one');
    assert.equal(galley.workers().length, 1);
    assert.doesNotMatch(galley.stderr(), /galley_worker/);
  });

  it('reloads after its start for a SIGHUP that comes during it', async () => {
    await using folder = await AppFolder.with({ 'main.py': countingImports });
    await using galley = new Galley(['main:app', '--port', '0', '--workers', '1'], { cwd: folder.path });
    await until(() => existsSync(folder.file('imports')), 'the start is under way');
    galley.signal('SIGHUP');
    await folder.write('release', '');
    await ready(galley);
    await galley.says(/reloaded in \d+ ms/);
    assert.equal(imports(folder), 2);
    assert.equal(await galley.stop(), 0);
  });

  it('reloads once more, and not more often, for all the SIGHUPs that come during a reload', async () => {
    await using folder = await AppFolder.with({ 'main.py': countingImports, release: '' });
    await using galley = await startGalley('main:app', { cwd: folder.path, args: ['--workers', '1'] });
    await rm(folder.file('release'));
    galley.signal('SIGHUP');
    await until(() => imports(folder) === 2, 'the reload is under way');
    for (let count = 0; count < 10; count++) {
      galley.signal('SIGHUP');
      // Signals that are pending are one already: each must have been taken.
      await (await fetch(galley.url)).text();
    }
    await folder.write('release', '');
    await until(() => galley.stderr().split('reloaded in').length === 3, 'the second reload is over');
    assert.equal(imports(folder), 3);
    assert.equal(await galley.stop(), 0);
    assert.equal(imports(folder), 3);
  });
});

/** Counts its imports in a file, and ends them when there is a file that says so. */
const countingImports = `
import os, time
with open('imports', 'a') as file:
    file.write('x')
while not os.path.exists('release'):
    time.sleep(0.01)
${answering('here')}
`;

function imports(folder: AppFolder): number {
  return readFileSync(folder.file('imports'), 'utf8').length;
}
