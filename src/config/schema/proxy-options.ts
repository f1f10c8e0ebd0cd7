import type { z } from 'zod';
import { nextConditions } from '../../plan/proxy-plan.ts';
import {
  count,
  duration,
  either,
  flag,
  fullText,
  list,
  needed,
  object,
  off,
  oneOf,
  option,
  proxyUrl,
  type Shape,
  size,
  sizeTemplate,
  strict,
  table,
  text,
  timeout,
  wholeNumber,
} from './types.ts';
import { resolver } from './upstream-options.ts';

const ignoreCase = option(flag, 'Whatever its case.', { default: false });

/** A text of an answer, or a pattern of it, with what it becomes. */
function replacementOf(result: Shape): z.ZodType {
  return either(
    'an object with `from` or `pattern`',
    strict({ from: needed(text, 'The text, or where it begins; may have variables.'), ignoreCase, ...result }),
    strict({ pattern: needed(text, 'A pattern; its captures are $1 and so on.'), ignoreCase, ...result }),
  );
}

const replacement = replacementOf({ to: needed(text, 'What comes in its place; may have variables.') });

const tls = object('ProxyTls', 'TLS towards peers.', {
  serverName: option(flag, 'Tells the name that is asked for (SNI).', { nginx: 'proxy_ssl_server_name' }),
  name: option(either('false or a name', off, fullText), 'The name that is asked for and verified.', {
    nginx: 'proxy_ssl_name',
    default: "the URL's host",
  }),
  verify: option(flag, 'Certificates are verified.', {
    nginx: 'proxy_ssl_verify',
    danger: 'Without it whoever is between can read and change everything.',
  }),
  verifyDepth: option(wholeNumber(0, 100), 'How many certificates may lie between.', {
    nginx: 'proxy_ssl_verify_depth',
  }),
  trustedCertificate: option(either('false or a file', off, fullText), 'A file of certificates that are trusted.', {
    nginx: 'proxy_ssl_trusted_certificate',
    default: 'those of the system',
  }),
  crl: option(either('false or a file', off, fullText), 'A file of certificates that are revoked.', {
    nginx: 'proxy_ssl_crl',
  }),
  certificate: option(either('false or a file', off, fullText), "Galley's own certificate.", {
    nginx: 'proxy_ssl_certificate',
  }),
  certificateKey: option(either('false or a file', off, fullText), 'Its key.', {
    nginx: 'proxy_ssl_certificate_key',
  }),
  passwordFile: option(either('false or a file', off, fullText), 'Passwords of the key, one a line.', {
    nginx: 'proxy_ssl_password_file',
  }),
  protocols: option(list(oneOf('TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3')), 'Versions of TLS.', {
    nginx: 'proxy_ssl_protocols',
    default: 'TLSv1.2 and TLSv1.3',
  }),
  ciphers: option(either('false or a text', off, fullText), 'Ciphers, as OpenSSL lists them.', {
    nginx: 'proxy_ssl_ciphers',
  }),
  sessionReuse: option(flag, 'Sessions are used again.', { nginx: 'proxy_ssl_session_reuse' }),
});

const cookies = object('ProxyCookies', 'What becomes of the cookies that peers set.', {
  domains: option(list(replacement), 'Their domains.', { nginx: 'proxy_cookie_domain' }),
  paths: option(list(replacement), 'Their paths.', { nginx: 'proxy_cookie_path' }),
  flags: option(
    list(
      replacementOf({ flags: needed(list(fullText), "'secure', 'nosecure', 'httponly', 'samesite=lax' and so on.") }),
    ),
    'Their flags, by their names.',
    { nginx: 'proxy_cookie_flags' },
  ),
});

