import type { AddedField } from '../../plan/settings.ts';
import type { IssuerPlan } from '../../plan/tls-plan.ts';
import { addressText } from '../address.ts';
import type { Listen, LocationConfig, ServerBlock, ServerConfig } from '../config.ts';
import type { Defaults, Location, Server } from '../schema/user-config.ts';
import { given, picked } from '../typed/conversion.ts';
import { locationPathText } from '../typed/rules.ts';
import { durationText, sizeText } from '../units.ts';
import { userRules } from './user-rules.ts';
import { userSettings } from './user-settings.ts';
import { userTls } from './user-tls.ts';

export function userServer(server: ServerConfig, outer: readonly AddedField[], issuers: readonly IssuerPlan[]): Server {
  const fields = server.headers ?? outer;
  return {
    listen: server.listen.map(userListen),
    ...(server.names.length > 0 ? { hosts: server.names } : {}),
    ...given(server.tls, (tls) => ({ tls: userTls(tls, server, issuers) })),
    ...userServerFields(server),
    ...userSettings(server, outer),
    ...userRules(server.rules, fields),
    ...(server.locations.length > 0 ? { locations: server.locations.map((each) => userLocation(each, fields)) } : {}),
  };
}

/** What servers alone have. */
export function userServerFields({ connection, mergeSlashes, realIp, http2 }: ServerBlock): Omit<Defaults, 'tls'> {
  return {
    ...given(connection, (each) => ({
      connection: {
        ...given(each.headTimeoutMs, (ms) => ({ headTimeout: durationText(ms) })),
        ...given(each.sendTimeoutMs, (ms) => ({ sendTimeout: durationText(ms) })),
        ...given(each.keepAliveMs, (ms) => ({ keepAlive: durationText(ms) })),
        ...picked(each, ['keepAliveRequests']),
        ...given(each.keepAliveTimeMs, (ms) => ({ keepAliveTime: durationText(ms) })),
        ...given(each.maxHeadSize, (size) => ({ maxHeadSize: sizeText(size) })),
        ...given(each.maxFieldSize, (size) => ({ maxFieldSize: sizeText(size) })),
        ...picked(each, ['maxFieldCount']),
        ...given(each.maxTargetSize, (size) => ({ maxTargetSize: sizeText(size) })),
        ...picked(each, ['maxStreams', 'underscoresInHeaders']),
      },
    })),
    ...given(mergeSlashes, (each) => ({ mergeSlashes: each })),
    ...given(http2, (each) => ({ http2: each })),
    ...given(realIp, (each) => ({ realIp: each })),
  };
}

function userListen({ bind, isDefault, takesProxyProtocol, ...others }: Listen): Server['listen'][number] {
  const address = addressText(bind);
  if (!isDefault && !takesProxyProtocol && Object.keys(others).length === 0) return address;
  const flags = { ...(isDefault ? { default: true } : {}), ...(takesProxyProtocol ? { proxyProtocol: true } : {}) };
  return { address, ...flags, ...others };
}

function userLocation(location: LocationConfig, outer: readonly AddedField[]): Location {
  const { match, root, rules, locations } = location;
  const fields = location.headers ?? outer;
  const files = root?.isAlias ? filesText(root.path, match) : undefined;
  const { root: other, ...settings } = userSettings(location, outer);
  return {
    path: locationPathText(match),
    ...(files === undefined ? given(other, (each) => ({ root: each })) : { files }),
    ...settings,
    ...userRules(rules, fields),
    ...(locations.length > 0 ? { locations: locations.map((each) => userLocation(each, fields)) } : {}),
  };
}

/** What `files` says for an alias; undefined where it cannot say it: both end with a slash, or neither does and it is one path. */
function filesText(path: string, match: LocationConfig['match']): string | undefined {
  if (match.kind === 'regex') return path;
  const isFolder = match.kind !== 'named' && match.path.endsWith('/');
  if (isFolder) return path.endsWith('/') && path !== '/' ? path.slice(0, -1) : undefined;
  return match.kind === 'exact' ? path : undefined;
}
