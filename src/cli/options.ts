import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import type { AppOptions, WorkerRange } from '../app/options.ts';
import type { Bind } from '../core/bind.ts';
import { closestName } from '../core/closest-name.ts';
import { type WebSocketLimits, webSocketLimits, webSocketTimeouts } from '../core/limits.ts';
import { InvalidTrustedPeer, TrustedPeers } from '../front/trusted-peers.ts';
import type { ServeOptions } from '../server/options.ts';
import { appTargetProblem } from './app-target.ts';
import { type Command, check, convert, inspect, serve } from './commands.ts';
import type { ControlCommand } from './control/control-command.ts';
import { controlCommands } from './control/control-commands.ts';
import { readControl } from './control/read-control.ts';
import { currentCpus, frontThreadsOf } from './cpus.ts';
import { helpText } from './help.ts';
import type { OptionName, OptionValues } from './option-table.ts';
import { hostProblem, isProxyTarget, proxiedPaths, proxyTarget } from './proxied.ts';
import { type GivenOptions, readArguments } from './read-arguments.ts';
import type { ServeCommand, Source } from './serve-command.ts';
import { automaticBinds, tlsNotesOf, tlsOf } from './tls-of.ts';
import { UsageError } from './usage-error.ts';

const commands: readonly (Command | ControlCommand)[] = [inspect, check, convert, ...controlCommands];

/** What a command line asks for. */
export type CommandLine =
  | { readonly kind: 'serve'; readonly command: ServeCommand }
  /** `galley check` and `galley convert`. */
  | { readonly kind: 'check' | 'convert'; readonly path: string; readonly isLenient: boolean }
  | { readonly kind: 'inspect'; readonly app: AppOptions; readonly json: boolean }
  /** `run` speaks to a running Galley and gives the exit code. */
  | { readonly kind: 'control'; readonly name: string; readonly run: () => Promise<number> }
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'version' }
  | { readonly kind: 'error'; readonly message: string };

/** What the meaning of a command line depends on. */
export interface Surroundings {
  /** Absolute path that relative paths start from. */
  readonly currentFolder: string;
  /** How many CPUs this process may use: as many workers `auto` means. */
  readonly cpus: number;
  /** What FORWARDED_ALLOW_IPS is set to, where it is. */
  readonly forwardedAllowIps?: string | undefined;
}

/** Reads the arguments after `galley`. Reads no file but the one of `--env-file`. */
export function parseCommandLine(
  argv: readonly string[],
  surroundings: Surroundings = currentSurroundings(),
): CommandLine {
  try {
    const [name, ...others] = argv;
    const command = commands.find((each) => each.name === name);
    return command ? readCommand(command, others, surroundings) : readServe(argv, surroundings);
  } catch (error) {
    if (error instanceof UsageError) return { kind: 'error', message: error.message };
    throw error;
  }
}

function readServe(argv: readonly string[], surroundings: Surroundings): CommandLine {
  const { given, positionals } = readArguments(argv, serve);
  if (given.has('help')) return { kind: 'help', text: helpText(serve) };
  if (given.has('version')) return { kind: 'version' };
  return { kind: 'serve', command: serveCommand(given, sourceOf(given, positionals, surroundings), surroundings) };
}

function readCommand(
  command: Command | ControlCommand,
  argv: readonly string[],
  surroundings: Surroundings,
): CommandLine {
  const { given, positionals } = readArguments(argv, command);
  if (given.has('help')) return { kind: 'help', text: helpText(command) };
  if ('prepare' in command) {
    return { kind: 'control', name: command.name, run: readControl(command, given, positionals) };
  }
  if (command.name === 'check' || command.name === 'convert') {
    const path = resolve(surroundings.currentFolder, configOf(positionals, command));
    return { kind: command.name, path, isLenient: given.value('lenient') };
  }
  const app = appOptions(given, targetOf(positionals, command), surroundings);
  return { kind: 'inspect', app, json: given.value('json') };
}

function currentSurroundings(): Surroundings {
  return {
    currentFolder: process.cwd(),
    cpus: currentCpus(),
    forwardedAllowIps: process.env['FORWARDED_ALLOW_IPS'],
  };
}

