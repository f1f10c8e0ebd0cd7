import { compareProxiesWithNginx, type ProxyPiece } from './proxy-comparison.ts';

const times = (count: number, line: string): string[] => Array.from({ length: count }, () => line);
const keys = (count: number, line: (key: number) => string): string[] =>
  Array.from({ length: count }, (_, key) => line(key));

/** A location that tells which servers were asked. */
const telling = (path: string, rest: string): string =>
  `location ${path} { add_header X-Asked "$upstream_addr|$upstream_status|$proxy_host|$proxy_port" always; ${rest} }`;

const pieces: readonly ProxyPiece[] = [
  {
    name: 'weights',
    http: 'upstream plain_rr { server UPSTREAM0; server UPSTREAM1; server UPSTREAM2; } upstream weighted { server UPSTREAM0 weight=5; server UPSTREAM1 weight=2; server UPSTREAM2; } upstream with_down { server UPSTREAM0 down; server UPSTREAM1; server UPSTREAM2 weight=2; } upstream with_backup { server UPSTREAM0; server UPSTREAM1 backup; }',
    server: `${telling('/p/', 'proxy_pass http://plain_rr;')} ${telling('/w/', 'proxy_pass http://weighted;')} ${telling('/d/', 'proxy_pass http://with_down;')} ${telling('/b/', 'proxy_pass http://with_backup;')}`,
    requests: [...times(7, '/p/'), ...times(60, '/w/'), ...times(10, '/d/'), ...times(4, '/b/')],
  },
  {
    name: 'least connections, with weights and a backup',
    http: 'upstream least { least_conn; server UPSTREAM0; server UPSTREAM1 weight=3; server UPSTREAM2; } upstream least_zone { zone least_zone 64k; least_conn; server UPSTREAM0; server UPSTREAM1; }',
    server: `${telling('/l/', 'proxy_pass http://least;')} ${telling('/z/', 'proxy_pass http://least_zone;')}`,
    requests: [...times(20, '/l/'), ...times(6, '/z/')],
  },
  {
    name: 'hashes',
    http: 'upstream hashed { hash $arg_k; server UPSTREAM0; server UPSTREAM1 weight=2; server UPSTREAM2; } upstream ketama { hash $arg_k consistent; server UPSTREAM0; server UPSTREAM1 weight=3; server UPSTREAM2; } upstream hashed_down { hash $arg_k; server UPSTREAM0; server UPSTREAM1 down; server UPSTREAM2; } upstream by_ip { ip_hash; server UPSTREAM0; server UPSTREAM1 weight=2; server UPSTREAM2; } upstream by_ip_down { ip_hash; server UPSTREAM0; server UPSTREAM1 down; server UPSTREAM2; }',
    server: `set_real_ip_from 127.0.0.1; real_ip_header X-Real-IP; ${telling('/h/', 'proxy_pass http://hashed;')} ${telling('/k/', 'proxy_pass http://ketama;')} ${telling('/hd/', 'proxy_pass http://hashed_down;')} ${telling('/i/', 'proxy_pass http://by_ip;')} ${telling('/id/', 'proxy_pass http://by_ip_down;')}`,
    requests: [
      ...['h', 'k', 'hd'].flatMap((each) => keys(20, (key) => `/${each}/?k=key${key * key}`)),
      ...['i', 'id'].flatMap((each) => [
        ...keys(12, (key) => `/${each}/ | X-Real-IP: 10.${key}.${key * 7}.9`),
        `/${each}/ | X-Real-IP: 10.0.0.200`,
        `/${each}/ | X-Real-IP: 2001:db8::1`,
        `/${each}/`,
      ]),
      '/h/',
      '/k/',
    ],
  },
  {
    name: 'servers that fail',
    http: 'upstream one_dead { server DEAD; server UPSTREAM0; } upstream all_dead { server DEAD; server DEAD; } upstream single_dead { server DEAD; } upstream dead_backup { server DEAD max_fails=2; server UPSTREAM1 backup; } upstream never_failed { server DEAD max_fails=0; server UPSTREAM0 max_fails=0; } upstream failing { server UPSTREAM0 max_fails=2 fail_timeout=1h; server UPSTREAM1; } upstream hash_dead { hash $arg_k; server DEAD; server UPSTREAM1; } upstream ip_dead { ip_hash; server DEAD; server UPSTREAM1; } upstream least_dead { least_conn; server DEAD; server UPSTREAM1; }',
    server: [
      ['o', 'proxy_pass http://one_dead;'],
      ['a', 'proxy_pass http://all_dead;'],
      ['s', 'proxy_pass http://single_dead;'],
      ['b', 'proxy_pass http://dead_backup;'],
      ['n', 'proxy_pass http://never_failed;'],
      ['f', 'proxy_next_upstream error http_503; proxy_pass http://failing;'],
      ['h', 'proxy_pass http://hash_dead;'],
      ['i', 'proxy_pass http://ip_dead;'],
      ['l', 'proxy_pass http://least_dead;'],
    ]
      .map(([path, rest]) => telling(`/${path}/`, rest ?? ''))
      .join(' '),
    requests: [
      ...times(4, '/o/'),
      'POST /o/ || body',
      ...times(3, '/a/'),
      ...times(3, '/s/'),
      ...times(4, '/b/'),
      ...times(4, '/n/'),
      ...times(6, '/f/?answer=503@0'),
      ...times(3, '/f/'),
      ...keys(6, (key) => `/h/?k=${key}`),
      ...times(3, '/i/'),
      ...times(4, '/l/'),
    ],
  },
  {
    name: 'what goes to the next server',
    http: ['usual', 'status', 'non_idempotent', 'off', 'tries', 'header', 'all']
      .map(
        (name) =>
          `upstream next_${name} { server UPSTREAM0 max_fails=0; server UPSTREAM1 max_fails=0; server UPSTREAM2 max_fails=0; }`,
      )
      .join(' '),
    server: [
      telling('/u/', 'proxy_pass http://next_usual;'),
      telling(
        '/s/',
        'proxy_next_upstream error timeout http_404 http_503 http_500 http_429 http_403; proxy_pass http://next_status;',
      ),
      telling('/n/', 'proxy_next_upstream error http_503 non_idempotent; proxy_pass http://next_non_idempotent;'),
      telling('/o/', 'proxy_next_upstream off; proxy_pass http://next_off;'),
      telling('/t/', 'proxy_next_upstream error http_503; proxy_next_upstream_tries 2; proxy_pass http://next_tries;'),
      telling('/h/', 'proxy_next_upstream invalid_header; proxy_pass http://next_header;'),
      telling(
        '/i/',
        'proxy_intercept_errors on; error_page 503 =200 /page; proxy_next_upstream error http_503; proxy_pass http://next_all;',
      ),
      telling('/page', 'return 200 "page $upstream_status";'),
    ].join(' '),
    requests: [
      ...times(3, '/u/?answer=503@0'),
      ...times(3, '/u/?answer=close@1'),
      ...times(3, '/u/?answer=reset@1'),
      ...times(3, 'POST /u/?answer=close@1 || body'),
      ...times(3, 'PUT /u/?answer=close@1 || body'),
      ...times(3, 'DELETE /u/?answer=close@1'),
      ...['404', '503', '500', '429', '403', '502'].flatMap((status) => times(3, `/s/?answer=${status}@0`)),
      ...times(2, '/s/?answer=503'),
      ...times(2, '/s/?answer=404'),
      ...times(3, 'POST /s/?answer=503@0 || body'),
      ...times(3, 'POST /n/?answer=503@1 || body'),
      ...times(3, 'PATCH /n/?answer=close@1 || body'),
      ...times(3, '/o/?answer=close@0'),
      ...times(3, '/t/?answer=503'),
      ...times(3, '/t/?answer=503@1'),
      ...times(3, '/h/?answer=half-head@0'),
      ...times(3, '/h/?answer=long-field@0'),
      ...times(2, '/i/?answer=503'),
      ...times(3, '/i/?answer=503@1'),
    ],
  },
  {
    name: 'connections that are kept',
    http: 'upstream kept { server UPSTREAM0; keepalive 2; } upstream kept_some { server UPSTREAM0; keepalive 2; keepalive_requests 3; } upstream kept_two { server UPSTREAM0; server UPSTREAM1; keepalive 4; } upstream kept_none { server UPSTREAM0; keepalive 2; }',
    server:
      'proxy_http_version 1.1; proxy_set_header Connection ""; location /k/ { proxy_pass http://kept; } location /s/ { proxy_pass http://kept_some; } location /t/ { proxy_pass http://kept_two; } location /n/ { proxy_set_header X-A a; proxy_pass http://kept_none; } location /d/ { proxy_pass http://UPSTREAM0; }',
    comparesConnections: true,
    requests: [
      ...times(4, '/k/'),
      'POST /k/ || body',
      'HEAD /k/',
      '/k/?answer=204',
      '/k/?answer=304',
      '/k/?answer=chunked',
      '/k/?answer=404',
      '/k/?answer=no-length',
      '/k/',
      '/k/',
      ...times(7, '/s/'),
      ...times(6, '/t/'),
      ...times(3, '/n/'),
    ],
  },
  {
    name: 'names of variables and of the resolver',
    http: 'upstream by_name { server UPSTREAM1; }',
    server: `resolver RESOLVER ipv6=off; resolver_timeout 2s; ${telling('/r/', 'proxy_pass http://$arg_h:PORT0;')} ${telling('/n/', 'set $u by_name; proxy_pass http://$u;')} ${telling('/f/', 'set $u here.example; proxy_pass http://$u:PORT0/fixed;')} ${telling('/e/', 'error_page 502 =200 @other; proxy_pass http://$arg_h:PORT0;')} location @other { return 200 "other $upstream_status"; } ${telling('/a/', 'set $u UPSTREAM0; proxy_pass http://$u;')}`,
    requests: [
      '/r/a?h=here.example',
      '/r/a?h=none.example',
      '/r/a?h=failing.example',
      '/r/a?h=127.0.0.1',
      '/r/a?h=',
      '/n/a?b',
      '/f/a?b',
      '/e/a?h=none.example',
      '/e/a?h=here.example',
      '/a/b',
    ],
  },
  {
    name: 'mirrors',
    server: `location /m/ { mirror /mirrored; proxy_pass http://UPSTREAM0; } location = /mirrored { internal; proxy_pass http://UPSTREAM1$request_uri; } location /n/ { mirror /unbodied; mirror_request_body off; proxy_pass http://UPSTREAM0; }
      location = /unbodied { internal; proxy_pass_request_body off; proxy_set_header Content-Length ""; proxy_set_header X-Original $request_uri; proxy_pass http://UPSTREAM1; } location /f/ { mirror /mirrored; return 200 never; } location /e/ { mirror /mirrored; proxy_pass http://UPSTREAM0/e; }`,
    asks: 2,
    requests: [
      '/m/a?b',
      'POST /m/a || body',
      'HEAD /m/a',
      '/n/a',
      'POST /n/a || body',
      '/m/a?answer=500@1',
      '/e/a%20b?c',
    ],
  },
];

compareProxiesWithNginx('upstreams beside nginx', pieces);
