import type { ProxyTarget } from '../../../../plan/proxy-plan.ts';
import type { Directive } from '../../syntax/tree.ts';
import type { Adaptation } from '../adaptation.ts';
import { argument, type Handler } from '../handlers.ts';
import type { Scope } from '../scope.ts';
import { parseUpstreamUrl, type UpstreamUrl } from '../upstream-url.ts';
import { upstreamFor } from './upstream.ts';

export const proxyPass: Handler = (directive, scope, adaptation) => {
  const target = readTarget(directive, scope, adaptation);
  if (target) scope.set({ content: { kind: 'proxy', target } });
};

const schemes = { 'http://': 'http', 'https://': 'https' } as const;
const defaultPorts = { http: 80, https: 443 } as const;

function readTarget(directive: Directive, scope: Scope, adaptation: Adaptation): ProxyTarget | undefined {
  const place = argument(directive, 0);
  if (place.text.includes('$')) return { kind: 'template', url: adaptation.template(place.text, place) };
  const [prefix = ''] = /^https?:\/\//i.exec(place.text) ?? [];
  const scheme = schemes[prefix.toLowerCase() as keyof typeof schemes];
  if (scheme === undefined) return adaptation.error(place, 'invalid URL prefix');
  const defaultPort = defaultPorts[scheme];
  const rest = place.text.slice(prefix.length);
  const url = parseUpstreamUrl(rest, { defaultPort, takesUri: true });
  if ('problem' in url) return adaptation.error(place, `${url.problem} in upstream "${rest}"`);
  const upstream = upstreamFor(url, directive, adaptation);
  if (upstream === undefined) return undefined;
  if (url.uri !== '' && scope.match?.kind !== 'exact' && scope.match?.kind !== 'prefix') {
    return adaptation.error(directive, noUri);
  }
  return { kind: 'upstream', scheme, upstream, uri: uriOf(url.uri), ...hostOf(url, defaultPort) };
}

const noUri =
  '"proxy_pass" cannot have URI part in location given by regular expression, or inside named location, ' +
  'or inside "if" statement, or inside "limit_except" block';

function uriOf(uri: string): string | undefined {
  if (uri === '') return undefined;
  return uri.startsWith('?') ? `/${uri}` : uri;
}

/** `$proxy_host` and `$proxy_port`. */
export function hostOf(
  { address, host, port }: UpstreamUrl,
  defaultPort: number,
): { readonly host: string; readonly port: string } {
  if (address.kind === 'unix') return { host: 'localhost', port: '' };
  const isDefault = port === undefined || port === defaultPort;
  return { host: isDefault ? host : `${host}:${port}`, port: String(port ?? defaultPort) };
}
