import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** The source distribution that holds the suite, and where in it. */
const project = 'gunicorn';
const version = '27.0.1';
const inDistribution = 'tests/docker/asgi_compliance';

/**
 * The suite's folder below `folder`, got by pip from the source distribution where it is not there yet. Throws an Error
 * where that fails; pip or tar has then said why.
 */
export function fetchSuite(python: string, folder: string): string {
  const name = `${project}-${version}`;
  const kept = join(folder, name);
  if (!existsSync(kept)) {
    mkdirSync(folder, { recursive: true });
    const download = mkdtempSync(join(folder, 'download-'));
    try {
      const pip = [
        '-m',
        'pip',
        'download',
        '--quiet',
        '--disable-pip-version-check',
        '--no-deps',
        '--no-binary',
        ':all:',
      ];
      run(python, [...pip, '--dest', download, `${project}==${version}`]);
      run('tar', ['-xzf', join(download, `${name}.tar.gz`), '-C', download, `${name}/${inDistribution}`]);
      // A download that was cut short does not count.
      renameSync(join(download, name), kept);
    } finally {
      rmSync(download, { recursive: true, force: true });
    }
  }
  return join(kept, inDistribution);
}

function run(command: string, args: readonly string[]): void {
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw new Error(`Cannot fetch the suite: ${error?.message ?? `"${command}" failed, see above`}`);
}
