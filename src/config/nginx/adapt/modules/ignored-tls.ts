import { argument, choice, flag, type Handler, type Handlers, number, readFlag, size } from '../handlers.ts';
import { parseNumber, parseSize } from '../values.ts';

const nothing = (): object => ({});

/** Directives about TLS, HTTP/2 and HTTP/3 that change nothing. Their values are to be right all the same. */
export const ignoredTlsHandlers: Handlers = {
  ssl_buffer_size: size(nothing),
  ssl_session_cache: (directive, _scope, adaptation) => {
    for (const each of directive.args) {
      const problem = cacheProblem(each.text);
      if (problem !== undefined) adaptation.error(each, problem);
    }
  },
  ssl_early_data: (directive, _scope, adaptation) => {
    if (!readFlag(directive, adaptation)) return;
    adaptation.warn(directive, '"ssl_early_data on" changes nothing', 'clients send again what came too early');
  },
  ssl_ocsp: (directive, scope, adaptation) => {
    choice(['off', 'on', 'leaf'], nothing)(directive, scope, adaptation);
    const { text } = argument(directive, 0);
    if (!/^(?:on|leaf)$/i.test(text)) return;
    adaptation.unsupported(
      directive,
      `Galley does not have "ssl_ocsp ${text}"`,
      'a list of what is revoked: "ssl_crl"',
    );
  },

  http2_recv_buffer_size: size(nothing),
  http2_pool_size: size(nothing),
  http2_body_preread_size: size(nothing),
  http2_chunk_size: size(nothing),
  http2_streams_index_size: number(nothing),
  http2_max_concurrent_pushes: number(nothing),
  http2_max_requests: obsolete('keepalive_requests'),
  http2_max_field_size: obsolete('large_client_header_buffers'),
  http2_max_header_size: obsolete('large_client_header_buffers'),
  http2_recv_timeout: obsolete('client_header_timeout'),
  http2_idle_timeout: obsolete('keepalive_timeout'),
  http3: (directive, _scope, adaptation) => {
    if (readFlag(directive, adaptation) !== false) return;
    adaptation.warn(directive, '"http3 off" changes nothing', 'leave "quic" out of "listen"');
  },
  http3_max_concurrent_streams: number(nothing),
  http3_stream_buffer_size: size(nothing),
  quic_active_connection_id_limit: number(nothing),
  quic_bpf: flag(nothing),
  quic_gso: flag(nothing),
  quic_host_key: () => {},
  quic_retry: flag(nothing),
};

/** Values are not looked at. */
function obsolete(instead: string): Handler {
  return (directive, _scope, adaptation) => {
    const message = `the "${directive.name}" directive is obsolete, use the "${instead}" directive instead`;
    adaptation.warn(directive, message);
  };
}

function cacheProblem(text: string): string | undefined {
  if (/^(?:off|none|builtin)$/.test(text)) return undefined;
  const [, builtin] = /^builtin:(.*)$/s.exec(text) ?? [];
  if (builtin !== undefined && parseNumber(builtin) !== undefined) return undefined;
  const [, bytes] = /^shared:[^:]+:(.*)$/s.exec(text) ?? [];
  const size = bytes === undefined ? undefined : parseSize(bytes);
  if (size === undefined) return `invalid session cache "${text}"`;
  return size < leastCacheSize ? `session cache "${text}" is too small` : undefined;
}

/** nginx's: eight pages. */
const leastCacheSize = 8 * 4096;
