import type { Config } from '../../config/config.ts';
import type { Diagnostic } from '../../config/diagnostic.ts';
import { loadNginxConf } from '../../config/nginx/load-nginx-conf.ts';
import type { ReadFile } from '../../config/nginx/syntax/reader.ts';
import type { Directive } from '../../config/nginx/syntax/tree.ts';
import type { NginxArguments } from './arguments.ts';
import type { NginxPaths } from './paths.ts';

/** What the nginx.conf of a command line says, and what is wrong with it. */
export interface LoadedConfig {
  /** Undefined where there are errors. */
  readonly config: Config | undefined;
  readonly diagnostics: readonly Diagnostic[];
  readonly files: readonly ReadFile[];
}

/** Reads the config that the arguments name, and the directives of `-g`. */
export function loadConfig(
  paths: NginxPaths,
  { directives: parameter, isLenient: lenient }: Pick<NginxArguments, 'directives' | 'isLenient'>,
): LoadedConfig {
  const { prefix, configFile, accessLog: accessLogPath } = paths;
  const { config, directives, files, ...read } = loadNginxConf(configFile, {
    prefix,
    lenient,
    parameter,
    accessLogPath,
  });
  const warnings = process.getuid?.() === 0 ? [] : userWarnings(directives);
  const hasErrors = read.diagnostics.some(({ severity }) => severity === 'error');
  const diagnostics = [...read.diagnostics, ...warnings];
  return { config: hasErrors ? undefined : withErrorLog(config, paths), diagnostics, files };
}

/** Where an nginx.conf names no error log, nginx writes to that of `-e`. */
function withErrorLog(config: Config, { errorLog }: NginxPaths): Config {
  if (config.process.errorLogs !== undefined) return config;
  const target = errorLog === undefined ? ({ kind: 'stderr' } as const) : ({ kind: 'file', path: errorLog } as const);
  return { ...config, process: { ...config.process, errorLogs: [{ target, level: 'error' }] } };
}

function userWarnings(directives: readonly Directive[]): Diagnostic[] {
  const message =
    'the "user" directive makes sense only if the master process runs with super-user privileges, ignored';
  return directives
    .filter(({ name }) => name === 'user')
    .map(({ at, endLine }) => ({ severity: 'warning', message, at, nginxLine: endLine }));
}
