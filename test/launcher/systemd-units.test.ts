import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { AppFolder } from '../support/app-folder.ts';

const root = new URL('../../', import.meta.url);
const names = ['galley.service', 'galley.socket'] as const;
const skip = spawnSync('systemd-analyze', ['--version']).status !== 0 && 'no systemd-analyze';

describe('docs/galley.service and docs/galley.socket', { skip }, () => {
  /** What `systemd-analyze verify` says of the units after a change. */
  async function problems(change: (unit: string) => string): Promise<string> {
    await using folder = await AppFolder.with({});
    for (const name of names) {
      const unit = await readFile(new URL(`docs/${name}`, root), 'utf8');
      const here = unit.replace('/srv/galley/bin/galley.js', fileURLToPath(new URL('bin/galley.js', root)));
      await folder.write(name, change(here));
    }
    const paths = names.map((name) => folder.file(name));
    const { stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', ...paths], { encoding: 'utf8' });
    // It names units of this machine too, which are not ours to judge.
    return stderr
      .split('\n')
      .filter((line) => line.includes(folder.path) || line.startsWith('galley.'))
      .join('\n');
  }

  it('are understood by systemd', async () => {
    assert.equal(await problems((unit) => unit), '');
  });

  it('are really looked at', async () => {
    assert.match(
      await problems((unit) => unit.replace('KillMode=mixed', 'KillMode=never')),
      /galley\.service:\d+: .*kill mode/i,
    );
    assert.match(
      await problems((unit) => unit.replace('ReusePort=yes', 'ReusePort=perhaps')),
      /galley\.socket:\d+: .*boolean/i,
    );
  });
});
