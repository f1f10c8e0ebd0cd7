import type { Handlers } from './handlers.ts';
import { accessHandlers } from './modules/access.ts';
import { acmeHandlers } from './modules/acme.ts';
import { appHandlers } from './modules/app.ts';
import { fileHandlers } from './modules/files.ts';
import { filterHandlers } from './modules/filters.ts';
import { grpcHandlers } from './modules/grpc.ts';
import { gzipHandlers } from './modules/gzip.ts';
import { headerHandlers } from './modules/headers.ts';
import { healthCheckHandlers } from './modules/health-check.ts';
import { httpCoreHandlers } from './modules/http-core.ts';
import { http2Handlers } from './modules/http2.ts';
import { ignoredHandlers } from './modules/ignored.ts';
import { limitHandlers } from './modules/limits.ts';
import { linkHandlers } from './modules/links.ts';
import { listenHandlers } from './modules/listen.ts';
import { locationHandlers } from './modules/location.ts';
import { logHandlers } from './modules/log.ts';
import { mainHandlers } from './modules/main.ts';
import { proxyHandlers } from './modules/proxy.ts';
import { proxyCacheHandlers } from './modules/proxy-cache.ts';
import { proxyRewriteHandlers } from './modules/proxy-rewrites.ts';
import { proxySslHandlers } from './modules/proxy-ssl.ts';
import { realIpHandlers } from './modules/real-ip.ts';
import { resolverHandlers } from './modules/resolver.ts';
import { rewriteHandlers } from './modules/rewrite.ts';
import { serverHandlers } from './modules/server.ts';
import { sslHandlers } from './modules/ssl.ts';
import { upstreamHandlers } from './modules/upstream.ts';
import { userIdHandlers } from './modules/user-id.ts';
import { variableHandlers } from './modules/variables.ts';

/** What each directive means, and what is to be right of those that Galley ignores. */
export const handlers: Handlers = {
  ...mainHandlers,
  ...serverHandlers,
  ...listenHandlers,
  ...sslHandlers,
  ...http2Handlers,
  ...acmeHandlers,
  ...locationHandlers,
  ...httpCoreHandlers,
  ...fileHandlers,
  ...rewriteHandlers,
  ...variableHandlers,
  ...logHandlers,
  ...accessHandlers,
  ...limitHandlers,
  ...linkHandlers,
  ...headerHandlers,
  ...gzipHandlers,
  ...filterHandlers,
  ...realIpHandlers,
  ...userIdHandlers,
  ...appHandlers,
  ...upstreamHandlers,
  ...proxyHandlers,
  ...proxyRewriteHandlers,
  ...proxySslHandlers,
  ...proxyCacheHandlers,
  ...healthCheckHandlers,
  ...resolverHandlers,
  ...grpcHandlers,
  ...ignoredHandlers,
};
