import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Galley, startGalley } from '../support/galley.ts';
import { describeApp } from './app-behaviours.ts';
import { asgiFrameworks, wsgiFrameworks } from './framework-list.ts';

const apps = fileURLToPath(new URL('../apps', import.meta.url));

for (const framework of [...asgiFrameworks, ...wsgiFrameworks]) {
  describe(framework.name, () => {
    let galley: Galley;
    before(async () => {
      galley = await startGalley(framework.target, { cwd: apps, args: ['--workers', '1'] });
    });

    it('has its interface detected', () => {
      assert.ok(galley.stderr().includes(`${framework.target}, ${framework.interface},`), galley.stderr());
    });

    describeApp(() => galley, framework);

    after(async () => {
      assert.equal(await galley?.stop(), 0);
      await galley?.leavesNothing();
    });
  });
}
