import { keyLog } from './proxy.ts';
import { type DirectiveRule, full, http, ignored, later, locations, main, rule, servers } from './rule.ts';

const sessions = ignored('sessions are resumed by tickets, whose keys all front threads have');
const early = ignored('Galley takes nothing that is sent before the handshake is done; clients then send it again');
const clientOcsp = later('OCSP for certificates of clients');
const off = ignored('certificates of clients are checked with "ssl_crl"; an "ssl_ocsp" that is not off is refused');
const buffers = ignored('Galley has buffers of its own');
const records = ignored('Node chooses how long records are');
const push = ignored('Galley pushes nothing, since browsers take nothing that is pushed');
const obsolete = ignored('nginx does not look at it either');
const hq = later('HTTP/0.9 over QUIC');
const quic = ignored('QUIC is left to the runtime, which has settings of its own');

/** TLS, HTTP/2 and HTTP/3. */
export const tlsDirectives: readonly DirectiveRule[] = [
  rule('ssl', servers, 'flag once', full),
  rule('ssl_certificate', servers, '1 many', full),
  rule('ssl_certificate_key', servers, '1 many', full),
  rule('ssl_password_file', servers, '1 once', full),
  rule('ssl_dhparam', servers, '1 once', full),
  rule('ssl_ecdh_curve', servers, '1 once', full),
  rule('ssl_protocols', servers, '1+ many', full),
  rule('ssl_ciphers', servers, '1 once', full),
  rule('ssl_buffer_size', servers, '1 once', records),
  rule('ssl_verify_client', servers, '1 once', full),
  rule('ssl_verify_depth', servers, '1 once', full),
  rule('ssl_client_certificate', servers, '1 once', full),
  rule('ssl_trusted_certificate', servers, '1 once', full),
  rule('ssl_prefer_server_ciphers', servers, 'flag once', full),
  rule('ssl_session_cache', servers, '1-2 many', sessions),
  rule('ssl_session_tickets', servers, 'flag once', full),
  rule('ssl_session_ticket_key', servers, '1 many', full),
  rule('ssl_session_timeout', servers, '1 once', full),
  rule('ssl_crl', servers, '1 once', full),
  rule('ssl_ocsp', servers, '1 once', off),
  rule('ssl_ocsp_responder', servers, '1 once', clientOcsp),
  rule('ssl_ocsp_cache', servers, '1 once', clientOcsp),
  rule('ssl_stapling', servers, 'flag once', full),
  rule('ssl_stapling_file', servers, '1 once', full),
  rule('ssl_stapling_responder', servers, '1 once', full),
  rule('ssl_stapling_verify', servers, 'flag once', full),
  rule('ssl_early_data', servers, 'flag once', early),
  rule('ssl_conf_command', servers, '2 many', full),
  rule('ssl_reject_handshake', servers, 'flag once', full),
  rule('ssl_certificate_cache', servers, '1-3 once', ignored('certificates are read once, and again when they change')),
  rule('ssl_certificate_compression', servers, 'flag once', ignored('certificates are sent as they are')),
  rule('ssl_key_log', servers, '1 once', keyLog),
  rule('ssl_ech_file', servers, '1 many', later('Encrypted ClientHello')),
  rule('http2', servers, 'flag once', full),
  rule('http2_recv_buffer_size', http, '1 once', buffers),
  rule('http2_pool_size', servers, '1 once', buffers),
  rule('http2_max_concurrent_streams', servers, '1 once', full),
  rule('http2_max_concurrent_pushes', servers, '1 once', push),
  rule('http2_max_requests', servers, '1 many', obsolete),
  rule('http2_max_field_size', servers, '1 many', obsolete),
  rule('http2_max_header_size', servers, '1 many', obsolete),
  rule('http2_body_preread_size', servers, '1 once', buffers),
  rule('http2_streams_index_size', servers, '1 once', buffers),
  rule('http2_recv_timeout', servers, '1 many', obsolete),
  rule('http2_idle_timeout', servers, '1 many', obsolete),
  rule('http2_chunk_size', locations, '1 once', ignored('how long frames are follows from what clients take')),
  rule('http2_push_preload', locations, 'flag once', push),
  rule('http2_push', locations, '1 many', push),
  rule('http3', servers, 'flag once', ignored('`listen … quic` says it')),
  rule('http3_hq', servers, 'flag once', hq),
  rule('http3_max_concurrent_streams', servers, '1 once', quic),
  rule('http3_stream_buffer_size', servers, '1 once', quic),
  rule('quic_active_connection_id_limit', servers, '1 once', quic),
  rule('quic_bpf', main, 'flag once', quic),
  rule('quic_gso', servers, 'flag once', quic),
  rule('quic_host_key', servers, '1 once', quic),
  rule('quic_retry', servers, 'flag once', quic),
];
