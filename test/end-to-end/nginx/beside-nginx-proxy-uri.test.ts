import type { Compared } from './comparison.ts';
import { compareProxiesWithNginx, type ProxyPiece } from './proxy-comparison.ts';

/** What follows a location's path. */
const rests: readonly string[] = [
  '',
  'a',
  'a/b?x=1',
  'a%20b',
  '%2Fa',
  'a%2fb/c',
  '/a//b',
  './a/../b',
  'a/..',
  '%2e%2e/a/b',
  'a;b=c,d',
  'a%3Fb',
  'a%23b',
  'a%25b',
  '%C3%A9',
  '%c3%a9',
  '%ff',
  '%7Ea~',
  'a+b',
  "a:b@c!$&'()*=",
  '"<>',
  '[]{}|\\^`',
  '%5B%7B%7C%5C',
  'a?',
  'a?%20%2F?&;',
  '%41%5f',
  '%0a%0d',
  '%00',
  'a%',
  'a%zz',
];

const withDots: ReadonlySet<string> = new Set(['./a/../b', 'a/..']);
const unescaped: ReadonlySet<string> = new Set(['"<>', '[]{}|\\^`']);

/** All of them below a location that replaces its path. */
const replacedIn = (path: string): Compared[] =>
  rests.map((rest) => (unescaped.has(rest) ? [`${path}${rest}`, 'upstream-escapes', 200] : `${path}${rest}`));

/** All of them below a location that passes on what it gets. */
const passedIn = (path: string): Compared[] =>
  rests.map((rest) => (withDots.has(rest) ? [`${path}${rest}`, 'upstream-path', 200] : `${path}${rest}`));

