import { hostname } from 'node:os';
import { appOptionsOf } from '../config/app-options.ts';
import type { Config } from '../config/config.ts';
import { resolve } from '../config/resolve.ts';
import type { Serving } from '../server/serving.ts';

/** How long requests may take to end where a config says nothing, in milliseconds. */
export const gracefulTimeoutMs = 30_000;

/** What a config asks for and does not get. */
export function notesOf({ process: { user } }: Config): readonly string[] {
  if (!user || user.name === 'root' || process.getuid?.() !== 0) return [];
  return [`the user "${user.name}" of the config is not taken on: Galley and its apps go on as root`];
}

/** What a config says is to be served. `folder`: what its relative paths are below. */
export function servingOf(config: Config, folder: string, cpus: number): Serving {
  const { process: own, apps } = config;
  const environment = Object.entries(own.environment ?? {}).flatMap(([name, value = process.env[name]]) => {
    return value === undefined ? [] : [[name, value] as const];
  });
  const context = {
    folder,
    cpus,
    gracefulTimeoutMs: own.gracefulTimeoutMs ?? gracefulTimeoutMs,
    environment: Object.fromEntries(environment),
  };
  return {
    site: resolve(config, { hostname: hostname() }),
    apps: Object.entries(apps).map(([name, app]) => appOptionsOf(name, app, context)),
  };
}
