import {
  type ConnectionTimeouts,
  connectionTimeouts,
  type Http2Limits,
  type HttpLimits,
  http2Limits,
  httpLimits,
} from '../core/limits.ts';

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
  /** Each begins with a handshake; see TlsHosts. */
  readonly tls: boolean;
  /** A client without TLS may begin with HTTP/2 (RFC 9113 §3.3). */
  readonly http2: boolean;
  readonly http2Limits: Http2Limits;
  /** HTTP/3 is served on the same port of UDP, by this front. */
  readonly http3: boolean;
}

export const listenerSettings: ListenerSettings = {
  limits: httpLimits,
  timeouts: connectionTimeouts,
  keepAliveRequests: Number.POSITIVE_INFINITY, // nginx 1000, to free memory that we do not keep for each connection
  keepAliveTimeMs: Number.POSITIVE_INFINITY, // nginx 1h
  takesProxyProtocol: false,
  tls: false,
  http2: true,
  http2Limits,
  http3: false,
};
