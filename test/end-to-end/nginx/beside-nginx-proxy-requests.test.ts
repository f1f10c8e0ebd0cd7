import type { Compared } from './comparison.ts';
import { compareProxiesWithNginx, type ProxyPiece } from './proxy-comparison.ts';

const long = 'x'.repeat(60_000);
const chunked = 'Transfer-Encoding: chunked || 4\r\nbody\r\n3;ext=1\r\n, x\r\n0\r\n\r\n';
const manyChunks = `Transfer-Encoding: chunked || ${'400\r\n'.concat('y'.repeat(1024), '\r\n').repeat(40)}0\r\n\r\n`;

/** What clients say of their connections, and what is said to be forgotten or forged. */
const fields: readonly string[] = [
  'Accept: a/b | Accept-Encoding: gzip | User-Agent: me',
  'Connection: keep-alive',
  'Keep-Alive: timeout=5',
  'TE: trailers',
  'Upgrade: websocket',
  'Connection: Upgrade | Upgrade: websocket',
  'X_Under: 1',
  'X-A: 1 | X-A: 2',
  'X-Empty: ',
  'Cookie: a=1; b=2 | Cookie: c=3',
  'X-Forwarded-For: 1.2.3.4 | X-Real-IP: 1.2.3.4 | X-Forwarded-Proto: https',
  'Via: 1.0 other',
  'Authorization: Basic dXNlcjpwYXNz',
  'If-None-Match: "x" | If-Modified-Since: Tue, 05 Mar 2024 06:07:08 GMT | Range: bytes=0-1',
  'Proxy-Authorization: Basic eA==',
  'X-Space:   a  b ',
  'x-lower: Value',
  'Referer: http://a/?b#c',
  'Cache-Control: no-cache | Pragma: no-cache',
  'X-Latin: é',
];

