import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AppFolder } from '../../../test/support/app-folder.ts';
import { importConfig } from './import-config.ts';

describe('importConfig', () => {
  for (const text of ['while (true) {}', 'setInterval(() => {}, 1_000);\nawait new Promise(() => {});']) {
    it(`gives up where it is not done in time: ${text.slice(0, 11)}`, async () => {
      await using folder = await AppFolder.with({ 'galley.config.mjs': `${text}\nexport default {};` });
      const { plain, ...imported } = await importConfig(folder.file('galley.config.mjs'), 50);
      assert.equal(plain, undefined);
      assert.deepEqual(imported, { kind: 'failed', message: 'it is not done after 0.05 s', stack: '' });
    });
  }
});
