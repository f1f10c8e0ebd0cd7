import { encodePath } from '../../http/uri.ts';
import type { Template } from '../../plan/site-plan.ts';
import type { CompileContext } from '../compile-context.ts';
import { requestTarget } from '../proxy/request-target.ts';
import type { SiteRequest } from '../site-request.ts';
import { proxyTargetOf } from '../variables/built-in/upstream.ts';

/** What the answer to a request is kept under. */
export type KeyOf = (request: SiteRequest) => string;

/**
 * Stands behind the URL, in front of a location's name and of a scope. No target has it, so that no client's request has the key of one that was
 * sent elsewhere.
 */
export const keyMark = '#';

export interface KeyOptions {
  /** Tells servers apart to which the same host may come; '' for none. */
  readonly scope: string;
  /** The URL is that of the upstream. */
  readonly isByTarget: boolean;
}

/** `template`: undefined for the URL. Throws PlanError. */
export function compileKey(
  template: Template | undefined,
  compile: CompileContext,
  { scope, isByTarget }: KeyOptions,
): KeyOf {
  if (template === undefined) {
    const byUrl: KeyOf = scope === '' ? urlKey : (request) => `${urlKey(request)}${keyMark}${scope}`;
    return isByTarget ? (request) => (request.location.proxyTarget ? targetKey(request) : byUrl(request)) : byUrl;
  }
  const compiled = compile.template(template);
  return (request) => compiled.evaluate(request);
}

/**
 * The URL as an upstream sees it: with the client's host and port, and without dot segments. What a request became by a rewrite, an internal
 * redirect or as a subrequest has its path and query of now, and the location that it came to: others may see what is there.
 */
function urlKey(request: SiteRequest): string {
  const { exchange, args } = request;
  const { target, path, query, normalizedPath } = exchange.request;
  const origin = originOf(exchange.connection.scheme, request.header('host'));
  if (isSentElsewhere(request)) {
    return `${origin}${withQuery(encodePath(request.uri), args)}${keyMark}${request.location.name}`;
  }
  return origin + (normalizedPath === path ? target : withQuery(normalizedPath, query));
}

/** nginx's default: what the upstream is asked for, whatever the client's request was. */
function targetKey(request: SiteRequest): string {
  const { location, exchange } = request;
  const target = proxyTargetOf(request);
  if (!target) return '';
  return `${exchange.connection.scheme}${target.host}${requestTarget(request, target, location.prefix)}`;
}

/** Whether it is not what a client asked for any more. */
export function isSentElsewhere({ parent, isInternal, isRewritten }: SiteRequest): boolean {
  return isInternal || isRewritten || parent !== undefined;
}

/** Without a host the upstream is told another one than by any that a client can send. */
function originOf(scheme: 'http' | 'https', host: string | undefined): string {
  if (host === undefined) return `${scheme}:`;
  const name = host.toLowerCase();
  const port = scheme === 'http' ? ':80' : ':443';
  return `${scheme}://${name.endsWith(port) ? name.slice(0, -port.length) : name}`;
}

function withQuery(path: string, query: string): string {
  return query === '' ? path : `${path}?${query}`;
}
