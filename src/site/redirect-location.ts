import { encodeUnsafe } from '../http/uri.ts';
import { plainHost } from './routing/server-names.ts';
import type { SiteRequest } from './site-request.ts';

const defaultPorts = { http: 80, https: 443 } as const;

/**
 * The `location` field of a redirect. What may not stand in a URL is escaped, so that nothing of a request can end the field; a
 * path becomes a URL where the settings say so, and never one without a scheme, which would name another host.
 */
export function locationField(request: SiteRequest, location: string): string {
  const url = encodeUnsafe(location);
  if (!url.startsWith('/')) return url;
  const { settings } = request.location;
  const path = url.replace(/^\/{2,}/, '/');
  if (!settings.absoluteRedirects) return path;
  const { scheme, server } = request.exchange.connection;
  const host = settings.serverNameInRedirects
    ? request.server.name
    : plainHost(request.header('host') ?? '') || request.server.name;
  const isPortNamed = settings.portInRedirects && server.port !== 0 && server.port !== defaultPorts[scheme];
  return `${scheme}://${host || server.address}${isPortNamed ? `:${server.port}` : ''}${path}`;
}
