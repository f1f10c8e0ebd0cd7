import { closestName } from '../../core/closest-name.ts';
import type { Settings } from '../../plan/settings.ts';
import type { ServerPlan, SitePlan } from '../../plan/site-plan.ts';
import { usedOnlyAs } from '../../upstream/supervision/upstream-uses.ts';
import { type ProxyUrl, parseHost, parseProxyUrl } from '../proxy-url.ts';
import type { UserConfig } from '../schema/user-config.ts';
import type { ConfigPath, ConfigProblem } from './conversion.ts';
import { nodesOf, valueAt } from './places.ts';

/** The URLs, peers and name servers of a config that are none, and what proxies say that means nothing. */
export function checkProxies(user: UserConfig, plan: Pick<SitePlan, 'servers'>): readonly ConfigProblem[] {
  return [
    ...checkUpstreams(user),
    ...checkHealthChecks(user, plan),
    ...checkNameServers(user),
    ...checkTargets(user),
    ...checkSettings(user),
  ];
}

/** What is wrong with an address, if it is. */
function problemOf(read: () => unknown): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return error.message;
  }
}

function* checkUpstreams(user: UserConfig): Generator<ConfigProblem> {
  for (const [name, { peers, healthCheck }] of Object.entries(user.upstreams ?? {})) {
    const path = ['upstreams', name];
    if (!isUrlHost(name)) {
      const message = `No URL can name the upstream "${name}"`;
      const hint = "use letters, digits, '.', '-' and '_'";
      yield { severity: 'error', path, isName: true, message, hint };
    }
    const isBackup = peers.map((peer) => typeof peer === 'object' && peer.backup === true);
    if (!isBackup.includes(false)) {
      const message = `The upstream "${name}" has no peers${peers.length > 0 ? ' but backups' : ''}: nobody could answer`;
      yield { severity: 'error', path: [...path, 'peers'], message };
    }
    for (const [index, peer] of peers.entries()) {
      const own = [...path, 'peers', index];
      const address = typeof peer === 'string' ? peer : peer.address;
      const place = typeof peer === 'string' ? own : [...own, 'address'];
      const problem = address.startsWith('unix:') ? undefined : problemOf(() => parseHost(address, 80));
      if (problem !== undefined) {
        yield { severity: 'error', path: place, message: `Cannot use the peer "${address}": ${problem}` };
      } else if (typeof peer === 'object' && peer.service !== undefined && !isName(address)) {
        const message = `There are no SRV records for "${address}"`;
        yield { severity: 'error', path: [...own, 'service'], message, hint: 'name a host without a port' };
      }
    }
    if (typeof healthCheck !== 'object') continue;
    for (const [index, status] of (healthCheck.statuses ?? []).entries()) {
      const [from = 0, to = 0] = String(status).split('-').map(Number);
      if (typeof status === 'string' && from > to) {
        const at = [...path, 'healthCheck', 'statuses', index];
        yield { severity: 'error', path: at, message: `The range "${status}" is empty`, hint: `write "${to}-${from}"` };
      }
    }
  }
}

/** Asked in HTTP/1.1, peers that know HTTP/2 alone would be taken for dead. */
function* checkHealthChecks({ upstreams = {} }: UserConfig, plan: Pick<SitePlan, 'servers'>): Generator<ConfigProblem> {
  const overHttp2 = usedOnlyAs(plan, ({ isHttp2 }) => isHttp2);
  for (const [name, { healthCheck }] of Object.entries(upstreams)) {
    if (!overHttp2.has(name) || !healthCheck) continue;
    if (typeof healthCheck === 'object' && healthCheck.kind === 'tcp') continue;
    const message = `The peers of "${name}" are asked in HTTP/2, checks are made in HTTP/1.1: they would be taken for dead`;
    yield { severity: 'error', path: ['upstreams', name, 'healthCheck'], message, hint: "write { kind: 'tcp' }" };
  }
}

/** Whether a URL that a text is the host of leads there and nowhere else. */
function isUrlHost(text: string): boolean {
  const url = `http://${text}`;
  if (problemOf(() => parseProxyUrl(url, String)) !== undefined) return false;
  const { authority, uri } = parseProxyUrl(url, String);
  return uri === undefined && authority.toLowerCase() === text.toLowerCase();
}

