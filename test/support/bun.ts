import { execFile } from 'node:child_process';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const version = '1.4.5';
const cache = fileURLToPath(new URL('../../.cache/bun/', import.meta.url));

/** How long 100 MB may take to come, in milliseconds. */
const installMs = 30_000;

/** The npm package `bun`, which is installed the first time; undefined where that does not go fast. */
async function installed(): Promise<string | undefined> {
  const path = join(cache, version, 'node_modules/.bin/bun');
  if (await stat(path).catch(() => undefined)) return path;
  // Tests in other processes may install the same.
  const folder = join(cache, `${version}.${process.pid}`);
  await mkdir(folder, { recursive: true });
  try {
    const args = ['install', '--prefix', folder, '--no-audit', '--no-fund', '--loglevel=error', `bun@${version}`];
    await promisify(execFile)('npm', args, { timeout: installMs });
    await rename(folder, join(cache, version));
    return path;
  } catch {
    return (await stat(path).catch(() => undefined)) && path;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Where Bun is; undefined where it is missing. */
export const bunPath: string | undefined = await installed();

/** Why a test that needs Bun is skipped on this machine, or false. With `GALLEY_REQUIRE_ALL=1` it is not skipped, and so fails. */
export const noBun: string | false =
  bunPath === undefined && process.env['GALLEY_REQUIRE_ALL'] !== '1' && `Bun ${version} could not be installed`;
