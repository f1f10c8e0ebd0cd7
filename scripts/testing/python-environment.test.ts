import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setUpPythonEnvironment } from './python-environment.ts';

/** A `python3` that makes an environment whose Python writes down how it is called. */
const fakePython = `#!/bin/sh
if [ "$1" = -c ]; then echo "$FAKE_VERSION"; exit; fi
[ "$FAKE_VENV" = broken ] && exit 1
mkdir -p "$3/bin"
printf '#!/bin/sh\\necho "$@" >> "%s/calls"\\n' "$3" > "$3/bin/python"
chmod +x "$3/bin/python"
`;

describe('setUpPythonEnvironment', () => {
  const path = process.env['PATH'] ?? '';
  let folder: string;
  let environment: string;
  let requirements: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'galley-environment-'));
    environment = join(folder, 'environment');
    requirements = join(folder, 'requirements.txt');
    writeFileSync(requirements, 'flask==3\n');
    mkdirSync(join(folder, 'bin'));
    writeFileSync(join(folder, 'bin/python3'), fakePython);
    chmodSync(join(folder, 'bin/python3'), 0o755);
    Object.assign(process.env, { PATH: `${join(folder, 'bin')}:${path}`, FAKE_VERSION: '3.11', FAKE_VENV: 'sound' });
  });

  afterEach(() => {
    process.env['PATH'] = path;
    rmSync(folder, { recursive: true });
  });

  const setUp = () => setUpPythonEnvironment(environment, requirements);
  const installations = () => readFileSync(join(environment, 'calls'), 'utf8').trim().split('\n').length;

  it('installs the packages once', () => {
    assert.equal(setUp(), join(environment, 'bin/python'));
    assert.match(
      readFileSync(join(environment, 'calls'), 'utf8'),
      /^-m pip install .*--requirement .*requirements\.txt\n$/,
    );
    setUp();
    assert.equal(installations(), 1);
  });

  it('makes it anew when the requirements or the Python have changed', () => {
    for (const change of [
      () => writeFileSync(requirements, 'flask==4\n'),
      () => Object.assign(process.env, { FAKE_VERSION: '3.12' }),
    ]) {
      setUp();
      writeFileSync(join(environment, 'old'), '');
      change();
      setUp();
      assert.equal(existsSync(join(environment, 'old')), false);
      assert.equal(installations(), 1);
    }
  });

  it('says what to install where Python has no environments', () => {
    process.env['FAKE_VENV'] = 'broken';
    assert.throws(setUp, /"python3 -m venv" failed\. On Debian and Ubuntu, install python3-venv/);
  });
});