function configOf(positionals: readonly string[], { call }: Command): string {
  const [path, extra] = positionals;
  if (path === undefined) throw new UsageError(`Which config? Write "${call} FILE", such as "${call} nginx.conf"`);
  if (extra !== undefined) throw new UsageError(`Unexpected "${extra}" after "${path}": ${call} takes one file`);
  return path;
}

function targetOf(positionals: readonly string[], { name, call }: Command): string {
  const [target, extra] = positionals;
  if (target === undefined) {
    throw new UsageError(
      `Which app? Write "${call} MODULE:ATTR", such as "${call} main:app"; "${call} --help" tells more`,
    );
  }
  const meant =
    extra !== undefined && name === 'serve'
      ? closestName(
          target,
          commands.map((each) => each.name),
        )
      : undefined;
  if (meant !== undefined)
    throw new UsageError(`Unknown command "${target}". Did you mean "galley ${meant} ${extra}"?`);
  if (extra !== undefined) throw new UsageError(`Unexpected "${extra}" after "${target}": ${call} takes one app`);
  const problem = (name === 'serve' ? hostProblem(target) : undefined) ?? appTargetProblem(target);
  if (problem !== undefined) throw new UsageError(`Cannot ${name} "${target}": ${problem}`);
  return target;
}

function appOptions(given: GivenOptions, target: string, { currentFolder, cpus }: Surroundings): AppOptions {
  const reload = given.value('reload');
  return {
    name: target,
    target,
    directory: resolve(currentFolder, given.value('app-dir') ?? '.'),
    python: pythonOf(given.value('python'), currentFolder),
    interface: given.value('interface'),
    factory: given.value('factory'),
    lifespan: given.value('lifespan'),
    rootPath: given.value('root-path'),
    workers: workersOf(given.value('workers'), reload && !given.has('workers') ? 1 : cpus),
    threads: given.value('threads'),
    concurrency: given.value('concurrency'),
    queue: { maxRequests: given.value('queue-size'), maxWaitMs: given.value('queue-timeout') },
    preload: given.value('preload'),
    recycling: {
      maxRequests: given.value('max-requests'),
      maxRequestsJitter: given.value('max-requests-jitter'),
      maxRssBytes: given.value('max-rss'),
      maxLifetimeMs: given.value('max-lifetime'),
    },
    reloadSurge: given.value('reload-surge'),
    gracefulTimeoutMs: given.value('graceful-timeout'),
    reload,
    requestTimeoutMs: given.value('timeout'),
    environment: environmentOf(given.value('env-file'), currentFolder),
  };
}

/** What is to be served: a config, another server, a folder, or an app. */
function sourceOf(given: GivenOptions, positionals: readonly string[], surroundings: Surroundings): Source {
  const { currentFolder } = surroundings;
  const config = given.value('config');
  const [target] = positionals;
  if (config !== undefined) {
    if (target !== undefined)
      throw new UsageError(`Cannot serve "${target}" together with --config: name it in the config`);
    refuseWithConfig(given);
    return { kind: 'config', path: resolve(currentFolder, config), isLenient: given.value('lenient') };
  }
  if (given.has('lenient')) throw new UsageError('--lenient is for --config with an nginx.conf');
  if (target !== undefined && positionals.length === 1 && isProxyTarget(target)) {
    return { kind: 'proxy', url: proxyTarget(target, currentFolder) };
  }
  if (target !== undefined && positionals.length === 1 && isFolder(target)) {
    return { kind: 'folder', path: resolve(currentFolder, target) };
  }
  return { kind: 'app', app: appOptions(given, targetOf(positionals, serve), surroundings) };
}

/** A config has names of its own for these. */
function refuseWithConfig(given: GivenOptions): void {
  const allowed: ReadonlySet<OptionName> = new Set([
    'config',
    'lenient',
    'front-threads',
    'control-socket',
    'log-level',
    'graceful-timeout',
    'ws-max-size',
    'ws-ping-interval',
    'ws-ping-timeout',
  ]);
  const other = serve.options.find((name) => given.has(name) && !allowed.has(name));
  if (other) throw new UsageError(`Cannot use --${other} together with --config: write it in the config`);
}

