import { closestName } from '../../core/closest-name.ts';
import type { LocationPlan } from '../../plan/location-plan.ts';
import type { Settings } from '../../plan/settings.ts';
import type { ServerPlan, SitePlan } from '../../plan/site-plan.ts';
import type { Block, Config, LocationConfig, ServerConfig } from '../config.ts';
import { bindKey } from '../listeners.ts';
import { resolve } from '../resolve.ts';
import type { UserConfig } from '../schema/user-config.ts';
import { checkCaches } from './check-caches.ts';
import { checkCompiled } from './check-compiled.ts';
import { checkNetworks } from './check-networks.ts';
import { checkOrigins } from './check-origins.ts';
import { checkProxies, comesBack } from './check-proxies.ts';
import { checkTexts } from './check-texts.ts';
import { checkTls } from './check-tls.ts';
import type { ConfigPath, ConfigProblem } from './conversion.ts';
import { valueAt } from './places.ts';
import { locationPathText } from './rules.ts';

/** Formats that exist without a config that makes them. */
const ownFormats: readonly string[] = ['galley', 'galley-json', 'combined'];

/** What is wrong with a config whose every value is right by itself: names of what does not exist, and what contradicts itself. */
export function checkConfig(user: UserConfig, config: Config): readonly ConfigProblem[] {
  const plan = resolve(config, { hostname: '' });
  const check = new Check(user, config, plan);
  check.run();
  const problems = [
    ...check.problems,
    ...checkTexts(user),
    ...checkNetworks(user),
    ...checkOrigins(user),
    ...checkProxies(user, plan),
    ...checkCaches(user, config),
    ...checkTls(user, config, plan),
  ];
  const isWrong = problems.some(({ severity }) => severity === 'error');
  return isWrong ? problems : [...problems, ...checkCompiled(user, plan)];
}

class Check {
  readonly problems: ConfigProblem[] = [];
  readonly #user: UserConfig;
  readonly #plan: SitePlan;
  readonly #config: Config;
  readonly #folders: readonly { readonly name: string; readonly path: string }[];

