import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { keptFolder } from './kept-folder.ts';

const program = 'github.com/summerwind/h2spec/cmd/h2spec';
/** The first one that can be had is built. Go's module proxy does not have the commit, which is the newest; it has the last release. */
const versions = ['af83a65f0b6273ef38bf778d400d98892e7653d8', 'v2.2.1+incompatible'] as const;

/** How many seconds the suite waits for an answer that is to come or not to come. */
const waitSeconds = 2;

export function hasGo(): boolean {
  return spawnSync('go', ['version']).status === 0;
}

/** The suite's program, built below `folder` where it is not there yet. Throws an Error where that fails. */
export function installH2spec(folder: string): string {
  const built = keptFolder(join(folder, 'h2spec'), (unfinished) => {
    const env = { ...process.env, GOBIN: unfinished };
    let why = '';
    for (const version of versions) {
      const { status, stderr } = spawnSync('go', ['install', `${program}@${version}`], { env, encoding: 'utf8' });
      if (status === 0) {
        console.log(`Built h2spec ${version}`);
        return;
      }
      why = stderr;
      console.log(`Cannot build h2spec ${version}: ${stderr.trim().split('\n').at(-1)}`);
    }
    throw new Error(`Cannot build the suite: ${why}`);
  });
  return join(built, 'h2spec');
}

/** Runs the suite, strict cases with the others, against a port of 127.0.0.1. Gives its report, which stays at `report`. */
export async function runH2spec(
  h2spec: string,
  { port, isTls, report }: { readonly port: number; readonly isTls: boolean; readonly report: string },
  signal: AbortSignal,
): Promise<string> {
  rmSync(report, { force: true });
  const args = ['-h', '127.0.0.1', '-p', String(port), '--strict', '-o', String(waitSeconds), '-j', report];
  const suite = spawn(h2spec, isTls ? [...args, '-t', '-k'] : args, { stdio: ['ignore', 'ignore', 'inherit'], signal });
  await once(suite, 'close');
  return readFileSync(report, 'utf8');
}
