import { type ConnectionTimeouts, connectionTimeouts, type HttpLimits, httpLimits } from '../core/limits.ts';

/** What holds for the connections of one listening socket. */
export interface ListenerSettings {
  readonly limits: HttpLimits;
  readonly timeouts: ConnectionTimeouts;
  /** Requests that one connection may make. */
  readonly keepAliveRequests: number;
  /** How long one connection may be kept in all, in milliseconds. */
  readonly keepAliveTimeMs: number;
  /** Each begins with a header of the PROXY protocol. */
  readonly takesProxyProtocol: boolean;
}

export const listenerSettings: ListenerSettings = {
  limits: httpLimits,
  timeouts: connectionTimeouts,
  keepAliveRequests: Number.POSITIVE_INFINITY, // nginx 1000, to free memory that we do not keep for each connection
  keepAliveTimeMs: Number.POSITIVE_INFINITY, // nginx 1h
  takesProxyProtocol: false,
};
