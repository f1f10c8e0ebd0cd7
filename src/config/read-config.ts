import { dirname, resolve } from 'node:path';
import type { Config } from './config.ts';
import type { Diagnostic } from './diagnostic.ts';
import { loadConfig } from './load/load.ts';
import { loadNginxConf } from './nginx/load-nginx-conf.ts';

/** A config, and all that is wrong with it. */
export interface ReadConfig {
  /** Undefined where there are errors. */
  readonly config: Config | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

export interface ReadConfigOptions {
  /** What Galley does not have of nginx is a warning in place of an error. */
  readonly lenient?: boolean;
}

/**
 * Reads a config by its name: an nginx.conf where it ends with `.conf`, else a typed one. Relative paths of both start from the
 * file's folder. Throws nothing.
 */
export async function readConfig(path: string, { lenient = false }: ReadConfigOptions = {}): Promise<ReadConfig> {
  const file = resolve(path);
  const { config, diagnostics } = file.endsWith('.conf')
    ? loadNginxConf(file, { prefix: dirname(file), lenient })
    : await loadConfig(file);
  const isWrong = diagnostics.some(({ severity }) => severity === 'error');
  return { config: isWrong ? undefined : config, diagnostics };
}