/** What a proxy does, beside where it sends requests. */
const settings: Shape = {
  version: option(oneOf('1.0', '1.1', '2'), 'The version of HTTP.', { nginx: 'proxy_http_version' }),
  keepAlive: option(flag, 'Connections are kept for the next request, where the upstream keeps any.', {
    nginx: 'proxy_set_header Connection',
  }),
  host: option(oneOf('client', 'target'), "The host that is named: the client's, or the URL's.", {
    nginx: 'proxy_set_header Host',
  }),
  headers: option(
    table(text),
    "Fields of requests, in place of the client's; an empty text leaves one out. Replaces the outer level's.",
    { nginx: 'proxy_set_header' },
  ),
  forwarded: option(
    either("false, 'x-forwarded' or 'both'", off, oneOf('x-forwarded', 'both')),
    'Tells of the client by X-Forwarded-For and its like, or by Forwarded too.',
  ),
  via: option(flag, 'Adds itself to Via, in both directions.'),
  upgrade: option(flag, 'WebSockets and other upgrades go through.', {
    nginx: 'proxy_set_header Upgrade',
  }),
  passHeaders: option(flag, 'Fields of requests go on.', { nginx: 'proxy_pass_request_headers' }),
  passBody: option(flag, 'Bodies of requests go on.', { nginx: 'proxy_pass_request_body' }),
  method: option(either('false or a method', off, fullText), "In place of the request's.", { nginx: 'proxy_method' }),
  body: option(either('false or a text', off, text), "In place of the request's.", { nginx: 'proxy_set_body' }),
  redirects: option(
    either(
      "true, false or a list of { from, to } and 'default'",
      flag,
      list(either("'default' or { from, to }", oneOf('default'), replacement)),
    ),
    "Redirects of peers lead to this server; true or 'default' puts the location's path for the URL.",
    { nginx: 'proxy_redirect' },
  ),
  cookies: option(cookies, 'What becomes of the cookies that peers set.'),
  hide: option(list(fullText), 'Fields of answers that clients do not get.', { nginx: 'proxy_hide_header' }),
  pass: option(list(fullText), 'Fields that they get although they usually would not, such as X-Accel-Expires.', {
    nginx: 'proxy_pass_header',
  }),
  ignore: option(list(fullText), 'Fields of answers that mean nothing here, such as X-Accel-Redirect.', {
    nginx: 'proxy_ignore_headers',
  }),
  trailers: option(flag, 'Trailers go on, those of answers and those of requests.', { nginx: 'proxy_pass_trailers' }),
  interceptErrors: option(flag, '`errorPages` stand for failures of peers too.', { nginx: 'proxy_intercept_errors' }),
  buffer: option(flag, 'Answers are taken as fast as peers send them, so that slow clients keep none busy.', {
    nginx: 'proxy_buffering',
  }),
  bufferSize: option(size, 'So much of an answer is kept in memory.', { nginx: 'proxy_buffers' }),
  maxTempFileSize: option(size, 'And so much in a file.', { nginx: 'proxy_max_temp_file_size' }),
  maxHeadSize: option(size, 'The largest head of an answer.', { nginx: 'proxy_buffer_size' }),
  bufferRequest: option(flag, 'Bodies of requests are complete before a peer gets anything.', {
    nginx: 'proxy_request_buffering',
  }),
  requestBufferSize: option(size, 'So much of one is kept in memory, the rest in a file.', {
    nginx: 'client_body_buffer_size',
  }),
  tempFolder: option(either('false or a folder', off, fullText), 'The folder of these files.', {
    nginx: 'proxy_temp_path',
    default: "the system's",
  }),
  ignoreClientAbort: option(flag, 'A request goes on where its client has left.', {
    nginx: 'proxy_ignore_client_abort',
  }),
  timeouts: option(
    object('ProxyTimeouts', 'How long peers may take.', {
      connect: option(timeout, 'To take a connection.', { nginx: 'proxy_connect_timeout' }),
      send: option(timeout, 'The longest time in which one takes nothing.', { nginx: 'proxy_send_timeout' }),
      read: option(timeout, 'The longest silence.', { nginx: 'proxy_read_timeout' }),
    }),
    'How long peers may take.',
  ),
  next: option(
    object('ProxyNext', 'When another peer is tried.', {
      on: option(list(oneOf(...nextConditions)), 'For which failures; an empty list for none.', {
        nginx: 'proxy_next_upstream',
        danger: "With 'non_idempotent' an order may be placed twice.",
      }),
      tries: option(count, 'How many attempts there are at most; 0 for any number.', {
        nginx: 'proxy_next_upstream_tries',
      }),
      timeout: option(duration, 'After so long there are no more; 0s for any time.', {
        nginx: 'proxy_next_upstream_timeout',
      }),
    }),
    'When another peer is tried.',
  ),
  bind: option(either('false or an address', off, fullText), 'The local address that connections come from.', {
    nginx: 'proxy_bind',
  }),
  socketKeepAlive: option(flag, 'TCP keepalive.', { nginx: 'proxy_socket_keepalive' }),
  limitRate: option(
    either('false or a size, maybe with variables', off, sizeTemplate, wholeNumber(0, Number.MAX_SAFE_INTEGER)),
    'Bytes per second of one answer that are read.',
    { nginx: 'proxy_limit_rate' },
  ),
  forceRanges: option(flag, 'Ranges also of answers that do not offer them.', { nginx: 'proxy_force_ranges' }),
  proxyProtocol: option(
    either('false, 1 or 2', off, wholeNumber(1, 2)),
    'Tells of the client in the PROXY protocol of this version.',
    { nginx: 'proxy_protocol' },
  ),
  resolver: option(
    either('false or an object', off, resolver),
    'Who tells the addresses of hosts that only variables name.',
    { nginx: 'resolver', default: 'the system' },
  ),
  tls: option(tls, 'TLS towards peers, for https.'),
};

const to = proxyUrl;

/** Who answers in its place. */
export const proxyOptions: Shape = {
  proxy: option(
    either(
      'a URL or an object',
      to,
      object('ReverseProxy', 'Requests go on to other servers.', {
        to: option(
          to,
          "Where to: a URL with a host, or with the name of one of the `upstreams`, or of a socket as 'http://unix:/run/x.sock'; grpc:// and grpcs:// speak HTTP/2. A path in it takes the place of the location's. May have variables.",
          { nginx: 'proxy_pass, grpc_pass' },
        ),
        ...settings,
      }),
    ),
    'Requests go on to another server: a URL, or an object, whose settings inner levels have too. `to` they do not have.',
    { nginx: 'proxy_pass' },
  ),
};

/** What servers inherit of it. */
export const sharedProxyOptions: Shape = {
  proxy: option(object('ProxyDefaults', 'How requests go on to other servers.', settings), 'What proxies inherit.'),
};
