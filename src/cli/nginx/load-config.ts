import { hostname } from 'node:os';
import { dirname } from 'node:path';
import type { Config } from '../../config/config.ts';
import type { Diagnostic } from '../../config/diagnostic.ts';
import { adaptNginxConf } from '../../config/nginx/adapt/adapt.ts';
import { readNginxConf } from '../../config/nginx/syntax/load.ts';
import type { ReadFile } from '../../config/nginx/syntax/reader.ts';
import type { Directive } from '../../config/nginx/syntax/tree.ts';
import type { NginxArguments } from './arguments.ts';
import type { NginxPaths } from './paths.ts';

/** What an nginx.conf says, and what is wrong with it. */
export interface LoadedNginxConf {
  /** Undefined where there are errors. */
  readonly config: Config | undefined;
  readonly diagnostics: readonly Diagnostic[];
  /** Each file that was read, once, in order. */
  readonly files: readonly ReadFile[];
}

/** Reads nginx.conf with all that it includes, and the directives of `-g`. */
export function loadNginxConf(
  paths: NginxPaths,
  { directives, isLenient: lenient }: Pick<NginxArguments, 'directives' | 'isLenient'>,
): LoadedNginxConf {
  const { prefix, configFile, accessLog } = paths;
  const isRoot = process.getuid?.() === 0;
  const read = readNginxConf(configFile, {
    prefix,
    lenient,
    ...(directives !== undefined && { parameter: directives }),
  });
  const adapted = adaptNginxConf(read.directives, {
    prefix,
    configFolder: dirname(configFile),
    accessLogPath: accessLog,
    hostname: hostname(),
    isRoot,
    lenient,
    files: read.files,
  });
  const diagnostics = [...read.diagnostics, ...adapted.diagnostics, ...(isRoot ? [] : userWarnings(read.directives))];
  const hasErrors = diagnostics.some(({ severity }) => severity === 'error');
  return { config: hasErrors ? undefined : withErrorLog(adapted.config, paths), diagnostics, files: read.files };
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
