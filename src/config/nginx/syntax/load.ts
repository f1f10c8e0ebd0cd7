import type { Diagnostic } from '../../diagnostic.ts';
import { type FileSystem, fileSystem } from './file-system.ts';
import { absolute, ConfigReader, includeFolder, type ReadFile } from './reader.ts';
import type { Directive } from './tree.ts';

export interface ReadOptions {
  /** What a relative path of the main file is relative to; absolute. */
  readonly prefix: string;
  /** Directives of `-g`, which come before those of the file. */
  readonly parameter?: string;
  /** What Galley does not have is a warning and is dropped. */
  readonly lenient?: boolean;
  readonly fileSystem?: FileSystem;
}

export interface NginxConf {
  /** Those of `-g` come first; what was wrong is left out. */
  readonly directives: readonly Directive[];
  /** In the order in which nginx would meet them; it would stop at the first error. */
  readonly diagnostics: readonly Diagnostic[];
  /** Each file that was read, once, in order. */
  readonly files: readonly ReadFile[];
}

/** Reads nginx.conf and what it includes, and checks each directive's name, place and number of arguments. Throws nothing. */
export function readNginxConf(path: string, options: ReadOptions): NginxConf {
  const main = absolute(path, options.prefix);
  const reader = new ConfigReader(options.fileSystem ?? fileSystem, includeFolder(main), options.lenient ?? false);
  const parameter = options.parameter === undefined ? [] : reader.readParameter(options.parameter);
  const directives = [...parameter, ...reader.readFile(main)];
  return { directives, diagnostics: reader.diagnostics, files: reader.files };
}
