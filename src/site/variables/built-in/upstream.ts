import { PeerError } from '../../../core/errors.ts';
import type { ResolvedTarget } from '../../proxy/proxy-target.ts';
import type { ToldAttempt } from '../../proxy/upstream-attempts.ts';
import type { SiteRequest } from '../../site-request.ts';
import type { BuiltIns } from './built-in.ts';

/** What became of a request at upstreams, and where it goes. */
export const upstreamVariables: BuiltIns = {
  proxy_host: (request) => proxyTargetOf(request)?.host,
  proxy_port: (request) => proxyTargetOf(request)?.port,
  slice_range: ({ sliceRange }) => sliceRange,
  upstream_addr: attempted((attempt) => attempt.address),
  upstream_bytes_received: attempted((attempt) => String(attempt.receivedBytes)),
  upstream_bytes_sent: attempted((attempt) => String(attempt.sentBytes)),
  upstream_cache_status: ({ cacheStatus }) => cacheStatus,
  upstream_connect_time: attempted((attempt) => seconds(attempt.connectMs)),
  upstream_header_time: attempted((attempt) => seconds(attempt.headMs)),
  upstream_response_length: attempted((attempt) => String(attempt.contentBytes)),
  upstream_response_time: attempted((attempt) => seconds(attempt.elapsedMs)),
  upstream_status: attempted(({ status }) => (status === undefined ? undefined : String(status))),
};

/** Where a request's location sends it; undefined where it is no proxy, and where what names the upstream is no URL. */
export function proxyTargetOf(request: SiteRequest): ResolvedTarget | undefined {
  try {
    return request.location.proxyTarget?.resolve(request);
  } catch (error) {
    if (error instanceof PeerError) return undefined;
    throw error;
  }
}

function attempted(of: (attempt: ToldAttempt) => string | undefined): (request: SiteRequest) => string | undefined {
  return ({ attempts }) => attempts?.text(of);
}

function seconds(milliseconds: number | undefined): string | undefined {
  return milliseconds === undefined ? undefined : (milliseconds / 1000).toFixed(3);
}