  constructor(user: UserConfig, config: Config, plan: SitePlan) {
    this.#plan = plan;
    this.#user = user;
    this.#config = config;
    this.#folders = Object.entries(config.apps).flatMap(([name, { directory }]) =>
      directory === undefined ? [] : [{ name, path: directory }],
    );
  }

  run(): void {
    const { defaults, servers } = this.#config;
    this.#block(defaults, [], ['defaults']);
    if (servers.length === 0) this.#tell('warning', [], 'There are no servers: nothing is served', 'add "servers"');
    this.#addresses();
    for (const [index, server] of servers.entries()) {
      const path = ['servers', index];
      const named = server.locations.flatMap(({ match }) => (match.kind === 'named' ? [match.name] : []));
      this.#block(server, named, path);
      const made = this.#plan.servers[index];
      if (!made) continue;
      this.#settings(server, made.settings, made, path);
      this.#locations(server, made, made, named, path);
    }
  }

  #tell(severity: ConfigProblem['severity'], path: ConfigPath, message: string, hint?: string): void {
    this.problems.push({ severity, path, message, ...(hint === undefined ? {} : { hint }) });
  }

  #missing(what: string, name: string, names: readonly string[], path: ConfigPath): void {
    if (names.includes(name)) return;
    const close = closestName(name, names);
    this.#tell('error', path, `There is no ${what} "${name}"`, close && `did you mean "${close}"?`);
  }

  /** Names of what is elsewhere in the config. */
  #block(block: Block, named: readonly string[], path: ConfigPath): void {
    const { apps, requestZones, connectionZones, logFormats, caches } = this.#config;
    if (block.content?.kind === 'app') this.#missing('app', block.content.app, Object.keys(apps), [...path, 'app']);
    for (const { zone } of block.limitRequests ?? [])
      this.#missing('zone', zone, namesOf(requestZones), [...path, 'rateLimit']);
    for (const { zone } of block.limitConnections ?? []) {
      this.#missing('zone', zone, namesOf(connectionZones), [...path, 'connectionLimit']);
    }
    for (const { format } of block.accessLogs ?? []) {
      this.#missing('log format', format, [...ownFormats, ...namesOf(logFormats)], [...path, 'accessLog']);
    }
    const cache = block.cache?.cache;
    if (cache) this.#missing('cache', cache, namesOf(caches), [...path, 'cache']);
    if (path[0] === 'defaults') return;
    const fallback = block.tryFiles?.fallback;
    if (fallback?.kind === 'named') this.#missing('location', fallback.name, named, [...path, 'tryFiles']);
    if (fallback?.kind === 'status' && fallback.status < 200) {
      this.#tell(
        'error',
        [...path, 'tryFiles'],
        `The status ${fallback.status} ends no answer: it takes one from 200 on`,
      );
    }
    for (const { target } of block.errorPages ?? []) {
      if (target.startsWith('@')) this.#missing('location', target, named, [...path, 'errorPages']);
    }
  }

  /** What shows only with what is inherited. It is told where it is said. */
  #settings(block: Block, settings: Settings, server: ServerPlan, path: ConfigPath): void {
    if (comesBack(settings, server, this.#plan)) {
      const message = 'The proxy leads to this server itself: requests would go round in a circle';
      this.#tell('warning', [...path, 'proxy'], message, 'name another port');
    }
    const { certificate, certificateKey } = settings.proxyTls;
    if (block.proxyTls !== undefined && (certificate === undefined) !== (certificateKey === undefined)) {
      const [there, missing] =
        certificate === undefined ? ['certificateKey', 'certificate'] : ['certificate', 'certificateKey'];
      this.#tell('error', [...path, 'proxy', 'tls'], `There is "${there}" without "${missing}"`, `add "${missing}"`);
    }
    if (block.basicAuth !== undefined && settings.basicAuth?.userFile === '') {
      this.#tell('error', [...path, 'basicAuth'], 'There is no file of users: nobody could come in', 'add "userFile"');
    }
    const { root } = block;
    if (root === undefined || root.path.includes('$')) return;
    const inside = this.#folders.find(({ path: folder }) => `${folder}/`.startsWith(root.path.replace(/\/*$/, '/')));
    if (inside && settings.content.kind === 'files') {
      this.#tell(
        'warning',
        [...path, valueAt(this.#user, [...path, 'files']) === undefined ? 'root' : 'files'],
        `Everybody can read the code of the app "${inside.name}": it is below "${root.path}"`,
        'serve a folder that holds nothing but public files',
      );
    }
  }

  #locations(
    around: ServerConfig | LocationConfig,
    plan: ServerPlan | LocationPlan,
    server: ServerPlan,
    named: readonly string[],
    path: ConfigPath,
  ): void {
    const seen = new Set<string>();
    for (const [index, location] of around.locations.entries()) {
      const own = [...path, 'locations', index];
      const text = locationPathText(location.match);
      if (seen.has(text)) this.#tell('error', [...own, 'path'], `The location "${text}" is there twice`);
      seen.add(text);
      if ('match' in around) this.#nesting(location, around, [...own, 'path']);
      this.#alias(location, own);
      this.#block(location, named, own);
      const made = plan.locations[index];
      if (!made) continue;
      this.#settings(location, made.settings, server, own);
      this.#locations(location, made, server, named, own);
    }
  }

  /** `/off../secret` must not become `/public/../secret`. */
  #alias({ match, root }: LocationConfig, path: ConfigPath): void {
    if (!root?.isAlias || match.kind !== 'prefix' || match.path.endsWith('/') || !root.path.endsWith('/')) return;
    const message = `"${match.path}" also stands for "${match.path}..", which leads out of "${root.path}"`;
    this.#tell('error', [...path, 'root'], message, `write "${match.path}/" for the path`);
  }

  #nesting({ match }: LocationConfig, { match: around }: LocationConfig, path: ConfigPath): void {
    const outer = locationPathText(around);
    if (around.kind === 'exact' || around.kind === 'named') {
      this.#tell('error', path, `There can be no location inside of "${outer}"`);
    } else if (match.kind === 'named') {
      this.#tell('error', path, `The location "${match.name}" can be inside of a server only`);
    } else if (around.kind === 'prefix' && match.kind !== 'regex' && !match.path.startsWith(around.path)) {
      this.#tell(
        'error',
        path,
        `The location "${locationPathText(match)}" is never reached: it is outside of "${outer}"`,
      );
    }
  }

  /** Who listens where, and for which hosts. */
  #addresses(): void {
    const hosts = new Set<string>();
    const standards = new Set<string>();
    const fallbacks = new Map(this.#plan.listeners.map((each) => [bindKey(each.bind), each.defaultServer]));
    for (const [index, { listen, names }] of this.#config.servers.entries()) {
      const own = new Set<string>();
      for (const [number, { bind, isDefault }] of listen.entries()) {
        const key = bindKey(bind);
        const path = ['servers', index, 'listen', number];
        if (own.has(key)) this.#tell('error', path, `The server listens on ${key} twice`);
        if (isDefault && standards.has(key)) this.#tell('error', path, `Another server is the default one of ${key}`);
        if (isDefault) standards.add(key);
        if (own.has(key)) continue;
        own.add(key);
        if (names.length === 0 && !isDefault && fallbacks.get(key) !== index) {
          const message = `Another server is the default one of ${key}, and this one is for no hosts: it is never asked`;
          this.#tell('warning', path, message, 'add "hosts"');
        }
        for (const [place, name] of names.entries()) {
          const host = `${name.toLowerCase()} on ${key}`;
          if (hosts.has(host))
            this.#tell(
              'warning',
              ['servers', index, 'hosts', place],
              `Another server is for ${host}: this one is never asked`,
            );
          hosts.add(host);
        }
      }
    }
  }
}

function namesOf(values: readonly { readonly name: string }[]): readonly string[] {
  return values.map(({ name }) => name);
}
