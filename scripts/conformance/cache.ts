import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePorts } from '../../test/support/free-ports.ts';
import { Galley, ready } from '../../test/support/galley.ts';
import { type Exceptions, summarizeCache } from './cache-results.ts';
import { fetchCacheSuite } from './cache-suite.ts';
import { runUntilStopped } from './run-until-stopped.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = join(root, '.cache/conformance');
const resultsFile = join(folder, 'cache.json');
const log = join(folder, 'cache-galley.log');

const noAnswer =
  'the origin closes the connection; the suite takes any answer without its own fields, as our 502, for a stored one';

const exceptions: Exceptions = {
  'age-parse-prefix': 'an Age that is a list is stale, as age-parse-dup-0 wants; here the first member is to count',
  'stale-close-must-revalidate': noAnswer,
  'stale-close-proxy-revalidate': noAnswer,
  'stale-close-no-cache': noAnswer,
  'stale-close-s-maxage=2': noAnswer,
  'headers-store-Transfer-Encoding': 'an answer with a transfer coding that does not exist is refused',
};

/**
 * A reverse proxy with a cache in front of the suite's server. Answers with cookies are kept because the suite asks for that; by default they are
 * not. Nothing is added to their types, which it compares.
 */
function configFor(port: number, origin: number): string {
  return JSON.stringify({
    servers: [
      {
        listen: [`127.0.0.1:${port}`],
        locations: [
          {
            path: '/',
            proxy: `http://127.0.0.1:${origin}`,
            cache: { name: 'default', ignore: ['set-cookie'] },
            charset: false,
            accessLog: false,
          },
        ],
      },
    ],
  });
}

/** Runs the public suite for HTTP caches against Galley; further arguments are the names of tests, all where there are none. */
async function runSuite(ids: readonly string[], signal: AbortSignal): Promise<number> {
  const suite = await fetchCacheSuite(folder);
  const origin = await suite.startOrigin(signal);
  const config = mkdtempSync(join(tmpdir(), 'galley-cache-'));
  try {
    const [port = 0] = await freePorts(1);
    writeFileSync(join(config, 'galley.config.json'), configFor(port, origin.port));
    await using galley = await ready(new Galley(['-c', join(config, 'galley.config.json')], { namePython: false }));
    const results = await suite.run(`http://127.0.0.1:${port}`, ids);
    mkdirSync(folder, { recursive: true });
    writeFileSync(resultsFile, JSON.stringify(results, undefined, 1));
    writeFileSync(log, galley.stderr());
    const wanted = suite.tests.filter(({ id }) => ids.length === 0 || ids.includes(id));
    const { lines, passed } = summarizeCache(wanted, results, ids.length === 0 ? exceptions : {});
    console.log(`${lines.join('\n')}\nAll results: ${resultsFile}; what Galley logged: ${log}`);
    return passed ? 0 : 1;
  } finally {
    origin.stop();
    rmSync(config, { recursive: true, force: true });
  }
}

await runUntilStopped((signal) => runSuite(process.argv.slice(2), signal));
