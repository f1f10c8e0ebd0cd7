import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { programPath } from '../test/support/requirements.ts';
import { benchCases } from './cases.ts';
import { benchServers } from './servers.ts';

/** What a run is made on, as far as it changes the numbers. */
export interface Machine {
  readonly processor: string;
  /** By name: node, python, galley, Debian's programs that are there, and each Python package that is installed. */
  readonly versions: ReadonlyMap<string, string>;
  /** Python packages and programs of Debian that are not installed. */
  readonly missing: readonly string[];
}

const pythonScript = `
import json, platform, sys
from importlib.metadata import PackageNotFoundError, version
versions = {"python": platform.python_version()}
for name in sys.argv[1:]:
    try:
        versions[name] = version(name)
    except PackageNotFoundError:
        pass
print(json.dumps(versions))
`;

/** Debian's programs, by the option and the words in which they tell their version. */
const programs: Readonly<Record<string, readonly [option: string, version: RegExp]>> = {
  nginx: ['-v', /nginx\/(\S+)/],
  haproxy: ['-v', /version (\d+(?:\.\d+)*)/],
  h2load: ['--version', /nghttp2\/(\S+)/],
};

const notPython: ReadonlySet<string> = new Set(['galley', 'node', ...Object.keys(programs)]);

/** Asks the interpreter for its packages. Throws when it cannot run, or when a tool of the benchmark is not installed. */
export function readMachine(python: string): Machine {
  for (const [tool, debianPackage] of [
    ['wrk', 'wrk'],
    ['taskset', 'util-linux'],
  ] as const) {
    if (!isCommand(tool)) throw new Error(`Cannot measure: ${tool} is missing (Debian package ${debianPackage})`);
  }
  const peers = benchServers.map((server) => server.package).filter((name) => !notPython.has(name));
  const frameworks = benchCases.flatMap(({ framework }) => framework ?? []);
  const packages = [...new Set([...peers, ...frameworks, 'uvloop', 'httptools', 'websockets', 'wsproto'])];
  const output = execFileSync(python, ['-c', pythonScript, ...packages], { encoding: 'utf8' });
  const installed: Record<string, string> = JSON.parse(output);
  const galley: { version: string } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  const found = Object.keys(programs).flatMap((name) => {
    const version = programVersion(name);
    return version === undefined ? [] : [[name, version] as const];
  });
  const known: Record<string, string> = { ...Object.fromEntries(found), ...installed };
  return {
    processor: cpus()[0]?.model ?? 'unknown',
    versions: new Map(Object.entries({ node: process.versions.node, galley: galley.version, ...known })),
    missing: [...Object.keys(programs), ...packages].filter((name) => known[name] === undefined),
  };
}

function programVersion(name: string): string | undefined {
  const program = programPath(name);
  const [option, version] = programs[name] ?? [];
  if (program === undefined || option === undefined) return undefined;
  const { stdout, stderr } = spawnSync(program, [option], { encoding: 'utf8' });
  return version?.exec(stdout + stderr)?.[1];
}

function isCommand(name: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${name}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
