import { execFile } from 'node:child_process';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const cache = fileURLToPath(new URL('../../.cache/go-tools/', import.meta.url));

/** How long Go may take to fetch and build, in milliseconds. */
const buildMs = 600_000;

/** The path of a program of a Go module, which is built the first time: `github.com/x/y/v2/cmd/z`. */
export async function goTool(program: string, version: string): Promise<string> {
  const name = program.replace(/^.*\//, '');
  const path = join(cache, version, name);
  if (await stat(path).catch(() => undefined)) return path;
  // Tests in other processes may build the same.
  const folder = join(cache, `${version}.${name}.${process.pid}`);
  await mkdir(folder, { recursive: true });
  const env = { ...process.env, GOBIN: folder };
  await promisify(execFile)('go', ['install', `${program}@${version}`], { env, timeout: buildMs });
  await mkdir(join(cache, version), { recursive: true });
  await rename(join(folder, name), path);
  await rm(folder, { recursive: true, force: true });
  return path;
}
