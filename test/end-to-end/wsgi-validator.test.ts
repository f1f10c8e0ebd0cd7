import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Galley, startGalley } from '../support/galley.ts';
import { describeApp } from './app-behaviours.ts';
import { type Framework, wsgiFrameworks } from './framework-list.ts';

const apps = fileURLToPath(new URL('../apps', import.meta.url));

for (const framework of wsgiFrameworks) {
  const name = framework.name.split(',')[0]?.toLowerCase();
  describe(`wsgiref.validate around ${framework.name}`, () => {
    let galley: Galley;
    before(async () => {
      galley = await startGalley(`validated:${name}`, { cwd: apps, args: ['--workers', '1'] });
    });

    describeApp(() => galley, name === 'flask' ? withoutChunked(framework) : framework);

    after(async () => {
      assert.equal(await galley?.stop(), 0);
      assert.doesNotMatch(galley.stderr(), /AssertionError|WSGIWarning|garbage collected/);
    });
  });
}

/** What is left of Flask when it goes by Content-Length alone; see test/apps/validated.py. */
function withoutChunked(framework: Framework): Framework {
  return { ...framework, readsChunkedBody: false, streamedUploads: ['length'] };
}
