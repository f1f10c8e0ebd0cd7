import { type Compared, compareWithNginx, type Piece } from './comparison.ts';
import { makeFiles } from './files.ts';

// What meets where several features do.
const pieces: readonly Piece[] = [
  {
    name: 'variables that are set, captures and queries',
    server: `location /args { set $args "a=new&$args"; return 200 "$args|$arg_a|$is_args|$query_string|$request_uri"; } location /arg { return 200 "$arg_a|$arg_A|$arg_a_b|$arg_x"; }
      location ~ ^/(?<one>a+)(?<two>b*)$ { if ($two ~ ^(b)) { set $first $1; } return 200 "$one|$two|$1|$first"; } location /order { set $x 1; set $y $x$x; set $x 2; return 200 "$x$y"; }
      location /clear { set $args ""; rewrite ^ /show last; } location /show { return 200 "$uri|$args|$is_args"; } location /q { rewrite ^/q/(.*) /show?x=$1&y=$arg_a? last; } location /enc { rewrite ^ /show?u=$uri last; }
      location /rq { rewrite ^/rq(.*)$ /show$1?$args&z=1? last; } location /cap { if ($arg_v ~ "^(\\d)(\\d)?") { return 200 "[$1][$2]"; } return 200 none; } location /loc { set $limit_rate 100k; return 200 "$limit_rate"; }
      location /scheme { return 200 "$scheme://$host:$server_port$uri"; } location /cookie { return 200 "$cookie_a|$cookie_b_c|$cookie_A"; } location /ct { default_type ""; return 200 x; } location /big { return 200 "$http_x_big"; }`,
    requests: [
      '/args',
      '/args?b=1',
      '/arg?a=1&A=2',
      '/arg?A=2',
      '/arg?a_b=3&=4&x',
      '/arg?x&a',
      '/arg?a=1&a=2',
      '/arg?aa=1&a=2',
      '/arg?a=%20+',
      '/aaabbb',
      '/aaa',
      '/order',
      '/clear?x=1',
      '/q/1?a=2',
      '/q/a%26b',
      ['/q/a&b', 'rewrite-captures', 200],
      ['/q/a;b', 'rewrite-captures', 200],
      '/q/a=b',
      '/enc?x',
      '/enc%20y',
      '/rq/a?b=1',
      '/rq',
      '/cap?v=1',
      '/cap?v=12',
      '/cap?v=x',
      '/loc',
      '/scheme | Host: A.b',
      '/cookie | Cookie: a=1; b_c=2; A=3',
      '/cookie | Cookie: a="q"; b_c',
      '/cookie | Cookie: a=1,a=2',
      '/ct',
      `/big | X-Big: ${'x'.repeat(4000)}`,
    ],
  },
  {
    name: 'roots, folders and files',
    server: `root FOLDER/www; location /r/ { root FOLDER/www/$arg_d; } location /img { root FOLDER; } location = / { return 200 "exact root"; } location /dir/ { error_page 404 = /a.html; } location /list { index b.txt; } location /deep/ { alias FOLDER/www/dir/; try_files $uri /deep/x.html =404; }
      location /slashless { alias FOLDER/www/dir; } location ~ ^/case/(.+)$ { alias FOLDER/www/$1; index x.html; autoindex on; } location /loop/ { index loop.html; try_files $uri $uri/ /loop/; } location /self { try_files /self2 /self; } location /e/ { error_page 403 404 /errors/$status.html; }
      location /nolog { log_not_found off; } location /f/ { alias FOLDER/www/; if (!-f $request_filename) { return 410; } } location /d { if (-d $request_filename) { rewrite ^(.*[^/])$ $1/index.html break; } }`,
    requests: [
      '/',
      '/?x',
      '/r/x',
      '/img',
      '/dir/nope',
      '/dir/',
      '/list/',
      '/list',
      '/deep/other.htm',
      ['/deep/none', 'try-files-alias', 200],
      ['/deep/', 'try-files-alias', 200],
      '/slashless/x.html',
      '/slashless',
      '/slashless/',
      '/case/dir/',
      '/case/dir',
      '/case/list/',
      '/case/a.html',
      '/loop/',
      '/self',
      '/e/x',
      '/nolog',
      '/f/a.html',
      '/f/nope',
      '/dir',
      '/d',
      'HEAD /case/list/',
      '/f/dir',
      '/a.html?x=/../..',
      '/a.html/..',
      '/dir/../a.html',
      '/dir/./x.html',
    ],
  },
  {
    name: 'errors of errors',
    server: `root FOLDER/www; error_page 400 /errors/404.html; error_page 401 402 403 404 /errors/404.html; error_page 405 =200 /a.html; error_page 413 = @large; error_page 500 =500 @oops; location @large { return 413 "too large"; } location @oops { return 200 oops; } client_max_body_size 5;
      location /auth { auth_basic x; auth_basic_user_file FOLDER/users; error_page 401 = @anyone; } location @anyone { return 200 "anyone $remote_user"; } location /inner { error_page 404 /inner2; location /inner2 { return 404 "inner"; } } location /500 { return 500; }
      location /chain { error_page 404 = @one; return 404; } location @one { error_page 403 = @two; return 403; } location @two { return 200 two; } location /rec { recursive_error_pages on; error_page 404 = @rone; return 404; } location @rone { recursive_error_pages on; error_page 403 = @two; return 403; }
      location /to-dir { error_page 404 /dir/; return 404; } location /to-missing { error_page 404 /missing-page; return 404; } location /abs { error_page 404 https://other.example/$uri; return 404; } location /303 { error_page 404 =303 /see; return 404; } location /416 { error_page 416 /a.html; alias FOLDER/www/two.txt; }
      location /head { add_header X-Outer o always; error_page 404 /withheader; return 404; } location /withheader { add_header X-Page p; return 200 page; } location /expires { expires 1h; error_page 404 /a.html; return 404; }`,
    requests: [
      '/nope',
      'POST /a.html || x',
      'POST /a.html || 123456',
      '/500',
      '/auth',
      '/auth | Authorization: Basic dXNlcjpwYXNz',
      '/inner',
      '/inner2',
      '/chain',
      '/rec',
      '/to-dir',
      '/to-missing',
      '/abs',
      '/303',
      ['/416 | Range: bytes=9-', 'stale-fields', 416],
      '/head',
      '/expires',
      ['/..', 'refused-pages', 400],
      ['/%00', 'refused-pages', 400],
      'PUT /nope || x',
      'DELETE /dir/',
      'HEAD /nope',
      '/nope | Range: bytes=0-2',
      '/nope | If-Modified-Since: Tue, 05 Mar 2024 06:07:08 GMT',
    ],
  },
  {
    name: 'content that is changed, asked for in parts and conditionally',
    server: `root FOLDER/www; gzip on; gzip_types *; location /s/ { alias FOLDER/www/; sub_filter_types *; sub_filter_once off; sub_filter a A; } location /a/ { alias FOLDER/www/; add_before_body /before.html; } location /c/ { alias FOLDER/www/; charset utf-8; charset_types *; } location /e/ { alias FOLDER/www/; expires max; etag off; }
      location /x/ { alias FOLDER/www/; add_header X-Type $sent_http_content_type; } location /n/ { alias FOLDER/www/; gzip off; if_modified_since off; } location /t { return 200 "${'gzip me '.repeat(40)}"; }`,
    requests: ['/a/', '/c/', '/e/', '/x/', '/n/']
      .flatMap((folder) =>
        [
          '',
          ' | Range: bytes=0-3',
          ' | If-None-Match: W/"65e6b68c-e"',
          ' | If-Modified-Since: Tue, 05 Mar 2024 06:07:08 GMT',
        ].flatMap((fields) => ['a.html', 'two.txt'].map((file): Compared => `${folder}${file}${fields}`)),
      )
      .concat([
        'HEAD /t | Accept-Encoding: gzip',
        'HEAD /t',
        'HEAD /s/a.html',
        'HEAD /a/a.html | Range: bytes=0-1',
        '/s/a.html',
        '/s/a.html | Range: bytes=0-3',
        ['/s/empty.txt', 'changed-ranges', 200],
        '/a/empty.txt',
        '/c/dir',
        '/s/nope',
      ]),
  },
];

compareWithNginx('where features meet, beside nginx', pieces, makeFiles);
