import { closeSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Config } from '../../config/config.ts';
import type { Diagnostic } from '../../config/diagnostic.ts';
import { dumpFiles } from '../../config/nginx/syntax/dump.ts';
import { nginxDiagnosticLine } from '../../config/nginx/syntax/format-diagnostic.ts';
import { pathBytes } from '../../observe/error-log.ts';
import type { ErrorLogLevel } from '../../observe/error-log-level.ts';
import { LogFileError, openLog } from '../../observe/log-file.ts';
import { ZoneMemoryError, zoneBuffers } from '../../site/limits/limit-zones.ts';
import { TlsFileError } from '../../tls/tls-file-error.ts';
import { readTlsFiles } from '../tls-files.ts';
import { written } from '../written.ts';
import { type NginxArguments, NginxUsageError, parseNginxArguments } from './arguments.ts';
import { startDaemon, starter, takeRole } from './daemon.ts';
import { type LoadedConfig, loadConfig } from './load-config.ts';
import { openLogs } from './open-files.ts';
import { type NginxPaths, nginxPaths } from './paths.ts';
import { PidFile, PidFileError } from './pid-file.ts';
import { sendCommand } from './send-command.ts';
import { configureText, usageText, versionLine } from './version-text.ts';

/** What is to be served, and what is to be told of it. */
export interface NginxServeRequest {
  readonly paths: NginxPaths;
  /** As it was read for the start; without errors. */
  readonly config: Config;
  /** Whether this process is in the background, or took over from one that may have been. */
  readonly isDaemon: boolean;
  /** To be moved before an upgrade and removed at the end; `serving` writes it. */
  readonly pidFile: PidFile;
  /** Reads the config again, as for the start: the same file, `-p` and `-g`. */
  reload(): LoadedConfig;
  /** Says something as nginx does while it starts: `nginx: [emerg] message`. */
  say(level: ErrorLogLevel, message: string): void;
  /** All sockets listen: writes the pid file and lets the process that waits for that end with 0. Throws PidFileError. */
  serving(): void;
}

/** What of the process `galley nginx` needs. */
export interface NginxProcess {
  readonly environment: NodeJS.ProcessEnv;
  /** The launcher script. */
  readonly program: string;
  /** Resolves when it is written. */
  out(text: string): void | Promise<void>;
  error(text: string): void;
}

/** Does what `nginx` does with these arguments; `serve` serves until the end and gives the exit code. */
export async function runNginx(
  argv: readonly string[],
  serve: (request: NginxServeRequest) => Promise<number>,
  { environment, program, out, error }: NginxProcess = thisProcess(),
): Promise<number> {
  const role = takeRole(environment);
  // A daemon has no terminal; what it says is for the process that waits for it.
  const tell = role === 'daemon' ? starter.says : error;
  let given: NginxArguments;
  try {
    given = parseNginxArguments(argv);
  } catch (problem) {
    if (!(problem instanceof NginxUsageError)) throw problem;
    tell(`nginx: ${problem.message}\n`);
    return 1;
  }
  if (given.showsVersion) {
    error(versionLine + (given.showsHelp ? usageText : '') + (given.showsConfigure ? configureText() : ''));
    if (!given.tests) return 0;
  }
  const say = (level: ErrorLogLevel, message: string): void => tell(`nginx: [${level}] ${message}\n`);
  const paths = nginxPaths(given);
  const load = (): LoadedConfig => loadConfig(paths, given);
  const problem = errorLogProblem(paths);
  if (problem !== undefined) say('alert', `could not open error log file: ${problem}`);
  const { config, diagnostics, files } = load();
  for (const diagnostic of diagnostics) tell(diagnosticText(diagnostic));
  const pidFile = new PidFile(config?.process.pidFile ?? paths.pidFile);
  if (given.tests) {
    const isGood = testConfig(paths, config, pidFile, { isQuiet: given.isQuiet, tell, say });
    if (isGood && given.dumps) await out(dumpFiles(files));
    return isGood ? 0 : 1;
  }
  if (config === undefined) return 1;
  if (given.command !== undefined) {
    const failure = sendCommand(given.command, pidFile.path);
    if (failure) say(failure.level, failure.message);
    return failure ? 1 : 0;
  }
  const isDaemon = config.process.isDaemon ?? true;
  if (isDaemon && role === 'starter') {
    return startDaemon({ argv: ['nginx', ...argv], program, errorLog: mainErrorLog(config), say: error });
  }
  return serve({
    paths,
    config,
    isDaemon,
    pidFile,
    reload: load,
    say,
    serving() {
      pidFile.write();
      if (role === 'daemon') starter.serves();
    },
  });
}

/** Why the log of `-e` cannot be opened; nginx goes on without it. */
function errorLogProblem({ errorLog }: NginxPaths): string | undefined {
  if (errorLog === undefined) return undefined;
  try {
    closeSync(openLog(pathBytes(errorLog)));
    return undefined;
  } catch (error) {
    if (!(error instanceof LogFileError)) throw error;
    return error.message;
  }
}

/** The file of the first error log, to which nginx turns its standard error as well. */
function mainErrorLog({ process: { errorLogs } }: Config): string | undefined {
  const target = errorLogs?.[0]?.target;
  return target?.kind === 'file' ? target.path : undefined;
}

const testProblems = [LogFileError, PidFileError, TlsFileError, ZoneMemoryError];

/** `nginx -t`. Gives whether the config is good. */
function testConfig(
  { configFile }: NginxPaths,
  config: Config | undefined,
  pidFile: PidFile,
  { isQuiet, tell, say }: TestOutput,
): boolean {
  const note = (text: string): void => {
    if (!isQuiet) tell(text);
  };
  const failed = `nginx: configuration file ${configFile} test failed\n`;
  if (config === undefined) {
    tell(failed);
    return false;
  }
  try {
    readTlsFiles(config, hostname(), (message) => say('warn', message));
    note(`nginx: the configuration file ${configFile} syntax is ok\n`);
    openLogs(config, hostname());
    pidFile.test();
    zoneBuffers(config, 1);
  } catch (problem) {
    if (!testProblems.some((each) => problem instanceof each)) throw problem;
    say('emerg', (problem as Error).message);
    tell(failed);
    return false;
  }
  note(`nginx: configuration file ${configFile} test is successful\n`);
  return true;
}

interface TestOutput {
  readonly isQuiet: boolean;
  tell(text: string): void;
  say(level: ErrorLogLevel, message: string): void;
}

/** As nginx says it, and on a line of its own what may be meant. */
function diagnosticText(diagnostic: Diagnostic): string {
  const hint = diagnostic.hint === undefined ? '' : `    ${diagnostic.hint}\n`;
  return `${nginxDiagnosticLine(diagnostic)}\n${hint}`;
}

function thisProcess(): NginxProcess {
  return {
    environment: process.env,
    program: process.argv[1] ?? '',
    async out(text) {
      process.stdout.write(text);
      await written();
    },
    error: (text) => process.stderr.write(text),
  };
}
