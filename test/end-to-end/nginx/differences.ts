/** In what Galley differs from nginx on purpose, and why. docs/nginx.md shows this table; the tests beside this file name its rows. */
export const differences = {
  'error-pages':
    "Pages for errors are Galley's own: HTML for browsers, a line of text for others, never compressed, and 503 has `Retry-After`. Their number finds a 5xx in the log.",
  'field-names': 'Names of fields are lower-case and in another order. HTTP takes no notice of either.',
  server: '`Server` says `galley`; `server_tokens off` takes the version away.',
  connection: '`Connection: keep-alive` is not sent to HTTP/1.1 clients, for which it is the rule.',
  allow: '405 names the methods that are allowed in `Allow` (RFC 9110 §15.5.6).',
  length:
    'Answers that are at hand have a `Content-Length`, where nginx sends them in chunks: folder listings, for example. HEAD is not told a length of 0.',
  'host-of-target':
    '`GET http://a/` counts as the host `a` everywhere, in `$http_host` too (RFC 9112 §3.2.2), so that no two parts see different hosts.',
  target: 'Targets with a `#` or with bytes that are not ASCII are 400 (RFC 9112 §3.2).',
  'location-escapes':
    'In `Location`, what may not stand in a URL is escaped, a `?` from a decoded path too: a path can never end the field or begin a query.',
  'location-host':
    '`//host/` in a redirect becomes `/host/`: to browsers it would be the name of another host (open redirect).',
  'rewrite-captures':
    'In the query of a `rewrite`, captures of its own pattern are escaped, those with names and `&` and `;` too, so that a path adds no parameters; nginx does so for those with numbers, where the path has a `%` or a `+`. Variables of `set` and captures of a location are put in as they are.',
  'header-injection':
    'A value with a line end or NUL is never sent: `return 302 https://$host$uri` is escaped, `add_header X $uri` becomes 500.',
  'alias-traversal':
    '`location /a { alias /b/; }` with a slash on one side alone is refused when the config is read: `/a../` would leave the folder.',
  'stale-fields':
    'A page of `error_page` does not keep fields of the answer that it stands for, as `Location` or `ETag`; it keeps `WWW-Authenticate`, and the `Content-Range` of 416.',
  'empty-gif': 'The transparent pixel of `empty_gif` is the same picture in other bytes.',
  'method-case': 'Methods in lower case are methods like others that nobody knows (RFC 9110 §9.1); nginx says 400.',
  'gunzip-vary': 'Where the answer depends on `Accept-Encoding`, it says so with `Vary`, for `gunzip` too.',
  'range-fields': '416 gets the fields of its status, so only those of `add_header … always`.',
  'gzip-range':
    'A request for a range of a file that would be compressed gets that range as it is; nginx sends the whole compressed file.',
  'accept-encoding': '`x-gzip` is gzip, and `*` stands for any coding (RFC 9110 §8.4.1.3, §12.5.3).',
  'joined-fields':
    'A field that came several times is one list in `$http_name` and `$upstream_http_name`, as in nginx since 1.23.',
  'request-body':
    'A short body is read before the request is answered, so `$request_body` and `$request_length` know it.',
  'body-size': 'A chunked body that is too large is 413 before anything else is looked at.',
  'password-nul': 'Passwords with NUL are wrong; nginx looks at what stands before it.',
  host: 'A Host field that is no host with an optional port is 400 (RFC 9112 §3.2): `a@b`, `a,b`, `a:b`.',
  'request-line':
    'The request line has exactly one space between its parts and a version of two digits; versions other than 1.x are 505, and HTTP/0.9 is 400.',
  options: '`OPTIONS *` asks what the server can do and gets 204 (RFC 9110 §9.3.7); nginx says 400.',
  connect: '`CONNECT` is 405.',
  'head-size': 'Fields that are too large are 431, not 400.',
  'http2-scheme': 'Requests of HTTP/2 whose `:scheme` is neither `http` nor `https` are 400.',
  'transfer-coding': 'Transfer codings other than `chunked` alone are 400, and the connection is closed.',
  continue: '`100 Continue` is sent only where the body is wanted.',
  expectation: 'Expectations other than `100-continue` are 417.',
  'refused-lines': 'A request that is no HTTP is logged with `-` as its `$request`: what it was is in the error log.',
  control: 'Control characters in fields are 400 (RFC 9110 §5.5).',
  'dates-and-tags':
    'Where a request has entity tags, its dates do not count (RFC 9110 §13.2.2); nginx wants both to hold.',
  'bad-dates': '`If-Unmodified-Since` that is no date is as if it were not there (RFC 9110 §13.1.4).',
  'refused-links':
    'A symbolic link that `disable_symlinks` refuses is 403 on the way to a file too; nginx says 404 there.',
  'listing-conditions': 'Conditions are not looked at for folder listings, which have no date and no entity tag.',
  'no-transform': 'What says `Cache-Control: no-transform` is not compressed (RFC 9110 §7.7).',
  'changed-ranges':
    'Content that is changed on its way (`sub_filter`, `gunzip`) does not say `Accept-Ranges`: no part of it can be asked for.',
  'charset-map':
    '`source_charset` and `charset` recode between all charsets that are known; nginx needs a `charset_map` for each pair.',
  pipe: '`$pipe` is always `.`: Galley does not tell pipelined requests from others.',
  'try-files-alias':
    '`try_files` with `alias` takes the location off fixed paths as off `$uri`; nginx looks for them below the whole path.',
  'refused-pages':
    "A request that is refused before it is understood (400, 414, 431, 505) gets Galley's page and not that of `error_page`.",
  'connection-settings':
    'What concerns connections (`keepalive_timeout`, `real_ip_header` and so on) holds for a server; in a location it is an error or a warning.',
  'slow-patterns':
    'No pattern takes long, whatever a client sends: one that a backtracking engine could be slow with is matched by RE2, and refused when the config is read where RE2 cannot have it either.',
  'upstream-path':
    'Where `proxy_pass` has no URI, the upstream gets the path without dot segments, the one that the location was chosen by: `/open/../admin` leads past no location.',
  'upstream-escapes':
    'What may not stand in a URL is escaped in the target of a request to an upstream, variables of `proxy_pass` too: a path can never end the request line or add a field.',
  'error-page-body': 'Where `error_page` makes a GET of a request, its body is not sent to the upstream of the page.',
  'proxy-field':
    'A field `Proxy` of a client is not passed on: CGI programs behind the upstream would take it for `HTTP_PROXY` (httpoxy).',
  'hop-by-hop':
    'Fields of the connection are not passed on in either direction, neither those that `Connection` names (RFC 9110 §7.6.1) nor `TE`, `Trailer` and the like.',
  interim:
    'Of interim answers of upstreams, `100` is waited for and never passed on, others go to HTTP/1.1 clients; nginx takes any of them for the answer.',
  'kept-head': 'Answers to HEAD are not kept, with `proxy_cache_convert_head off` neither.',
  'intercepted-cache':
    'What `proxy_intercept_errors` puts an error page in place of is not kept by `proxy_cache`, nor a 502 or 504 that is our own.',
  'unbuffered-cache':
    '`proxy_buffering off` does not switch `proxy_cache` off; `X-Accel-Buffering: no` of an answer does, as in nginx.',
  'sent-bytes': '`$body_bytes_sent` is the length of the body, without the framing of chunks.',
  'response-length':
    '`$upstream_response_length` is there for answers too that another one takes the place of; nginx counts what it takes for the client.',
  'cached-variables':
    '`$upstream_http_name` and `$upstream_cookie_name` are of an upstream that was asked, and empty for what comes out of a cache.',
  'connection-close':
    'An HTTP/1.1 upstream is told `Connection: close` where its connection is not kept, whatever `proxy_set_header Connection` says.',
  'upstream-length':
    'The `Content-Length` to an upstream is that of the body which it gets: with `proxy_pass_request_body off` there is none.',
  'tls-misdirected':
    'A request to a host with other rules for certificates of clients than its connection was made under is 421 (RFC 9110 §15.5.20), so that the client makes a connection of its own; nginx says 400 where the connection asked for no name that it knows.',
  'not-tls':
    'What comes to an address with TLS and is neither TLS nor HTTP is closed without an answer; nginx says 400.',
  'server-name-case': '`$ssl_server_name` is in lower case, whatever the client sends.',
  'http2-host': 'A `Host` beside an `:authority` that says the same is taken (RFC 9113 §8.3.1); nginx says 400.',
} as const;

export type DifferenceName = keyof typeof differences;
