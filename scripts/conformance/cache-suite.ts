import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { keptFolder } from './kept-folder.ts';

/** The suite, and the client that it is written for. */
const suitePackage = 'http-cache-tests';
const packages: readonly string[] = [`${suitePackage}@0.4.5`, 'node-fetch@2.7.0'];

/** One test, as far as its result is told by it. */
export interface CacheTest {
  readonly id: string;
  readonly name: string;
  /** Undefined for `required`. */
  readonly kind?: 'required' | 'optimal' | 'check';
  /** Tests whose failure says that this one shows nothing. */
  readonly depends_on?: readonly string[];
  readonly browser_only?: boolean;
}

/** True where it passed; else what failed (`Assertion`, `Setup` or an error) and a sentence. */
export type CacheResult = true | readonly [kind: string, why: string];

/** The suite where it was installed. */
export interface CacheSuite {
  readonly tests: readonly CacheTest[];
  /** Runs all tests, or those of these numbers, against a cache at `url`. */
  run(url: string, ids: readonly string[]): Promise<Readonly<Record<string, CacheResult>>>;
  /** Starts the server that the cache is to stand in front of. */
  startOrigin(signal: AbortSignal): Promise<{ readonly port: number; stop(): void }>;
}

interface TestSet {
  readonly tests: CacheTest[];
}

/**
 * The suite's folder below `folder`, got by npm where it is not there yet. What it would install besides is for its web page, and is left out.
 * Throws an Error where that fails; npm or tar has then said why.
 */
export async function fetchCacheSuite(folder: string): Promise<CacheSuite> {
  const installed = keptFolder(join(folder, packages[0]?.replace('@', '-') ?? ''), (unfinished, run) => {
    const archives = join(unfinished, 'archives');
    mkdirSync(archives);
    run('npm', ['pack', '--silent', '--pack-destination', archives, packages[0] ?? '']);
    run('sh', ['-c', `tar -xzf "${archives}"/*.tgz -C "${unfinished}"`]);
    run('npm', [
      'install',
      '--silent',
      '--no-audit',
      '--no-fund',
      '--ignore-scripts',
      '--prefix',
      archives,
      packages[1] ?? '',
    ]);
  });
  const suite = join(installed, 'package');
  const load = async (path: string): Promise<Record<string, unknown>> =>
    import(pathToFileURL(join(installed, path)).href);
  const sets = (await load('package/tests/index.mjs'))['default'] as TestSet[];
  const { runTests, getResults } = (await load('package/client/runner.mjs')) as {
    runTests(sets: readonly TestSet[], fetch: unknown, isBrowser: boolean, url: string): Promise<void>;
    getResults(): Record<string, CacheResult>;
  };
  const fetch = (await load('archives/node_modules/node-fetch/lib/index.js'))['default'];
  return {
    tests: sets.flatMap(({ tests }) => tests).filter((test) => !test.browser_only),
    async run(url, ids) {
      const isWanted = ({ id }: CacheTest): boolean => ids.length === 0 || ids.includes(id);
      const wanted = sets.map((set) => ({ ...set, tests: set.tests.filter(isWanted) }));
      await runTests(wanted, fetch, false, url);
      return getResults();
    },
    startOrigin: (signal) => startOrigin(suite, installed, signal),
  };
}

async function startOrigin(
  suite: string,
  installed: string,
  signal: AbortSignal,
): Promise<{ readonly port: number; stop(): void }> {
  const environment = { npm_config_protocol: 'http', npm_config_port: '0', npm_config_pidfile: join(installed, 'pid') };
  const origin = spawn(process.execPath, ['server/server.mjs'], {
    cwd: suite,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
    signal,
  });
  origin.on('error', () => {});
  for await (const line of createInterface({ input: origin.stdout })) {
    const port = /^Listening on .*:(\d+)\/$/.exec(line)?.[1];
    if (port === undefined) continue;
    origin.stdout.resume();
    return { port: Number(port), stop: () => void origin.kill() };
  }
  throw new Error("Cannot start the suite's server: it ended before it listened");
}