/** A path is a folder's, but for that of a Python file: who writes one is told what to write for its module. */
function isFolder(target: string): boolean {
  return target === '.' || target === '..' || (target.includes('/') && !/\.py(?::|$)/.test(target));
}

function serveCommand(given: GivenOptions, source: Source, surroundings: Surroundings): ServeCommand {
  const { currentFolder, cpus } = surroundings;
  const binds = bindsOf(given, currentFolder);
  const mayConfigSay = source.kind === 'config' && !given.has('front-threads');
  return {
    source,
    proxies: proxiedPaths(
      given.all('proxy').filter((each) => each !== undefined),
      currentFolder,
    ),
    binds,
    tls: tlsOf(given, binds, currentFolder),
    notes: tlsNotesOf(given),
    gracefulTimeoutMs: given.value('graceful-timeout'),
    accessLog: given.value('no-access-log') ? 'off' : given.value('access-log'),
    areBindsDefault: !given.has('bind') && !given.has('host') && !given.has('port'),
    trustedPeers: trustedPeersOf(given.value('forwarded-allow-ips'), surroundings.forwardedAllowIps),
    frontThreads: mayConfigSay ? undefined : frontThreadsOf(given.value('front-threads'), cpus),
    controlSocket: controlSocketOf(given.value('control-socket'), currentFolder),
    logLevel: given.value('log-level'),
    webSocketLimits: webSocketLimitsOf(given.value('ws-max-size')),
    webSocketTimeouts: {
      ...webSocketTimeouts,
      pingIntervalMs: given.value('ws-ping-interval'),
      pingTimeoutMs: given.value('ws-ping-timeout'),
    },
  };
}

function webSocketLimitsOf(maxMessageSize: number): WebSocketLimits {
  return { ...webSocketLimits, maxMessageSize, maxFrameSize: maxMessageSize };
}

function bindsOf(given: GivenOptions, currentFolder: string): readonly Bind[] {
  const binds = given.all('bind').filter((bind) => bind !== undefined);
  if (binds.length === 0) {
    return automaticBinds(given) ?? [{ kind: 'tcp', host: given.value('host'), port: given.value('port') }];
  }
  const other = (['host', 'port'] as const).find((name) => given.has(name));
  if (other) throw new UsageError(`Cannot use --${other} together with --bind: write the whole address with --bind`);
  return binds.map((bind) => (bind.kind === 'unix' ? { ...bind, path: resolve(currentFolder, bind.path) } : bind));
}

function trustedPeersOf(given: string | undefined, variable: string | undefined): TrustedPeers | undefined {
  const list = given ?? variable;
  if (list === undefined) return undefined;
  try {
    return new TrustedPeers(list);
  } catch (error) {
    if (!(error instanceof InvalidTrustedPeer)) throw error;
    throw new UsageError(
      `Cannot use ${given === undefined ? 'FORWARDED_ALLOW_IPS' : '--forwarded-allow-ips'} "${list}": ${error.message}`,
    );
  }
}

function workersOf(workers: OptionValues['workers'], auto: number): WorkerRange {
  return workers === 'auto' ? { min: auto, max: auto, isAuto: true } : { ...workers, isAuto: false };
}

function controlSocketOf(given: ServeOptions['controlSocket'], currentFolder: string): ServeOptions['controlSocket'] {
  return typeof given === 'string' ? given : { path: resolve(currentFolder, given.path) };
}

function pythonOf(python: string | undefined, currentFolder: string): string | undefined {
  return python?.includes('/') ? resolve(currentFolder, python) : python;
}

/** Node itself looks for `--env-file` in the arguments of its program too, and refuses a missing file before this can say so. */
function environmentOf(file: string | undefined, currentFolder: string): Readonly<Record<string, string>> {
  if (file === undefined) return {};
  try {
    const entries = Object.entries(parseEnv(readFileSync(resolve(currentFolder, file), 'utf8')));
    return Object.fromEntries(entries.map(([name, value]) => [name, value ?? '']));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    throw new UsageError(`Cannot read --env-file "${file}": ${readErrors[code] ?? String(error)}`);
  }
}

const readErrors: Readonly<Record<string, string>> = {
  ENOENT: 'the file does not exist',
  EACCES: 'permission denied',
  EISDIR: 'it is a folder',
  ENOTDIR: 'part of its path is not a folder',
};