/** Neither an address nor with a port. */
function isName(address: string): boolean {
  return !/[:[]|^[\d.]+$/.test(address);
}

function* checkNameServers(user: UserConfig): Generator<ConfigProblem> {
  for (const { path, value } of nodesOf({ upstreams: user.upstreams, ...levelsOf(user) }, [])) {
    if (typeof value !== 'string' || path.at(-2) !== 'servers' || path.at(-3) !== 'resolver') continue;
    const problem = problemOf(() => parseHost(value, 53));
    if (problem === undefined) continue;
    yield { severity: 'error', path, message: `Cannot ask the name server "${value}": ${problem}` };
  }
}

function* checkTargets(user: UserConfig): Generator<ConfigProblem> {
  const upstreams = Object.keys(user.upstreams ?? {});
  for (const { path, value } of targetsOf(user)) {
    if (value.includes('$')) continue;
    const problem = problemOf(() => parseProxyUrl(value, String));
    if (problem !== undefined) {
      yield { severity: 'error', path, message: `Cannot proxy to "${value}": ${problem}` };
      continue;
    }
    const url = parseProxyUrl(value, String);
    yield* checkUpstreamName(url, value, upstreams, path);
    const where = url.uri === undefined ? undefined : withoutOwnPath(user, path);
    if (where !== undefined) {
      const message = `The path of "${value}" cannot take the place of another one ${where}`;
      const hint = `write "${value.slice(0, value.length - (url.uri?.length ?? 0))}", maybe with a rewrite before it`;
      yield { severity: 'error', path, message, hint };
    }
  }
}

/** A host that is not the name of an upstream is looked up. */
function* checkUpstreamName(
  url: ProxyUrl,
  text: string,
  upstreams: readonly string[],
  path: ConfigPath,
): Generator<ConfigProblem> {
  const names = new Map(upstreams.map((name) => [name.toLowerCase(), name]));
  const { address, authority, scheme, uri = '' } = url;
  if (address.kind === 'unix' || names.has(authority.toLowerCase())) return;
  const host = address.host.toLowerCase();
  const meant = names.get(host);
  if (meant !== undefined && !names.has(`${host}:${address.port}`)) {
    const hint = `write "${scheme}://${meant}${uri}"`;
    yield { severity: 'error', path, message: `The peers of the upstream "${meant}" have ports of their own`, hint };
    return;
  }
  const close = host === authority.toLowerCase() ? closestName(host, [...names.keys()]) : undefined;
  if (close === undefined) return;
  const message = `There is no upstream "${authority}": "${text}" leads to a host of that name`;
  yield { severity: 'warning', path, message, hint: `did you mean "${scheme}://${names.get(close)}${uri}"?` };
}

/** Where no path is known that a URL's could take the place of, as in nginx; undefined elsewhere. */
function withoutOwnPath(user: UserConfig, path: ConfigPath): string | undefined {
  const level = path.slice(0, path.lastIndexOf('proxy'));
  if (level.at(-1) === 'settings') return 'in an "if"';
  const location = valueAt(user, [...level, 'path']);
  if (typeof location !== 'string') return 'outside of locations';
  if (location.startsWith('~')) return 'where a pattern is matched';
  return location.startsWith('@') ? 'in a location with a name' : undefined;
}

function* checkSettings(user: UserConfig): Generator<ConfigProblem> {
  for (const { path, value } of nodesOf(levelsOf(user), [])) {
    if (path.at(-1) !== 'proxy' || typeof value !== 'object') continue;
    const { to, tls, headers } = value as { readonly to?: string; readonly tls?: object; readonly headers?: object };
    if (tls !== undefined && to !== undefined && /^http:/i.test(to)) {
      const message = `"tls" means nothing for "${to}"`;
      yield { severity: 'warning', path: [...path, 'tls'], message, hint: `write "https${to.slice(4)}"` };
    }
    for (const [name, text] of Object.entries(headers ?? {})) {
      const place = [...path, 'headers', name];
      if (!/^[!#$%&'*+.^_`|~\w-]+$/.test(name)) {
        yield { severity: 'error', path: place, message: `"${name}" is no name of a field`, isName: true };
      } else if (/[\r\n\0]/.test(String(text))) {
        yield { severity: 'error', path: place, message: `The value of "${name}" cannot have several lines` };
      }
    }
  }
}

function* targetsOf(user: UserConfig): Generator<{ readonly path: ConfigPath; readonly value: string }> {
  for (const { path, value } of nodesOf(levelsOf(user), [])) {
    const [name, around] = [path.at(-1), path.at(-2)];
    if (typeof value !== 'string') continue;
    if (name === 'proxy' || (name === 'to' && around === 'proxy')) yield { path, value };
  }
}

function levelsOf({ defaults, servers }: UserConfig): Pick<UserConfig, 'defaults' | 'servers'> {
  return { ...(defaults ? { defaults } : {}), ...(servers ? { servers } : {}) };
}

/** Whether requests that a server's proxy sends on come back to it: it is where the server listens, and they name the same host. */
export function comesBack({ content, proxy }: Settings, server: ServerPlan, plan: SitePlan): boolean {
  if (content.kind !== 'proxy' || content.target.kind !== 'upstream' || content.target.uri !== undefined) return false;
  if (proxy.host !== 'client' || proxy.setFields.some(({ name }) => name.toLowerCase() === 'host')) return false;
  const { upstream: name, scheme } = content.target;
  if (scheme !== 'http') return false;
  const index = plan.servers.indexOf(server);
  const binds = plan.listeners.filter(({ servers }) => servers.includes(index)).map(({ bind }) => bind);
  const peers = plan.upstreams.find((upstream) => upstream.name === name)?.peers ?? [];
  return peers.some(({ address }) =>
    binds.some((bind) => {
      if (bind.kind === 'unix' || address.kind === 'unix') {
        return bind.kind === 'unix' && address.kind === 'unix' && bind.path === address.path;
      }
      if (bind.port !== address.port || bind.port === 0) return false;
      const isAny = ['0.0.0.0', '::'].includes(bind.host);
      return bind.host === address.host || (isAny && /^(?:127\.[\d.]+|::1|localhost)$/i.test(address.host));
    }),
  );
}
