import type { Compared } from './comparison.ts';
import { compareProxiesWithNginx, type ProxyPiece } from './proxy-comparison.ts';

const statuses = [
  200, 201, 202, 203, 205, 207, 226, 300, 301, 302, 303, 307, 308, 400, 401, 403, 404, 405, 409, 410, 418, 421, 429,
  451, 499, 500, 501, 502, 503, 504, 507, 520, 599,
];
const redirects = [
  'root',
  'base',
  'upper',
  'other',
  'relative',
  'with-port',
  'secure',
  'scheme',
  'space',
  'exact',
  'short',
];

/** Which of the locations below change a redirect to the upstream. */
const isChanged: ReadonlySet<string> = new Set(['u', 'n', 'd', 's', 'r', 'm', 'v', 'e', 'h', 'ar', 'x']);

const pieces: readonly ProxyPiece[] = [
  {
    name: 'statuses',
    server: 'location / { proxy_pass http://UPSTREAM0; }',
    requests: [...statuses, 204, 304].flatMap((status) => [`/?answer=${status}`, `HEAD /?answer=${status}`]),
  },
  {
    name: 'framings',
    server:
      'location / { proxy_pass http://UPSTREAM0; } location /new/ { proxy_http_version 1.1; proxy_pass http://UPSTREAM0; } location /stream/ { proxy_http_version 1.1; proxy_buffering off; proxy_pass http://UPSTREAM0; }',
    requests: ['/', '/new/', '/stream/'].flatMap((path): Compared[] => [
      ...['', ' HTTP/1.0'].map((version): Compared => [`${path}?answer=continue${version}`, 'interim', 200]),
      ...[
        'no-length',
        'old-version',
        'old-with-length',
        'chunked',
        'empty',
        'no-reason',
        'reason',
        'accepts',
        'text',
        'more-than-length',
      ].flatMap((name) => [`${path}?answer=${name}`, `HEAD ${path}?answer=${name}`, `${path}?answer=${name} HTTP/1.0`]),
      ...['close', 'reset', 'half-head', 'long-field'].map((name) => `${path}?answer=${name}`),
    ]),
  },
  {
    name: 'fields',
    server: `location / { proxy_pass http://UPSTREAM0; } location /hide/ { proxy_hide_header X-Powered-By; proxy_hide_header set-cookie; proxy_pass http://UPSTREAM0; } location /pass/ { proxy_pass_header Server; proxy_pass_header Date; proxy_pass_header X-Accel-Note; proxy_pass_header X-Accel-Expires; proxy_pass http://UPSTREAM0; }
      location /add/ { add_header X-Own o; add_header X-Up "$upstream_http_x_from|$upstream_status|$sent_http_content_type"; proxy_pass http://UPSTREAM0; } location /always/ { add_header X-Always a always; proxy_pass http://UPSTREAM0; } location /type/ { default_type x/y; types { } proxy_pass http://UPSTREAM0; }
      location /charset/ { charset utf-8; proxy_pass http://UPSTREAM0; } location /over/ { charset koi8-r; override_charset on; proxy_pass http://UPSTREAM0; } location /expires/ { expires 1h; proxy_pass http://UPSTREAM0; } location /noexp/ { expires -1; proxy_pass http://UPSTREAM0; }
      location /vars/ { add_header X-C "$upstream_cookie_a|$upstream_cookie_c|$upstream_http_x_many|$upstream_http_set_cookie" always; proxy_pass http://UPSTREAM0; } location /etag/ { etag off; if_modified_since off; proxy_pass http://UPSTREAM0; }`,
    requests: [
      ...[
        'own',
        'many-fields',
        'cookies',
        'cookie-empty',
        'no-type',
        'accel-charset',
        'accel-expires',
        'accel-no-buffering',
        'accel-rate',
      ].map((name) => `/?answer=${name}`),
      '/hide/?answer=own',
      '/hide/?answer=cookies',
      '/pass/?answer=own',
      '/pass/?answer=accel-expires',
      ...['own', '404', 'tagged', '204', '201', '302'].flatMap((name) => [
        `/add/?answer=${name}`,
        `/always/?answer=${name}`,
      ]),
      ...['no-type', 'html', 'text', 'html-utf8', 'accel-charset'].flatMap((name) => [
        `/type/?answer=${name}`,
        `/charset/?answer=${name}`,
      ]),
      ...['no-type', 'html', 'text'].map((name) => `/over/?answer=${name}`),
      ...['html-utf8', 'accel-charset'].map((name): Compared => [`/over/?answer=${name}`, 'charset-map', 200]),
      ...['own', '404', 'max-age', 'many-fields', '302'].flatMap((name) => [
        `/expires/?answer=${name}`,
        `/noexp/?answer=${name}`,
      ]),
      ['/vars/?answer=cookies', 'joined-fields', 200],
      ['/vars/?answer=many-fields', 'joined-fields', 200],
      ['/?answer=hop', 'hop-by-hop', 200],
      '/etag/?answer=tagged | If-None-Match: "tag"',
      '/?answer=challenge',
      ['/?answer=early', 'interim', 200],
      ['/?answer=early HTTP/1.0', 'interim', 200],
    ],
  },
  {
    name: 'conditions and ranges',
    server: `location / { proxy_pass http://UPSTREAM0; } location /force/ { proxy_force_ranges on; proxy_pass http://UPSTREAM0; } location /gzip/ { gzip on; gzip_proxied any; gzip_types text/plain; proxy_pass http://UPSTREAM0; } location /gunzip/ { gunzip on; proxy_pass http://UPSTREAM0; }
      location /sub/ { sub_filter one ONE; sub_filter_once off; proxy_pass http://UPSTREAM0; } location /vary/ { gzip on; gzip_vary on; proxy_pass http://UPSTREAM0; } location /after/ { add_after_body /after; proxy_pass http://UPSTREAM0; } location /after { return 200 after; }`,
    requests: [
      ...['tagged', 'weak-tagged', 'accepts', 'text', 'digits'].flatMap((name) => [
        `/?answer=${name} | If-None-Match: "tag"`,
        `/?answer=${name} | If-Modified-Since: Tue, 05 Mar 2024 06:07:08 GMT`,
        `/?answer=${name} | Range: bytes=0-4`,
        `/?answer=${name} | Range: bytes=0-4,10-11`,
        `/?answer=${name} | Range: bytes=500-`,
        `/?answer=${name} | If-Match: "other"`,
      ]),
      '/?answer=weak-tagged | If-None-Match: W/"weak"',
      '/?answer=partial | Range: bytes=0-2',
      '/?answer=accepts | Range: bytes=0-4 | If-Range: "tag"',
      '/?answer=accepts | Range: bytes=0-4 | If-Range: "other"',
      ...['digits', 'accepts', 'partial', '404'].flatMap((name) => [
        `/force/?answer=${name} | Range: bytes=2-3`,
        `/force/?answer=${name} | Range: bytes=0-0,-2`,
      ]),
      '/force/?answer=tagged | If-None-Match: "tag"',
      ...['html', 'text', 'gzip', 'weak-tagged', 'html-utf8', '404', 'many-fields'].flatMap((name) => [
        `HEAD /gzip/?answer=${name} | Accept-Encoding: gzip`,
        `HEAD /vary/?answer=${name} | Accept-Encoding: gzip`,
        `HEAD /vary/?answer=${name}`,
      ]),
      '/gzip/?answer=html',
      '/gunzip/?answer=gzip',
      '/gunzip/?answer=gzip | Accept-Encoding: gzip',
      ...['html', 'text', 'gzip', 'html-utf8', 'chunked'].map((name) => `/sub/?answer=${name}`),
      '/after/?answer=html',
      '/after/?answer=text',
    ],
  },
  {
    name: 'redirects',
    http: 'upstream backend { server UPSTREAM0; }',
    server: `location /u/ { proxy_pass http://backend/base/; } location /n/ { proxy_pass http://backend; } location /off/ { proxy_redirect off; proxy_pass http://backend/base/; } location /d/ { proxy_pass http://backend/base/; proxy_redirect default; }
      location /s/ { proxy_redirect http://backend/ /s/; proxy_pass http://backend; } location /r/ { proxy_redirect ~^http://([^/]+)/(.*)$ http://$host/$1/$2; proxy_pass http://backend; } location /i/ { proxy_redirect ~*^HTTP://BACKEND /i; proxy_pass http://backend; }
      location /m/ { proxy_pass http://backend/base/; proxy_redirect http://other.example/ /o/; proxy_redirect default; proxy_redirect / /slash/; } location /v/ { proxy_redirect http://$proxy_host/ http://$host:$server_port/; proxy_pass http://backend; } location /e/ { proxy_redirect http://backend ""; proxy_pass http://backend; }
      location /h/ { proxy_redirect http:// https://; proxy_pass http://backend; } location /ar/ { absolute_redirect off; proxy_redirect http://backend/ /; proxy_pass http://backend; } location ~ ^/x/ { proxy_pass http://backend; }`,
    requests: ['u', 'n', 'off', 'd', 's', 'r', 'i', 'm', 'v', 'e', 'h', 'ar', 'x'].flatMap((each) => [
      ...redirects.map((to): Compared => {
        const line = `/${each}/?answer=to-${to}`;
        return to === 'space' && isChanged.has(each) ? [line, 'location-escapes', 302] : line;
      }),
      ...['base', 'other', 'root'].map((to) => `/${each}/?answer=refresh-${to}`),
    ]),
  },
  {
    name: 'cookies',
    server: `location /d/ { proxy_cookie_domain one.example new.example; proxy_pass http://UPSTREAM0; } location /d2/ { proxy_cookie_domain two.example $host; proxy_cookie_domain one.example off.example; proxy_pass http://UPSTREAM0; } location /dr/ { proxy_cookie_domain ~\\.?([a-z]+)\\.example$ $1.org; proxy_pass http://UPSTREAM0; }
      location /p/ { proxy_cookie_path /app/ /; proxy_pass http://UPSTREAM0; } location /pr/ { proxy_cookie_path ~^/([a-z]+)/?(.*)$ /new/$1-$2; proxy_pass http://UPSTREAM0; } location /ps/ { proxy_cookie_path / "/; Secure; SameSite=strict"; proxy_pass http://UPSTREAM0; } location /pi/ { proxy_cookie_path ~*^/APP /x; proxy_pass http://UPSTREAM0; }
      location /f/ { proxy_cookie_flags a secure samesite=lax; proxy_cookie_flags ~^[bc]$ httponly; proxy_cookie_flags d nosecure nosamesite; proxy_pass http://UPSTREAM0; } location /fo/ { proxy_cookie_flags ~ secure httponly samesite=strict; proxy_pass http://UPSTREAM0; } location /fn/ { proxy_cookie_flags a nohttponly; proxy_cookie_flags d samesite=none; proxy_pass http://UPSTREAM0; }
      location /all/ { proxy_cookie_domain one.example x.example; proxy_cookie_path /app/ /y/; proxy_cookie_flags a secure; proxy_pass http://UPSTREAM0; } location /off/ { proxy_cookie_path off; proxy_cookie_domain off; proxy_cookie_flags off; proxy_pass http://UPSTREAM0; }`,
    requests: ['d', 'd2', 'dr', 'p', 'pr', 'ps', 'pi', 'f', 'fo', 'fn', 'all', 'off'].flatMap((each) => [
      `/${each}/?answer=cookies`,
      `/${each}/?answer=cookie-empty`,
    ]),
  },
  {
    name: 'errors that are intercepted',
    server: `root FOLDER/www; error_page 404 /errors/404.html; location / { proxy_pass http://UPSTREAM0; } location /i/ { proxy_intercept_errors on; proxy_pass http://UPSTREAM0; } location /i2/ { proxy_intercept_errors on; error_page 404 =200 /a.html; error_page 500 502 503 504 /errors/50x.html; error_page 401 /a.html; error_page 302 =200 /a.html; proxy_pass http://UPSTREAM0; }
      location /i3/ { proxy_intercept_errors on; error_page 404 = @again; error_page 503 = @again; proxy_pass http://UPSTREAM0; } location @again { proxy_pass http://UPSTREAM1; } location /i4/ { proxy_intercept_errors on; recursive_error_pages on; error_page 404 = /i5/x; proxy_pass http://UPSTREAM0; }
      location /i5/ { proxy_intercept_errors on; error_page 500 = /a.html; proxy_set_header X-Answer 500; proxy_pass http://UPSTREAM1; } location /i6/ { proxy_intercept_errors on; error_page 404 = /i5/x; proxy_pass http://UPSTREAM0; } location /i7/ { error_page 404 = /i5/x; proxy_pass http://UPSTREAM0; }
      location /dead/ { proxy_pass http://DEAD; } location /dead2/ { error_page 502 =200 /a.html; proxy_pass http://DEAD; } location /dead3/ { error_page 502 = @again; proxy_pass http://DEAD; } location /dead4/ { error_page 500 502 /errors/50x.html; proxy_pass http://DEAD; } location /i8/ { proxy_intercept_errors on; error_page 404 http://elsewhere.example/x; proxy_pass http://UPSTREAM0; }
      location /g/ { error_page 502 =200 /a.html; proxy_pass http://UPSTREAM0; } location /i9/ { proxy_intercept_errors on; error_page 418 =503 /a.html; add_header X-A a always; proxy_pass http://UPSTREAM0; }`,
    requests: [
      ...['', 'i', 'i2', 'i3', 'i4', 'i6', 'i7', 'i8', 'i9'].flatMap((each) =>
        ['404', '500', '503', '401', '302', '200', '418', 'cookie-404', 'challenge'].map(
          (name) => `/${each}${each && '/'}x?answer=${name}`,
        ),
      ),
      'POST /i3/x?answer=404 || body',
      ['POST /i2/x?answer=500 || body', 'error-page-body', 500],
      'HEAD /i2/x?answer=404',
      'HEAD /i3/x?answer=404',
      '/dead/',
      '/dead2/',
      '/dead3/x?y',
      '/dead4/',
      'POST /dead3/x || body',
      '/g/?answer=close',
      '/g/?answer=long-field',
    ],
  },
  {
    name: 'X-Accel fields',
    server: `root FOLDER/www; location / { proxy_pass http://UPSTREAM0; } location /internal/ { internal; alias FOLDER/www/; } location /shown/ { return 200 "$uri|$args|$request_uri|$request_method"; } location @named { add_header X-Named n; return 200 "named $uri"; }
      location /no/ { proxy_ignore_headers X-Accel-Redirect X-Accel-Expires X-Accel-Charset X-Accel-Limit-Rate X-Accel-Buffering; proxy_pass http://UPSTREAM0; } location /e/ { expires 1h; proxy_pass http://UPSTREAM0; } location /cs/ { charset utf-8; proxy_pass http://UPSTREAM0; } location /i/ { proxy_intercept_errors on; error_page 404 /two.txt; proxy_pass http://UPSTREAM0; }`,
    requests: [
      ...['', '-args', '-named', '-gone', '-fields'].flatMap((each) =>
        ['/', '/no/', '/i/'].map((path) => `${path}?answer=accel-redirect${each}`),
      ),
      'POST /?answer=accel-redirect || body',
      'POST /?answer=accel-redirect-args || body',
      'HEAD /?answer=accel-redirect',
      '/?answer=accel-redirect | Range: bytes=0-0',
      '/?answer=accel-redirect | If-None-Match: *',
      ...['accel-charset', 'accel-rate', 'accel-expires', 'accel-no-buffering'].flatMap((name) => [
        `/no/?answer=${name}`,
        `/e/?answer=${name}`,
        `/cs/?answer=${name}`,
      ]),
    ],
  },
];

compareProxiesWithNginx('answers of upstreams beside nginx', pieces);