const pieces: readonly ProxyPiece[] = [
  {
    name: 'fields of clients to HTTP/1.0 and HTTP/1.1 upstreams',
    server:
      'location / { proxy_pass http://UPSTREAM0; } location /new/ { proxy_http_version 1.1; proxy_pass http://UPSTREAM0; } location /kept/ { proxy_http_version 1.1; proxy_set_header Connection ""; proxy_pass http://kept_fields; } location /unkept/ { proxy_http_version 1.1; proxy_set_header Connection ""; proxy_pass http://UPSTREAM0; }',
    http: 'upstream kept_fields { server UPSTREAM0; keepalive 2; }',
    requests: [
      ...['/', '/new/', '/kept/'].flatMap((path) => fields.map((each) => `${path} | ${each}`)),
      ['/unkept/', 'connection-close', 200],
      ...['Proxy-Connection: keep-alive', 'Trailer: X-T'].map((each): Compared => [`/ | ${each}`, 'hop-by-hop', 200]),
      ['/ | Proxy: evil', 'proxy-field', 200],
      ['/ | Connection: X-Strip | X-Strip: 1', 'hop-by-hop', 200],
      ['/new/ | Connection: close, X-Strip | X-Strip: 1', 'hop-by-hop', 200],
      ['/ | TE: gzip | HTTP2-Settings: AAMAAABkAAQAAP__ ', 'hop-by-hop', 200],
    ],
  },
  {
    name: 'hosts',
    server:
      'location /d/ { proxy_pass http://UPSTREAM0; } location /h/ { proxy_set_header Host $host; proxy_pass http://UPSTREAM0; } location /hh/ { proxy_set_header Host $http_host; proxy_pass http://UPSTREAM0; } location /hp/ { proxy_set_header Host $host:$server_port; proxy_pass http://UPSTREAM0; } location /f/ { proxy_set_header Host fixed.example; proxy_pass http://UPSTREAM0; } location /v/ { set $u UPSTREAM0; proxy_pass http://$u; } location /p/ { proxy_set_header Host $proxy_host; proxy_set_header X-Port $proxy_port; proxy_pass http://named_hosts; } location /n/ { proxy_pass http://named_hosts; } location /e/ { proxy_set_header Host ""; proxy_pass http://UPSTREAM0; }',
    http: 'upstream named_hosts { server UPSTREAM0; }',
    requests: [
      ...['d', 'h', 'hh', 'hp', 'f', 'v', 'p', 'n', 'e'].map((each) => `/${each}/x`),
      ...['d', 'h', 'hh', 'f'].flatMap((each) => [
        `/${each}/x | Host: Example.COM:8080`,
        `/${each}/x | Host: [::1]:80`,
        `/${each}/x HTTP/1.0`,
      ]),
      'raw:GET /h/x HTTP/1.0\r\n\r\n',
      'raw:GET /d/x HTTP/1.0\r\n\r\n',
      ['http://other.example/hh/x', 'host-of-target', 200],
      'http://other.example/h/x',
      'http://other.example:81/d/x?y',
    ],
  },
  {
    name: 'proxy_set_header',
    server: `proxy_set_header X-Server s; proxy_set_header X-Both server; location /inherits/ { proxy_pass http://UPSTREAM0; } location /own/ { proxy_set_header X-Own o; proxy_pass http://UPSTREAM0; }
      location /empty/ { proxy_set_header Accept ""; proxy_set_header X-None $arg_n; proxy_set_header Cookie ""; proxy_pass http://UPSTREAM0; } location /usual/ { proxy_set_header Host $http_host; proxy_set_header X-Real-IP $remote_addr; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; proxy_set_header X-Forwarded-Proto $scheme; proxy_pass http://UPSTREAM0; }
      location /twice/ { proxy_set_header X-A 1; proxy_set_header X-A 2; proxy_pass http://UPSTREAM0; } location /vars/ { proxy_set_header X-Vars "$request_method $uri $args $server_protocol $host $remote_user"; proxy_pass http://UPSTREAM0; }
      location /te/ { proxy_set_header TE ""; proxy_set_header Content-Type x/y; proxy_set_header Range ""; proxy_set_header If-Range ""; proxy_pass http://UPSTREAM0; } location /conn/ { proxy_http_version 1.1; proxy_set_header Connection keep-alive; proxy_pass http://UPSTREAM0; }
      location /ae/ { proxy_set_header Accept-Encoding ""; proxy_pass http://UPSTREAM0; } location /nest/ { proxy_set_header X-Outer o; location /nest/in/ { proxy_pass http://UPSTREAM0; } } location /nofields/ { proxy_pass_request_headers off; proxy_pass http://UPSTREAM0; }
      location /nobody/ { proxy_pass_request_body off; proxy_pass http://UPSTREAM0; } location /nobody2/ { proxy_pass_request_body off; proxy_set_header Content-Length ""; proxy_pass http://UPSTREAM0; } location /neither/ { proxy_pass_request_headers off; proxy_pass_request_body off; proxy_pass http://UPSTREAM0; }
      location /case/ { proxy_set_header x-LOWER "a\\"b"; proxy_set_header ACCEPT changed; proxy_pass http://UPSTREAM0; } location /auth/ { proxy_set_header Authorization "Basic dTpw"; proxy_pass http://UPSTREAM0; } location /cookie/ { proxy_set_header X-C "$cookie_a|$arg_b|$http_x_y"; proxy_pass http://UPSTREAM0; }
      location /if/ { proxy_set_header X-If no; if ($arg_a) { proxy_pass http://UPSTREAM0; } proxy_pass http://UPSTREAM1; }`,
    requests: [
      ...[
        'inherits',
        'own',
        'empty',
        'usual',
        'twice',
        'vars',
        'te',
        'ae',
        'nest/in',
        'nofields',
        'neither',
        'case',
        'auth',
        'cookie',
        'if',
      ].flatMap((each) => [
        `/${each}/`,
        `/${each}/?a=1 | Accept: x/y | Cookie: a=c | Accept-Encoding: gzip | X-Forwarded-For: 9.9.9.9 | X-Both: client | Authorization: Basic eA== | TE: trailers`,
      ]),
      ['/conn/', 'connection-close', 200],
      'POST /te/ | Content-Type: a/b || body',
      'POST /nofields/ | Content-Type: a/b || body',
      ['POST /nobody/ | Content-Type: a/b | X-Answer: at-once || body', 'upstream-length', 200],
      'POST /nobody2/ | Content-Type: a/b || body',
      ['POST /neither/?answer=at-once || body', 'upstream-length', 200],
      '/usual/ | X-Forwarded-For: 1.1.1.1 | X-Real-IP: 2.2.2.2 | X-Forwarded-Proto: https',
    ],
  },
  {
    name: 'methods and bodies that the config sets',
    server: `location /m/ { proxy_method POST; proxy_pass http://UPSTREAM0; } location /mv/ { proxy_method $arg_m; proxy_pass http://UPSTREAM0; } location /b/ { proxy_set_body "set $request_uri"; proxy_pass http://UPSTREAM0; }
      location /be/ { proxy_set_body ""; proxy_pass http://UPSTREAM0; } location /bm/ { proxy_method PUT; proxy_set_body "[$request_body]"; proxy_pass http://UPSTREAM0; } location /d/ { proxy_pass http://UPSTREAM0; } location /l/ { client_max_body_size 5; proxy_pass http://UPSTREAM0; }`,
    requests: [
      ...['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'PATCH', 'POST', 'PROPFIND', 'MKCOL', 'LOCK', 'FOO'].flatMap(
        (each) => [`${each} /d/x`, `${each} /d/x || body`],
      ),
      ['get /d/x', 'method-case', 200],
      '/m/x',
      'HEAD /m/x',
      'PUT /m/x || body',
      '/mv/x?m=DELETE',
      '/b/x',
      'POST /b/x || body',
      'HEAD /b/x',
      '/be/x',
      'POST /be/x || body',
      'POST /bm/x || body',
      '/bm/x',
      'POST /l/ || 123456',
      'POST /l/ || 12345',
    ],
  },
  {
    name: 'bodies',
    server: `location /old/ { proxy_pass http://UPSTREAM0; } location /new/ { proxy_http_version 1.1; proxy_pass http://UPSTREAM0; } location /direct/ { proxy_http_version 1.1; proxy_request_buffering off; proxy_pass http://UPSTREAM0; }
      location /small/ { client_body_buffer_size 1k; proxy_pass http://UPSTREAM0; } location /olddirect/ { proxy_request_buffering off; proxy_pass http://UPSTREAM0; } location /limit/ { client_max_body_size 1k; proxy_request_buffering off; proxy_http_version 1.1; proxy_pass http://UPSTREAM0; }`,
    requests: [
      ...['old', 'new', 'small', 'direct', 'olddirect'].flatMap((each) => [
        `POST /${each}/`,
        `POST /${each}/ | Content-Length: 0`,
        `POST /${each}/ || body`,
        `POST /${each}/ || ${long}`,
        `POST /${each}/ HTTP/1.0 || body`,
        `GET /${each}/ || body`,
      ]),
      ...['old', 'new', 'small', 'olddirect'].flatMap((each) => [
        `POST /${each}/ | ${chunked}`,
        `PUT /${each}/ | ${manyChunks}`,
        `POST /${each}/ | Transfer-Encoding: chunked || 0\r\n\r\n`,
      ]),
      `POST /direct/ | ${chunked}`,
      `POST /limit/ || ${long}`,
      ...['old', 'new', 'direct'].map(
        (each): Compared => [
          `POST /${each}/ | Content-Type: application/x-www-form-urlencoded | Expect: 100-continue || a=b`,
          'continue',
          200,
        ],
      ),
    ],
  },
  {
    name: 'underscores, invalid names and long fields',
    server: `underscores_in_headers on; location / { proxy_pass http://UPSTREAM0; } location /i/ { proxy_pass http://UPSTREAM0; }`,
    requests: [
      '/ | X_Under: 1',
      '/ | _x: 1',
      `/ | X-Long: ${'l'.repeat(3000)}`,
      '/ | X_Under: 1 | X-Under: 2',
      `/?${'q'.repeat(3000)}`,
    ],
  },
];

compareProxiesWithNginx('requests to upstreams beside nginx', pieces);
