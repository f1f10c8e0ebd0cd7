import { proxyUrlText } from '../config/proxy-url.ts';
import type { SitePlan } from '../plan/site-plan.ts';
import type { AppRunner } from '../server/app-runner.ts';
import type { ServeOptions } from '../server/options.ts';
import type { RunningServer } from '../server/running-server.ts';
import { version } from '../server/version.ts';
import { interfaceNames } from './interface-names.ts';
import { pythonName } from './python-name.ts';
import { tlsLines, trustLines } from './tls-lines.ts';

/** What the terminal shows when the server listens, `startedMs` milliseconds after the program began. */
export function banner({ title, reread, serving }: ServeOptions, server: RunningServer, startedMs: number): string {
  const proxies = reread ? [] : proxyLines(serving.site);
  const isFolder = server.apps.length === 0 && !proxies.some(({ path }) => path === '/');
  const name = reread ? 'Config' : isFolder ? 'Folder' : undefined;
  const source = name ? [`  ${name}   ${title}`] : [];
  const lines = [
    ...source,
    ...server.apps.flatMap(appLines),
    ...proxies.map(({ text }) => text),
    `  Address  ${addressesOf(serving.site, server).join('  ')}`,
    ...tlsLines(serving.site),
  ];
  const trust = trustLines(serving.site);
  const until = server.apps.map(untilText).find((text) => text !== '') ?? '';
  return `Galley ${version}\n\n${lines.join('\n')}\n${trust}\nReady in ${Math.round(startedMs)} ms${until}. Ctrl-C stops it.\n`;
}

/** A certificate for development is for `localhost`, whichever address of this machine stands for it. */
function addressesOf({ servers, issuers }: SitePlan, { addresses }: RunningServer): readonly string[] {
  const development = new Set(issuers.flatMap(({ kind, name }) => (kind === 'dev' ? [name] : [])));
  const isForLocalhost = servers.some(
    ({ tls }) => tls?.managed && development.has(tls.managed.issuer) && tls.managed.names.includes('localhost'),
  );
  if (!isForLocalhost) return addresses;
  return addresses.map((each) => each.replace(/^(https:\/\/)(?:127\.0\.0\.1|0\.0\.0\.0):/, '$1localhost:'));
}

/** What goes on to which other server. */
function proxyLines({ servers }: SitePlan): readonly { readonly path: string; readonly text: string }[] {
  const locations = servers.flatMap((server) => server.locations);
  const exact = new Set(locations.flatMap(({ match }) => (match.kind === 'exact' ? [`${match.path}/`] : [])));
  return locations.flatMap(({ match, settings: { content } }) => {
    if (content.kind !== 'proxy' || (match.kind !== 'exact' && match.kind !== 'prefix')) return [];
    const { path } = match;
    if (match.kind === 'prefix' && exact.has(path)) return [];
    return [{ path, text: `  Proxy    ${path} to ${proxyUrlText(content.target)}` }];
  });
}

function appLines(app: AppRunner): readonly string[] {
  const { loaded, python, options } = app;
  const { name, target, directory } = options;
  const state = loaded ? interfaceNames[loaded.interface] : app.isRestarting ? 'starting' : 'not running';
  const title = name === target ? target : `${name}: ${target}`;
  return [
    `  App      ${title}, ${state}, in ${directory}`,
    `  Python   ${loaded ? pythonName(loaded) : python.path}, ${python.origin}`,
    `  Workers  ${workersText(app)}`,
  ];
}

function untilText({ loaded, isRestarting }: AppRunner): string {
  if (loaded) return '';
  return isRestarting ? '; the app is starting' : '; the app starts when a change has been saved';
}

function workersText({ loaded, options, supervisor }: AppRunner): string {
  if (!loaded) return 'none yet';
  const threads = loaded.interface === 'wsgi' ? `, ${options.threads} threads each` : '';
  const how = loaded.preloaded ? 'forked with the app imported' : 'each imports the app';
  return `${supervisor.workerPids.length}${threads}, ${how}`;
}
