import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { keptFolder } from './kept-folder.ts';

/** The source distribution that holds the suite, and where in it. */
const project = 'gunicorn';
const version = '27.0.1';
const inDistribution = 'tests/docker/asgi_compliance';
const download: readonly string[] = [
  ...['-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', '--no-deps', '--no-binary', ':all:'],
  `${project}==${version}`,
];

/**
 * The suite's folder below `folder`, got by pip from the source distribution where it is not there yet. Throws an Error
 * where that fails; pip or tar has then said why.
 */
export function fetchSuite(python: string, folder: string): string {
  const name = `${project}-${version}`;
  const kept = keptFolder(join(folder, name), (unfinished, run) => {
    const archive = join(unfinished, `${name}.tar.gz`);
    run(python, [...download, '--dest', unfinished]);
    run('tar', ['-xzf', archive, '--strip-components=1', '-C', unfinished, `${name}/${inDistribution}`]);
    rmSync(archive);
  });
  return join(kept, inDistribution);
}