const pieces: readonly ProxyPiece[] = [
  {
    name: 'a prefix with a URI',
    server: 'location /p1/ { proxy_pass http://UPSTREAM0/base/; }',
    requests: replacedIn('/p1/'),
  },
  {
    name: 'a prefix without a URI',
    server: 'location /p2/ { proxy_pass http://UPSTREAM0; }',
    requests: passedIn('/p2/'),
  },
  {
    name: 'a regex',
    server: 'location ~ ^/r/ { proxy_pass http://UPSTREAM0; }',
    requests: passedIn('/r/'),
  },
  {
    name: 'a URI with variables',
    server: `location /v1/ { set $u http://UPSTREAM0; proxy_pass $u; } location /v2/ { set $u http://UPSTREAM0; proxy_pass $u/fixed; } location /v3/ { proxy_pass http://UPSTREAM0$request_uri; }
      location /v4/ { proxy_pass http://UPSTREAM0/x$uri; } location /v5/ { proxy_pass http://UPSTREAM0/y$uri$is_args$args; } location ~ ^/v6/(.*)$ { proxy_pass http://UPSTREAM0/z/$1?q=$arg_x; }
      location /v7/ { proxy_pass http://UPSTREAM0?only=$arg_x; } location ~ ^/v8/(?<rest>.*)$ { proxy_pass http://UPSTREAM0/$rest; }`,
    requests: [
      ...passedIn('/v1/'),
      ...[2, 3, 4, 5, 6, 7, 8].flatMap((each) => [`/v${each}/a/b?x=1`, `/v${each}/`]),
      '/v3/a%20b//c?x=%20',
      '/v4/a%41',
      '/v6/a',
      '/v8/a',
    ],
  },
  {
    name: 'paths that variables do not escape',
    server: 'location /v4/ { proxy_pass http://UPSTREAM0/x$uri; }',
    requests: [
      ['/v4/a%20b', 'upstream-escapes', 200],
      '/v4/a%3Fb',
      ['/v4/%C3%A9', 'upstream-escapes', 200],
      '/v4/a%25b',
    ],
  },
  {
    name: 'other forms of locations and URIs',
    server: `location /p3 { proxy_pass http://UPSTREAM0/; } location /p4/ { proxy_pass http://UPSTREAM0/base; } location = /p5 { proxy_pass http://UPSTREAM0/exact; } location ^~ /p6/ { proxy_pass http://UPSTREAM0/six/; }
      location /p7/ { proxy_pass http://UPSTREAM0/a%20b/; } location /p8/ { proxy_pass http://UPSTREAM0/q?fixed=1; } location /p9 { proxy_pass http://UPSTREAM0/nine/; } location /p10/ { proxy_pass http://UPSTREAM0/a/../b/; }
      location /p11/ { location /p11/in/ { proxy_pass http://UPSTREAM0/inner/; } proxy_pass http://UPSTREAM0/outer/; } location "/p12/a b/" { proxy_pass http://UPSTREAM0/spaced/; } location /é/ { proxy_pass http://UPSTREAM0/é/; }
      location /P13/ { proxy_pass HTTP://UPSTREAM0/upper/; } location /p14/ { proxy_pass http://UPSTREAM0/with#mark/; } location /p15/ { proxy_pass http://UPSTREAM0//double//; }`,
    requests: [
      '/p3x/y',
      '/p3',
      '/p3/',
      '/p3/y?z',
      '/p4/a',
      '/p4/',
      '/p4/a/b',
      '/p5',
      '/p5?a=b',
      '/p5/',
      '/p6/a',
      '/p7/c d',
      '/p7/c%20d',
      '/p8/a',
      '/p8/a?b=c',
      '/p9',
      '/p9/a',
      '/p9a',
      '/p10/c',
      '/p11/x',
      '/p11/in/x',
      '/p12/a%20b/c',
      ['/%C3%A9/x', 'upstream-escapes', 200],
      '/P13/a',
      '/p13/a',
      '/p14/a',
      '/p15/a',
      '/p9?x',
      '/p3?x=1',
    ],
  },
  {
    name: 'dot segments do not lead past locations',
    server:
      'location /p1/ { proxy_pass http://UPSTREAM0/base/; } location /p2/ { proxy_pass http://UPSTREAM0; } location /deny/ { deny all; }',
    requests: [
      ['/p1/../p2/z', 'upstream-path', 200],
      '/p2/../p1/z',
      '/p2/../deny/x',
      '/p2/%2e%2e/deny/',
      '/p1/../../x',
      '/p2/x/../../deny/y',
      ['/deny/../p2/x?y', 'upstream-path', 200],
    ],
  },
  {
    name: 'rewrites',
    server: `location /b/ { rewrite ^/b/(.*)$ /rw/$1 break; proxy_pass http://UPSTREAM0; } location /bu/ { rewrite ^/bu/(.*)$ /rw/$1 break; proxy_pass http://UPSTREAM0/base/; }
      location /l/ { rewrite ^/l/(.*)$ /t/$1 last; } location /t/ { proxy_pass http://UPSTREAM0/to/; } location /t2/ { proxy_pass http://UPSTREAM0; } location /l2/ { rewrite ^/l2/(.*)$ /t2/$1?new=1 last; }
      location /l3/ { rewrite ^/l3/(.*)$ /t2/$1? last; } location /q/ { rewrite ^/q/(.*)$ /x?p=$1 break; proxy_pass http://UPSTREAM0; } location /n/ { rewrite ^/none$ /x break; proxy_pass http://UPSTREAM0; }
      location /bv/ { set $u http://UPSTREAM0; rewrite ^/bv/(.*)$ /rw/$1 break; proxy_pass $u; } location /args/ { set $args "set=1"; proxy_pass http://UPSTREAM0; } location /argsu/ { set $args "set=1"; proxy_pass http://UPSTREAM0/x/; }
      location ~ ^/cap/(.*)$ { rewrite ^ /other/$1 break; proxy_pass http://UPSTREAM0; } location /full/ { rewrite ^ $request_uri; rewrite ^/full/(.*) $1 break; proxy_pass http://UPSTREAM0/$1; }`,
    requests: [
      ...['b', 'bu', 'l', 'l2', 'l3', 'n', 'bv', 'args', 'argsu'].flatMap((each) => [
        `/${each}/a%20b?q=1`,
        `/${each}/a%2Fb;c`,
        `/${each}/`,
        `/${each}/%C3%A9%3F`,
      ]),
      '/q/a?q=1',
      '/q/a',
      ['/q/a&b', 'rewrite-captures', 200],
      '/cap/a/b?c',
      '/cap/a%20b',
    ],
  },
  {
    name: 'named locations, internal redirects, if and limit_except',
    server: `root FOLDER/www; location /try/ { try_files $uri @proxy; } location @proxy { proxy_pass http://UPSTREAM0; } location /try2/ { try_files $uri /fall/back?x=1; } location /fall/ { proxy_pass http://UPSTREAM0/fallen/; }
      location /e1/ { error_page 404 /fall/e; } location /e2/ { error_page 404 @proxy; } location /e3/ { error_page 404 = @proxy; } location /e4/ { error_page 404 =201 /fall/e; } location /e5/ { error_page 403 = /fall/e?f=$arg_f; deny all; }
      location /if/ { if ($arg_a) { proxy_pass http://UPSTREAM0; } proxy_pass http://UPSTREAM1; } location /if2/ { proxy_set_header X-A a; if ($request_method = POST) { proxy_pass http://UPSTREAM1; } proxy_pass http://UPSTREAM0/two/; }
      location /if3/ { proxy_pass http://UPSTREAM0/three/; if ($arg_b) { set $x 1; } } location /if4/ { proxy_pass http://UPSTREAM0; if ($arg_b) { rewrite ^/if4/(.*)$ /four/$1 break; } }
      location /le/ { proxy_pass http://UPSTREAM0/le/; limit_except GET { deny all; } } 
      location /idx/ { index /fall/index; } location /auth/ { auth_request /check; proxy_pass http://UPSTREAM0/in/; } location = /check { internal; proxy_pass http://UPSTREAM1/check$is_args$args; proxy_pass_request_body off; proxy_set_header Content-Length ""; proxy_set_header X-Original-URI $request_uri; }
      location / { try_files $uri $uri/ @proxy; }`,
    requests: [
      '/try/a%20b?c=d',
      ['/try/x/../y', 'upstream-path', 200],
      'POST /try/x || body',
      '/try2/a?b',
      '/e1/x?y=1',
      '/e2/x?y=1',
      '/e3/x?y=1',
      'POST /e3/x || body',
      ['POST /e1/x || body', 'error-page-body', 404],
      'HEAD /e1/x',
      '/e4/x',
      '/e5/x?f=1',
      '/if/x',
      '/if/x?a=1',
      '/if2/x',
      'POST /if2/x || body',
      '/if3/x',
      '/if3/x?b=1',
      '/if4/x',
      '/if4/x?b=1',
      '/le/x',
      'HEAD /le/x',
      'POST /le/x || body',
      '/auth/x?y',
      'POST /auth/x || body',
      '/auth/x?answer=403@0',
      '/nothing/here',
      '/a.html',
      '/a%20b.txt',
    ],
  },
];

compareProxiesWithNginx('URIs of proxies beside nginx', pieces);
