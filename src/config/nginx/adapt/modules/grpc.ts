import type { ProxySettings, ProxyTarget, ProxyTls } from '../../../../plan/proxy-plan.ts';
import type { ServerBlock } from '../../../config.ts';
import type { Directive } from '../../syntax/tree.ts';
import type { Adaptation } from '../adaptation.ts';
import { argument, type Handler, type Handlers } from '../handlers.ts';
import { nginxDefaults } from '../nginx-defaults.ts';
import { mergeBlocks, type Scope } from '../scope.ts';
import { parseUpstreamUrl } from '../upstream-url.ts';
import { proxyHandlers } from './proxy.ts';
import { hostOf } from './proxy-pass.ts';
import { proxySslHandlers } from './proxy-ssl.ts';
import { upstreamFor } from './upstream.ts';

/** Directives of the proxy that gRPC has as well. */
const shared = [
  'bind',
  'socket_keepalive',
  'connect_timeout',
  'send_timeout',
  'read_timeout',
  'intercept_errors',
  'buffer_size',
  'next_upstream',
  'next_upstream_tries',
  'next_upstream_timeout',
  'set_header',
  'pass_header',
  'hide_header',
  'ignore_headers',
] as const;

const handlersOfProxy: Handlers = { ...proxyHandlers, ...proxySslHandlers };
const names = [...shared, ...Object.keys(proxySslHandlers).map((name) => name.slice('proxy_'.length))];

/** nginx's gRPC module: a proxy with settings of its own, which do not mix with those of `proxy_pass`. */
export const grpcHandlers: Handlers = {
  ...Object.fromEntries(names.map((name) => [`grpc_${name}`, ofGrpc(handlersOfProxy[`proxy_${name}`])])),
  grpc_pass: (directive, scope, adaptation) => {
    const target = readTarget(directive, adaptation);
    scope.said.set(directive.name, directive.at);
    if (target) scope.set({ content: { kind: 'proxy', target } });
  },
};

function ofGrpc(handler: Handler | undefined): Handler {
  return (directive, scope, adaptation) => handler?.(directive, scope.grpc, adaptation);
}

function readTarget(directive: Directive, adaptation: Adaptation): ProxyTarget | undefined {
  const place = argument(directive, 0);
  const [prefix = ''] = /^grpcs?:\/\//i.exec(place.text) ?? [];
  const scheme = prefix.length === 'grpcs://'.length ? 'https' : 'http';
  const rest = place.text.slice(prefix.length);
  if (rest.includes('$')) return { kind: 'template', url: `${scheme}://${adaptation.template(rest, place)}` };
  const url = parseUpstreamUrl(rest, { defaultPort: 0, takesUri: false });
  if ('problem' in url) return adaptation.error(place, `${url.problem} in upstream "${rest}"`);
  const { address, host } = url;
  const isNamed = address.kind === 'unix' || adaptation.upstreamNames.has(host.toLowerCase());
  if (!isNamed && url.port === undefined) {
    return adaptation.error(directive, `no port in upstream "${host}"`, `write "${host}:50051", or another port`);
  }
  const upstream = upstreamFor(url, directive, adaptation);
  if (upstream === undefined) return undefined;
  return { kind: 'upstream', scheme, upstream, uri: undefined, ...hostOf(url, scheme === 'https' ? 443 : 80) };
}

/**
 * The block of a location: where it has `grpc_pass`, with the settings for gRPC in place of those of the proxy. They are filled in when all
 * has been read, since what is around may be said behind the location.
 */
export function blockWithGrpc(scope: Scope, adaptation: Adaptation): ServerBlock {
  const { block, said } = scope;
  if (!said.has('grpc_pass')) return block;
  // Those are of no proxy, but of all.
  const { resolver, requestBufferSize } = block.proxy ?? {};
  const proxy: Partial<ProxySettings> = {
    ...(resolver && { resolver }),
    ...(requestBufferSize !== undefined && { requestBufferSize }),
  };
  const proxyTls: Partial<ProxyTls> = {};
  adaptation.later(() => {
    const defaults = nginxDefaults(adaptation.context);
    const { requestBufferSize: _, ...own } = defaults.proxy ?? {};
    const outermost: ServerBlock = { proxy: { ...own, ...calls }, proxyTls: { ...noTlsFiles, ...defaults.proxyTls } };
    const settings = mergeBlocks(outermost, scope.inheritedGrpc);
    Object.assign(proxy, settings.proxy);
    Object.assign(proxyTls, settings.proxyTls);
  });
  return { ...block, proxy, proxyTls, cache: { cache: false } };
}

/** Calls go on for long, in both directions, and tell their status in a trailer. */
const calls: Partial<ProxySettings> = {
  httpVersion: '2',
  keepsConnections: true,
  buffers: false,
  buffersRequest: false,
  passesTrailers: true,
  redirects: [],
  method: undefined,
  body: undefined,
  bind: undefined,
  limitRate: undefined,
};

const noTlsFiles: Partial<ProxyTls> = {
  name: undefined,
  trustedCertificate: undefined,
  crl: undefined,
  certificate: undefined,
  certificateKey: undefined,
  passwordFile: undefined,
  ciphers: undefined,
};
