import { hostname } from 'node:os';
import { dirname } from 'node:path';
import type { Config } from '../config.ts';
import type { Diagnostic } from '../diagnostic.ts';
import { adaptNginxConf } from './adapt/adapt.ts';
import { readNginxConf } from './syntax/load.ts';
import type { ReadFile } from './syntax/reader.ts';
import { inReadingOrder } from './syntax/reading-order.ts';
import type { Directive } from './syntax/tree.ts';

/** How an nginx.conf is read. */
export interface NginxConfOptions {
  /** nginx's `-p`. Absolute. */
  readonly prefix: string;
  /** What Galley does not have is left out with a warning, in place of an error. */
  readonly lenient: boolean;
  /** nginx's `-g`. */
  readonly parameter?: string | undefined;
  /** Where requests are logged to if nothing says it; standard output where it is left out. */
  readonly accessLogPath?: string;
}

/** What an nginx.conf says, and what is wrong with it. */
export interface LoadedNginxConf {
  /** To be used only where there are no errors. */
  readonly config: Config;
  /** In the order in which nginx would come to them. */
  readonly diagnostics: readonly Diagnostic[];
  readonly directives: readonly Directive[];
  /** Each file that was read, once, in order. */
  readonly files: readonly ReadFile[];
}

/** Reads an nginx.conf, absolute, with all that it includes. Throws nothing. */
export function loadNginxConf(file: string, options: NginxConfOptions): LoadedNginxConf {
  const { prefix, lenient, parameter, accessLogPath } = options;
  const read = readNginxConf(file, { prefix, lenient, ...(parameter !== undefined && { parameter }) });
  const { directives, files } = read;
  const { config, diagnostics } = adaptNginxConf(directives, {
    prefix,
    configFolder: dirname(file),
    hostname: hostname(),
    isRoot: process.getuid?.() === 0,
    lenient,
    files,
    ...(accessLogPath !== undefined && { accessLogPath }),
  });
  return { config, diagnostics: inReadingOrder([...read.diagnostics, ...diagnostics], files), directives, files };
}
