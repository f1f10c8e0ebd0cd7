import { isAbsolute, join, resolve } from 'node:path';
import type { NginxArguments } from './arguments.ts';

/** Where Debian's nginx has its files. */
export const debianPaths = {
  prefix: '/usr/share/nginx',
  configFile: '/etc/nginx/nginx.conf',
  accessLog: '/var/log/nginx/access.log',
  /** `stderr`, or a path. */
  errorLog: 'stderr',
  pidFile: '/run/nginx.pid',
} as const;

/** The files of one `galley nginx`, absolute. */
export interface NginxPaths {
  /** What relative paths of a config are below. */
  readonly prefix: string;
  readonly configFile: string;
  /** Requests are logged there where the config names no log. */
  readonly accessLog: string;
  /** What goes wrong is logged there where the config names no log; undefined for standard error. */
  readonly errorLog: string | undefined;
  /** The one that holds where the config names none. */
  readonly pidFile: string;
}

/** The files that the arguments name, relative ones below the prefix, and Debian's for the rest. */
export function nginxPaths(given: NginxArguments): NginxPaths {
  const prefix = resolve(given.prefix ?? debianPaths.prefix);
  const below = (path: string): string => (isAbsolute(path) ? path : join(prefix, path));
  const errorLog = given.errorLog ?? debianPaths.errorLog;
  return {
    prefix,
    configFile: below(given.configFile ?? debianPaths.configFile),
    accessLog: debianPaths.accessLog,
    errorLog: errorLog === 'stderr' || errorLog === '' ? undefined : below(errorLog),
    pidFile: debianPaths.pidFile,
  };
}
