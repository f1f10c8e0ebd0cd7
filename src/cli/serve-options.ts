import { statSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import type { Config } from '../config/config.ts';
import { diagnosticsText } from '../config/diagnostic-text.ts';
import { appSite, folderSite, proxySite } from '../config/one-site.ts';
import type { ServeOptions } from '../server/options.ts';
import { type Serving, ServingError } from '../server/serving.ts';
import { currentCpus, frontThreadsOf } from './cpus.ts';
import { testReread } from './reread-process.ts';
import type { ServeCommand, Source } from './serve-command.ts';
import { gracefulTimeoutMs, notesOf, servingOf } from './serving-of.ts';

/** What a server is to do, by the command line and the config that it names. Throws ServingError for what is wrong with that. */
export async function serveOptions(command: ServeCommand): Promise<ServeOptions> {
  const { source, binds, accessLog, proxies, tls } = command;
  switch (source.kind) {
    case 'app': {
      const { app } = source;
      const site = appSite(app.name, binds, accessLog, hostname(), proxies, tls);
      return { ...optionsOf(command), title: app.target, serving: { site, apps: [app] } };
    }
    case 'folder': {
      checkFolder(source.path);
      const site = folderSite(source.path, binds, accessLog, hostname(), proxies, tls);
      return { ...optionsOf(command), title: source.path, serving: { site, apps: [] } };
    }
    case 'proxy': {
      const site = proxySite(source.url, binds, accessLog, hostname(), proxies, tls);
      return {
        ...optionsOf(command),
        title: `${source.url.scheme}://${source.url.authority}`,
        serving: { site, apps: [] },
      };
    }
    case 'config':
      return configOptions(command, source);
  }
}

/** Where there is no config. */
function optionsOf({
  source,
  binds,
  accessLog,
  proxies,
  tls,
  ...rest
}: ServeCommand): Omit<ServeOptions, 'title' | 'serving'> {
  return {
    ...rest,
    reread: undefined,
    frontThreads: rest.frontThreads ?? 1,
    maxConnections: undefined,
    errorLogs: [],
  };
}

/** Throws ServingError. */
function checkFolder(path: string): void {
  const facts = statSync(path, { throwIfNoEntry: false });
  if (facts?.isDirectory()) return;
  throw new ServingError(`galley: Cannot serve "${path}": ${facts ? 'it is no folder' : 'there is no such folder'}`);
}

async function configOptions(
  command: ServeCommand,
  source: Extract<Source, { kind: 'config' }>,
): Promise<ServeOptions> {
  // What reads configs is large, and an app alone needs none of it.
  const { readConfig } = await import('../config/read-config.ts');
  const cpus = currentCpus();
  const folder = dirname(source.path);
  const read = async (): Promise<Config> => {
    const { config, diagnostics } = await readConfig(source.path, { lenient: source.isLenient });
    if (!config) throw new ServingError(diagnosticsText(diagnostics));
    if (diagnostics.length > 0) process.stderr.write(`${diagnosticsText(diagnostics)}\n`);
    return config;
  };
  const config = await read();
  const { process: own } = config;
  return {
    ...optionsOf(command),
    title: source.path,
    serving: servingOf(config, folder, cpus),
    reread: async (): Promise<Serving> => {
      const next = await read();
      testReread(next.process);
      return servingOf(next, folder, cpus);
    },
    notes: [...command.notes, ...notesOf(config)],
    areBindsDefault: false,
    trustedPeers: 'site',
    frontThreads: command.frontThreads ?? frontThreadsOf(own.frontThreads ?? 'auto', cpus),
    maxConnections: own.maxConnections,
    gracefulTimeoutMs: own.gracefulTimeoutMs ?? gracefulTimeoutMs,
    errorLogs: own.errorLogs ?? [],
  };
}
