import { hostname } from 'node:os';
import { appOptionsOf } from '../config/app-options.ts';
import type { Config } from '../config/config.ts';
import { resolve } from '../config/resolve.ts';
import { openFilesLimit } from '../server/most-connections.ts';
import type { Serving } from '../server/serving.ts';

/** How long requests may take to end where a config says nothing, in milliseconds. */
export const gracefulTimeoutMs = 30_000;

/** What a config asks for and does not get. `limit`: how many files this process may have open, which it cannot raise. */
export function notesOf({ process: own }: Config, limit: number = openFilesLimit()): readonly string[] {
  const { user, openFiles = 0 } = own;
  const notes: string[] = [];
  if (user && user.name !== 'root' && process.getuid?.() === 0) {
    notes.push(`the user "${user.name}" of the config is not taken on: Galley and its apps go on as root`);
  }
  if (openFiles > limit) {
    notes.push(
      `the config asks for ${openFiles} open files and the limit in force is ${limit}: raise it where Galley is started (ulimit -n, LimitNOFILE= of systemd)`,
    );
  }
  return notes;
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
    process: own,
  };
}
