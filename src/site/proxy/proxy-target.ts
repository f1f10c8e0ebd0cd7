import { PeerError } from '../../core/errors.ts';
import type { ProxyTarget } from '../../plan/proxy-plan.ts';
import type { Settings } from '../../plan/settings.ts';
import type { ConnectionProfile } from '../../upstream/transport.ts';
import type { Upstream } from '../../upstream/upstream.ts';
import type { Upstreams } from '../../upstream/upstreams.ts';
import type { CompileContext } from '../compile-context.ts';
import type { SiteRequest } from '../site-request.ts';
import type { ConnectionProfiles } from './connection-profiles.ts';

/** Where one request goes. Texts in latin-1. */
export interface ResolvedTarget {
  readonly scheme: 'http' | 'https';
  /** nginx's `$proxy_host`. */
  readonly host: string;
  /** nginx's `$proxy_port`. */
  readonly port: string;
  /** What stands behind the host, with a slash in front; undefined where nothing does. */
  readonly uri: string | undefined;
  /** The URI is the request's as it is, and not what replaces the location's path. */
  readonly isWholeUri: boolean;
  /** The name for TLS: the host without its port. */
  readonly name: string;
  readonly profile: ConnectionProfile;
  /** Undefined where none is configured, which is a target that cannot be asked. */
  readonly upstream: Upstream | undefined | (() => Upstream | Promise<Upstream>);
}

/** Where the requests of a location go. */
export interface CompiledTarget {
  /** The upstream of all requests; undefined where each names one, and where there is none. */
  readonly upstream: Upstream | undefined;
  /** Throws PeerError for a URL that is none. */
  resolve(request: SiteRequest): ResolvedTarget;
}

const url =
  /^(https?|grpcs?):\/\/(?:unix:([^:]*)(?::(.*))?|(\[[\da-fA-F:.]+\]|[^:/?#[\]]+)(?::(\d{1,5}))?([/?].*)?)$/is;
const defaultPorts = { http: '80', https: '443' } as const;

/** Throws PlanError. */
export function compileTarget(
  target: ProxyTarget,
  settings: Settings,
  context: CompileContext,
  upstreams: Upstreams,
  profiles: ConnectionProfiles,
): CompiledTarget {
  if (target.kind === 'upstream') {
    const { scheme, upstream: name, uri, host, port } = target;
    const resolved: ResolvedTarget = {
      scheme,
      host: latin1(host),
      port,
      uri: uri === undefined ? undefined : latin1(uri),
      isWholeUri: false,
      name: latin1(nameOf(host)),
      profile: profiles.get(settings, scheme),
      upstream: upstreams.get(name),
    };
    return { upstream: upstreams.get(name), resolve: () => resolved };
  }
  const template = context.template(target.url);
  const { resolver } = settings.proxy;
  const profileOf = { http: profiles.get(settings, 'http'), https: profiles.get(settings, 'https') };
  const resolve = (request: SiteRequest): ResolvedTarget => {
    const text = template.evaluate(request);
    const parts = url.exec(text);
    if (!parts) {
      request.log('error', `invalid URL prefix in "${text}"`);
      throw new PeerError('internal-error', `Cannot send the request to ${JSON.stringify(text)}: it is no http URL`);
    }
    const [, given = '', path, socketUri, host = 'localhost', portText, rest] = parts;
    const scheme = given.toLowerCase().endsWith('s') ? 'https' : 'http';
    const uri = path === undefined ? rest : socketUri;
    const common = {
      scheme,
      uri: uri?.startsWith('?') ? `/${uri}` : uri || undefined,
      isWholeUri: true,
      profile: profileOf[scheme],
    } as const;
    if (path !== undefined) {
      const atSocket = (): Upstream => upstreams.get(`unix:${path}`) ?? upstreams.atSocket(path);
      return { ...common, host: 'localhost', port: '', name: 'localhost', upstream: atSocket };
    }
    const port = portText ?? defaultPorts[scheme];
    const name = host.replace(/^\[|\]$/g, '');
    const known = portText === undefined ? upstreams.get(host) : undefined;
    return {
      ...common,
      host: port === defaultPorts[scheme] ? host : `${host}:${port}`,
      port,
      name,
      upstream: known ?? (() => upstreams.get(`${host}:${port}`) ?? upstreams.at(name, Number(port), resolver)),
    };
  };
  return { upstream: undefined, resolve };
}

function nameOf(host: string): string {
  return host.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
}

function latin1(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}
