import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { programPath } from '../test/support/requirements.ts';
import { benchCases } from './cases.ts';
import { benchServers } from './servers.ts';

/** What a run is made on, as far as it changes the numbers. */
export interface Machine {
  readonly processor: string;
  /** By name: node, python, galley, nginx where it is there, and each Python package that is installed. */
  readonly versions: ReadonlyMap<string, string>;
  /** Python packages that are not installed, and nginx. */
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

/** Asks the interpreter for its packages. Throws when it cannot run, or when a tool of the benchmark is not installed. */
export function readMachine(python: string): Machine {
  for (const [tool, debianPackage] of [
    ['wrk', 'wrk'],
    ['taskset', 'util-linux'],
  ] as const) {
    if (!isCommand(tool)) throw new Error(`Cannot measure: ${tool} is missing (Debian package ${debianPackage})`);
  }
  const peers = benchServers.map((server) => server.package).filter((name) => name !== 'galley' && name !== 'nginx');
  const frameworks = benchCases.flatMap(({ framework }) => framework ?? []);
  const packages = [...new Set([...peers, ...frameworks, 'uvloop', 'httptools', 'websockets', 'wsproto'])];
  const output = execFileSync(python, ['-c', pythonScript, ...packages], { encoding: 'utf8' });
  const installed: Record<string, string> = JSON.parse(output);
  const galley: { version: string } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  const nginx = nginxVersion();
  return {
    processor: cpus()[0]?.model ?? 'unknown',
    versions: new Map(Object.entries({ node: process.versions.node, galley: galley.version, ...nginx, ...installed })),
    missing: [...(nginx ? [] : ['nginx']), ...packages.filter((name) => installed[name] === undefined)],
  };
}

function nginxVersion(): { readonly nginx: string } | undefined {
  const program = programPath('nginx');
  const version = program && /nginx\/(\S+)/.exec(spawnSync(program, ['-v'], { encoding: 'utf8' }).stderr)?.[1];
  return version ? { nginx: version } : undefined;
}

function isCommand(name: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${name}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
