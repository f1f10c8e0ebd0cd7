import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { AppFolder } from '../../support/app-folder.ts';
import { runGalley } from '../../support/galley.ts';
import { main } from './bound-galley.ts';

describe('galley without a fit folder for temporary files', () => {
  for (const [what, name, isThere, reason] of [
    ['does not exist', 'none', false, 'it does not exist'],
    ['has too long a path for sockets', 'x'.repeat(100), true, 'its path is too long for sockets'],
  ] as const) {
    it(`says what to do where it ${what}`, async () => {
      await using folder = await AppFolder.with({ 'main.py': main });
      const path = folder.file(name);
      if (isThere) await mkdir(path);
      for (const threads of ['1', '2']) {
        const args = ['main:app', '--port', '0', '--front-threads', threads];
        const { code, stderr } = await runGalley(args, { cwd: folder.path, environment: { TMPDIR: path } });
        assert.equal(code, 1);
        const text = `galley: Cannot make a folder for sockets in "${path}": ${reason}. `;
        assert.equal(stderr, `${text}Name another folder for temporary files with TMPDIR\n`);
      }
    });
  }
});
