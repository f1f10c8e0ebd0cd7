import { encodePath, encodeUnsafe, encodeUri } from '../../http/uri.ts';
import type { SiteRequest } from '../site-request.ts';
import type { ResolvedTarget } from './proxy-target.ts';

/**
 * The target of the request to a peer. Without a URI of its own the location passes on what the client sent, but without dot segments:
 * the peer must come to the path that the location was chosen by. `prefix`: what the location matched.
 */
export function requestTarget(request: SiteRequest, { uri, isWholeUri }: ResolvedTarget, prefix: string): string {
  if (uri !== undefined && isWholeUri) return encodeUnsafe(uri);
  if (uri !== undefined && !request.isPrefixGone) {
    return withArgs(encodeUnsafe(uri) + encodeUri(request.uri.slice(prefix.length)), request);
  }
  const { target, path, normalizedPath } = request.exchange.request;
  if (request.isRewritten || request.isPrefixGone) return withArgs(encodePath(request.uri), request);
  return normalizedPath === path ? target : withArgs(normalizedPath, request);
}

function withArgs(path: string, { args }: SiteRequest): string {
  return args === '' ? path : `${path}?${encodeUnsafe(args)}`;
}
