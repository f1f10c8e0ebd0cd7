import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The Python of a virtual environment that has the packages of a requirements file. It is made anew when the file or
 * `python3` has changed. Throws an Error that says what to install where it cannot be made.
 */
export function setUpPythonEnvironment(folder: string, requirements: string): string {
  const python = join(folder, 'bin/python');
  const stamp = join(folder, 'made-from.sha256');
  const { stdout: machines } = spawnSync('python3', ['-c', 'import sys; print(sys.executable, sys.version)']);
  const wanted = createHash('sha256').update(machines).update(readFileSync(requirements)).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return python;

  rmSync(folder, { recursive: true, force: true });
  if (!succeeds('python3', ['-m', 'venv', folder])) {
    throw new Error(
      'Cannot make a Python environment for the tests: "python3 -m venv" failed. On Debian and Ubuntu, install python3-venv',
    );
  }
  const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--requirement', requirements];
  if (!succeeds(python, install)) throw new Error(`Cannot install the Python packages of ${requirements}, see above`);
  writeFileSync(stamp, wanted);
  return python;
}

function succeeds(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] }).status === 0;
}
