import { type Compared, compareWithNginx, type Piece } from './comparison.ts';
import { makeFiles } from './files.ts';

const encodings: readonly string[] = [
  'gzip',
  'GZIP',
  'gzip;q=0',
  'gzip;q=0.000',
  'gzip;q=0.001',
  'gzip; q=1.0',
  'deflate',
  'deflate, gzip',
  'x-gzip',
  'gzipx',
  '*',
  'identity',
  'br, gzip;q=0.1',
  'gzip;q=2',
  ' gzip ',
  '',
];

const gzipOf = (target: string): Compared[] =>
  encodings.map((each): Compared => {
    const line = `HEAD ${target} | Accept-Encoding: ${each}`;
    return each === 'x-gzip' || each === '*' ? [line, 'accept-encoding', 200] : line;
  });

const pieces: readonly Piece[] = [
  {
    name: 'add_header and expires',
    server: `root FOLDER/www; add_header X-Server s; add_header X-Always a always; location /inherits { return 200 x; } location /own { add_header X-Own o; return 200 x; }
      location /twice { add_header X-A 1; add_header X-A 2; return 200 x; } location /empty { add_header X-Empty ""; add_header X-Var "[$arg_v]"; add_header X-Arg $arg_v; return 200 x; }
      location /nested/ { add_header X-Outer o; location /nested/in { return 200 x; } location /nested/own { add_header X-In i; return 200 x; } return 200 y; }
      location /exp/ { location /exp/1h { expires 1h; return 200 x; } location /exp/-1 { expires -1; return 200 x; } location /exp/epoch { expires epoch; return 200 x; }
        location /exp/max { expires max; return 200 x; } location /exp/off { expires off; return 200 x; } location /exp/404 { expires 1h; return 404; } location /exp/301 { expires 1d; return 301 /x; }
        location /exp/0 { expires 0; return 200 x; } location /exp/mod/ { alias FOLDER/www/; expires modified +24h; } }
      location /cc { expires 1h; add_header Cache-Control "public"; return 200 x; } location /etag/ { alias FOLDER/www/; add_header ETag '"mine"'; add_header Last-Modified ""; }
      location /status { add_header X-Status $status; return 403; } location /sent/ { alias FOLDER/www/; add_header X-Sent "$sent_http_content_type|$sent_http_etag|$sent_http_content_length"; }
      location /ct { add_header Content-Type text/x-second; return 200 x; } location /srv { add_header Server mine; return 200 x; } location /date { add_header Date never; return 204; }
      location /redir { add_header X-R r; return 301 /x; } location /304/ { alias FOLDER/www/; add_header X-N n; expires 1h; } location /loc { add_header Location /y; return 201; }
      location /206/ { alias FOLDER/www/; add_header X-P p; } location /e404 { error_page 404 /a.html; add_header X-Lost l always; return 404; } location /long { add_header X-Long "${'x'.repeat(1500)}"; return 200 x; }`,
    requests: [
      '/inherits',
      '/own',
      '/twice',
      '/empty',
      '/empty?v=1',
      '/nested/x',
      '/nested/in',
      '/nested/own',
      ...['1h', '-1', 'epoch', 'max', 'off', '404', '301', '0'].map((each) => `/exp/${each}`),
      '/exp/mod/a.html',
      '/cc',
      '/etag/a.html',
      '/status',
      '/sent/a.html',
      '/sent/nope',
      '/redir',
      '/nope',
      '/a.html',
      '/304/a.html | If-Modified-Since: Tue, 05 Mar 2024 06:07:08 GMT',
      '/loc',
      '/206/digits.txt | Range: bytes=0-1',
      ['/206/digits.txt | Range: bytes=300-', 'range-fields', 416],
      '/e404',
      '/long',
      'HEAD /own',
      '/dir',
    ],
  },
  {
    name: 'gzip',
    server: `root FOLDER/www; gzip on; types { text/html html; text/plain txt; application/json json; } location /types/ { alias FOLDER/www/; gzip_types text/plain; gzip_vary on; }
      location /all/ { alias FOLDER/www/; gzip_types *; gzip_min_length 1000; } location /off/ { alias FOLDER/www/; gzip off; } location /10/ { alias FOLDER/www/; gzip_http_version 1.0; }
      location /any/ { alias FOLDER/www/; gzip_proxied any; } location /auth/ { alias FOLDER/www/; gzip_proxied auth; } location /expired/ { alias FOLDER/www/; gzip_proxied expired; expires -1; }
      location /nocache/ { alias FOLDER/www/; gzip_proxied no-cache; add_header Cache-Control no-cache; } location /private/ { alias FOLDER/www/; gzip_proxied no-store private; expires 1h; }
      location /nolm/ { alias FOLDER/www/; gzip_proxied no_last_modified no_etag; } location /dis/ { alias FOLDER/www/; gzip_disable "Mozilla/4" msie6; } location /text { return 200 "${'text '.repeat(50)}"; }
      location /short { return 200 short; } location /deny { deny all; } location /vary { gzip_vary on; gzip_types *; return 200 "${'text '.repeat(50)}"; }`,
    requests: [
      ...gzipOf('/long.html'),
      '/long.html',
      '/long.html | Accept-Encoding: gzip | Accept-Encoding: gzip;q=0',
      'HEAD /long.txt | Accept-Encoding: gzip',
      'HEAD /types/long.txt | Accept-Encoding: gzip',
      'HEAD /types/long.txt',
      'HEAD /types/data.json | Accept-Encoding: gzip',
      'HEAD /types/long.html | Accept-Encoding: gzip',
      'HEAD /all/short.txt | Accept-Encoding: gzip',
      'HEAD /all/long.txt | Accept-Encoding: gzip',
      'HEAD /off/long.html | Accept-Encoding: gzip',
      'HEAD /long.html HTTP/1.0 | Accept-Encoding: gzip',
      'HEAD /10/long.html HTTP/1.0 | Accept-Encoding: gzip',
      ...['', 'any', 'auth', 'expired', 'nocache', 'private', 'nolm'].flatMap((each): Compared[] => {
        const target = `HEAD ${each && `/${each}`}/long.html | Accept-Encoding: gzip | Via: 1.1 proxy`;
        return [target, `${target} | Authorization: Basic eA==`];
      }),
      'HEAD /dis/long.html | Accept-Encoding: gzip | User-Agent: Mozilla/4.0',
      'HEAD /dis/long.html | Accept-Encoding: gzip | User-Agent: Mozilla/5.0',
      'HEAD /dis/long.html | Accept-Encoding: gzip',
      'HEAD /dis/long.html | Accept-Encoding: gzip | User-Agent: x (compatible; MSIE 6.0; x)',
      ['HEAD /long.html | Accept-Encoding: gzip | Range: bytes=0-9', 'gzip-range', 206],
      'HEAD /short | Accept-Encoding: gzip',
      'HEAD /long.html | Accept-Encoding: gzip | If-None-Match: "65e6b68c-ce4"',
      'HEAD /long.html | Accept-Encoding: gzip | If-None-Match: W/"65e6b68c-ce4"',
      ['/deny | Accept-Encoding: gzip', 'error-pages', 403],
      'HEAD /vary | Accept-Encoding: gzip',
      'HEAD /vary',
      'HEAD /text | Accept-Encoding: gzip',
      'HEAD /a.html | Accept-Encoding: gzip',
    ],
  },
  {
    name: 'sub_filter and addition',
    server: `root FOLDER/www; types { text/html html; text/plain txt; } location /sub/ { alias FOLDER/www/; sub_filter one 1; } location /all/ { alias FOLDER/www/; sub_filter_once off; sub_filter one "[$arg_a]"; sub_filter two 2; }
      location /txt/ { alias FOLDER/www/; sub_filter_types text/plain; sub_filter words WORDS; sub_filter_last_modified on; } location /star/ { alias FOLDER/www/; sub_filter_types *; sub_filter_once off; sub_filter " " _; }
      location /add/ { alias FOLDER/www/; add_before_body /before.html; add_after_body /after.html; } location /addt/ { alias FOLDER/www/; addition_types text/plain; add_after_body /after.html; }
      location /addgone/ { alias FOLDER/www/; add_before_body /nope; } location /both/ { alias FOLDER/www/; sub_filter one 1; add_after_body /after.html; } location /ret { sub_filter a b; default_type text/html; return 200 "a a"; }`,
    requests: [
      '/sub/sub.html',
      '/sub/two.txt',
      'HEAD /sub/sub.html',
      '/sub/sub.html | Range: bytes=0-3',
      '/sub/sub.html | If-None-Match: *',
      '/all/sub.html?a=x',
      '/all/sub.html',
      '/txt/long.txt',
      '/star/long.txt',
      '/add/a.html',
      'HEAD /add/a.html',
      '/add/two.txt',
      '/addt/two.txt',
      '/addt/a.html',
      ['/addgone/a.html', 'error-pages', 200],
      '/both/sub.html',
      '/ret',
      '/add/a.html HTTP/1.0',
      '/sub/nope',
      '/add/nope',
      '/sub/a.html',
    ],
  },
  {
    name: 'map, geo, split_clients and variables',
    http: `map $arg_m $mapped { default d; "" empty; a 1; B 2; ~^x(.)y$ "re-$1"; ~*^CASE ci; "~^(?<n>\\d+)$" "num-$n"; *.dom.com wild; \\~lit tilde; } map $arg_h $hosts { hostnames; default none; .example.com dot; a.* end; *.b.org star; }
      map $mapped $chained { default "[$mapped]"; 1 one; } geo $arg_ip $geo { default none; 10.0.0.0/8 ten; 10.1.0.0/16 ten-one; 127.0.0.1 local; ::1 six; } geo $client { default x; 127.0.0.0/8 loop; }
      geo $arg_ip $ranges { ranges; default none; 1.0.0.0-1.0.0.255 one; 1.0.1.0-1.0.1.1 two; } split_clients "$arg_s" $split { 10% a; 20.5% b; * c; } map $a$arg_q $volatile { volatile; default $arg_q; } map "" $a { default ""; } map $arg_e $of_nothing { default d; ~^$ empty; ~. any; ~.* all; }`,
    server: `location /map { return 200 "$mapped|$chained"; } location /nothing { return 200 "$of_nothing"; } location /hosts { return 200 "$hosts"; } location /geo { return 200 "$geo|$client|$ranges"; } location /split { return 200 "$split"; }
      location /vars { set $v "$arg_a$arg_A"; return 200 "$v|$http_x_y|$cookie_c|$cookie_D|$http_cookie|$content_type|$content_length|$request_method|$server_protocol|$scheme|$https|$remote_addr|$remote_user|$server_port|$server_name|$host|$http_host|$hostname"; }
      location /vars2 { return 200 "$document_root|$realpath_root|$request_filename|$limit_rate|$request|$query_string|$document_uri|$is_args$args|$request_completion|$binary_remote_addr"; }
      location /body { return 200 "[$request_body|$request_length]"; } location /multi { return 200 "$http_x_a|$http_accept|$http_x_forwarded_for|$http_x_under"; } location /braces { return 200 "\${arg_a}b\${arg_b}"; }`,
    requests: [
      ...['', 'a', 'A', 'b', 'xzy', 'XZY', 'casey', '123', 'q.dom.com', '~lit', 'x%20y', 'nothing'].map(
        (each) => `/map?m=${each}`,
      ),
      '/map',
      '/nothing',
      '/nothing?e=x',
      ...['example.com', 'x.example.com', 'a.com', 'x.b.org', 'b.org', 'EXAMPLE.com'].map((each) => `/hosts?h=${each}`),
      ...[
        '10.2.3.4',
        '10.1.3.4',
        '127.0.0.1',
        '127.0.0.2',
        '::1',
        '::2',
        '1.0.0.77',
        '1.0.1.1',
        '1.0.1.2',
        'x',
        '',
      ].map((each) => `/geo?ip=${each}`),
      ...['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', '1.2.3.4', ''].map((each) => `/split?s=${each}`),
      '/vars?a=1',
      '/vars?A=1',
      '/vars?b=2&a=%20x',
      ['/vars | X-Y: z | X-Y: w', 'joined-fields', 200],
      '/vars | Cookie: c=1; d=2',
      '/vars | Cookie: cc=0;c=1 | Cookie: D=3',
      '/vars | Authorization: Basic dXNlcjpwYXNz',
      'POST /vars | Content-Type: a/b || body',
      '/vars HTTP/1.0',
      '/vars2?x=y',
      '/braces?a=1&b=2',
      ['POST /body || data', 'request-body', 200],
      '/body',
      [
        '/multi | X-A: 1 | x-a: 2 | Accept: a | Accept: b | X-Forwarded-For: 1.1.1.1 | X-Forwarded-For: 2.2.2.2',
        'joined-fields',
        200,
      ],
      '/multi | X_Under: 1',
      '/vars | X-Y:   spaces   ',
      '/vars | X-Y: é',
    ],
  },
];

compareWithNginx('what is made of answers beside nginx', pieces, makeFiles);
