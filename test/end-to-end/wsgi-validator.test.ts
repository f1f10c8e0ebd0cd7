import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Galley, startGalley } from '../support/galley.ts';
import { describeApp } from './app-behaviours.ts';
import { wsgiFrameworks } from './framework-list.ts';

const apps = fileURLToPath(new URL('../apps', import.meta.url));

for (const framework of wsgiFrameworks) {
  const name = framework.name.split(',')[0]?.toLowerCase();
  describe(`wsgiref.validate around ${framework.name}`, () => {
    let galley: Galley;
    before(async () => {
      galley = await startGalley(`validated:${name}`, { cwd: apps, args: ['--workers', '1'] });
    });

    // Frameworks read a body of unknown length with read(), which the validator forbids them.
    describeApp(() => galley, { ...framework, readsChunkedBody: false });

    after(async () => {
      assert.equal(await galley?.stop(), 0);
      assert.doesNotMatch(galley.stderr(), /AssertionError|WSGIWarning|garbage collected/);
    });
  });
}
