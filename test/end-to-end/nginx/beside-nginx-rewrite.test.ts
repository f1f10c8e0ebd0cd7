import { compareWithNginx, type Piece } from './comparison.ts';
import { makeFiles } from './files.ts';

const pieces: readonly Piece[] = [
  {
    name: 'rewrite, set, if, break and return',
    server: `root FOLDER/www; set $kept server; if ($arg_server) { return 200 "server-if"; } rewrite ^/srv/(.*)$ /echo/$1;
      location /echo { return 200 "$uri|$args|$kept"; }
      location /rw1/ { rewrite ^/rw1/(.*)$ /echo/$1 last; return 200 never; } location /rw2/ { rewrite ^/rw2/(.*)$ /x/$1? permanent; }
      location /rw3/ { rewrite ^/rw3/(.*)$ http://ex.com/$1; } location /rw4 { rewrite ^ /rw4 last; }
      location /rw5/ { rewrite ^/rw5/(.*)$ /dir/$1 break; } location /rw6/ { rewrite ^/rw6/(.*)$ /echo/$1?added=1 last; }
      location /rw7/ { rewrite ^/rw7/(.*)$ /echo/$1?added=1? last; } location /rw8/ { rewrite ^/rw8/(.*)$ /to/$1 redirect; }
      location /rw9/ { rewrite ^/rw9/a /rw9/b; rewrite ^/rw9/b /rw9/c; return 200 "$uri"; }
      location /rwa/ { rewrite ^/rwa/(?<part>[a-z]+) /echo/$part last; } location /rwb/ { rewrite ^/rwb/(.*) $scheme://$host/$1 permanent; }
      location /rwc/ { rewrite (?i)/RWC/(.*) /echo/[$1] last; } location /rwd/ { rewrite ^/rwd/(.*)$ https://other/$1?z=1 redirect; }
      location /rwe/ { rewrite ^/rwe/(.*)$ /echo/%41/$1 last; } location /rwf { rewrite ^ "/echo/a b" last; }
      location /set { set $a one; set $b "$a-two"; set $c "\${a}x$b"; return 200 "$a|$b|$c|$kept"; }
      location /if1 { set $x 1; if ($arg_b) { add_header X-If b; set $x 2; } add_header X-Loc l; set $y "after$x"; return 200 "$x$y"; }
      location /if2 { if ($request_method = POST) { return 200 post; } if ($arg_a = "") { return 200 empty; } if ($arg_a != b) { return 200 not-b; } return 200 b; }
      location /if3 { if ($arg_a ~ ^(x)(y)?$) { return 200 "m $1 $2"; } if ($arg_a ~* ABC) { return 200 i; } if ($arg_a !~ q) { return 200 no-q; } return 200 q; }
      location /if4 { if (-f $document_root$arg_f) { return 200 file; } if (-d $document_root$arg_f) { return 200 folder; }
        if (!-e $document_root$arg_f) { return 200 nothing; } return 200 else; }
      location /if5 { if (-x FOLDER/www$arg_f) { return 200 executable; } if ($arg_zero) { return 200 true; } return 200 false; }
      location /if6 { if ($arg_a) { rewrite ^ /echo/rewritten last; } if ($arg_b) { break; } return 200 end; }
      location /if7 { if ($arg_a) { set $r A; } if ($arg_b) { set $r "\${r}B"; } if ($r = AB) { return 403; } return 200 "r=$r"; }
      location /break { set $v a; break; return 200 never; } location /retif { if ($http_x_a ~ "^a(.*)") { set $cap $1; } return 200 "$cap"; }
      location /files/ { if ($arg_gone) { return 410; } alias FOLDER/www/; }`,
    requests: [
      '/srv/x?a=1',
      '/?server=1',
      '/rw1/a%20b?q=1',
      '/rw2/a?q=1',
      '/rw2/a%20b',
      '/rw3/a?q=1',
      '/rw3/a%2520b?q=1',
      '/rw4',
      '/rw5/x.html',
      '/rw5/nope',
      '/rw6/x?q=1',
      '/rw7/x?q=1',
      '/rw8/x?q=1',
      ['/rw8/a%20b%3Fc', 'location-escapes', 302],
      '/rw9/a',
      '/rwa/abc/def',
      '/rwa/1',
      '/rwb/x?y',
      '/rwb/%E2%82%AC',
      '/rwc/x',
      '/rwd/a?b=c',
      '/rwe/x',
      '/rwf',
      '/set',
      '/if1',
      '/if1?b=1',
      '/if2',
      'POST /if2 || x',
      '/if2?a=c',
      '/if2?a=b',
      '/if3?a=x',
      '/if3?a=xy',
      '/if3?a=zabcz',
      '/if3?a=n',
      '/if3?a=q',
      '/if4?f=/a.html',
      '/if4?f=/dir',
      '/if4?f=/nope',
      '/if5?f=/dir',
      '/if5?zero=0',
      '/if5?zero=00',
      '/if5?zero=',
      '/if6?a=1',
      '/if6?b=1',
      '/if6',
      '/if7',
      '/if7?a=1',
      '/if7?a=1&b=1',
      '/break',
      '/retif | X-A: abc',
      '/retif',
      '/files/a.html',
      '/files/a.html?gone=1',
    ],
  },
  {
    name: 'return',
    server: `default_type text/x-default; location /r1 { return 301 /to; } location /r2 { return 302 http://x/$arg_a; } location /r3 { return https://x/; } location /r4 { return 444; }
      location /r5 { return 404; } location /r6 { return 404 "text $uri"; } location /r7 { return 200; } location /r8 { return 204; } location /r9 { return 500 oops; }
      location /ra { return 307 /seven; } location /rb { return 308 $scheme://$host:1/$args; } location /rc { return 303 relative; } location /rd { return 200 '{"a":1}'; }
      location = /re.html { return 200 html; } location /rf { types { } default_type application/json; return 200 '{}'; } location /rg { return 418; } location /rh { return 403; }
      location /ri { return 302 ""; } location /rj { return 200 ""; } location /rk { return 304; } location /rl { return 401; } location /rm { return 599 x; } location /rn { return 700 x; }
      location /ro { return 301 //evil.com/; } location /rq { return 302 $request_uri; } location /rs { return 302 "/a b"; } location /rt { return 206 part; }`,
    requests: [
      '/r1',
      '/r1?q',
      'HEAD /r1',
      '/r2?a=b',
      '/r2',
      '/r3',
      '/r4',
      '/r5',
      '/r6',
      '/r7',
      'HEAD /r7',
      '/r8',
      '/r9',
      '/ra',
      '/rb?x=1',
      '/rc',
      '/rd',
      '/re.html',
      '/rf',
      '/rg',
      '/rh',
      '/ri',
      '/rj',
      '/rk',
      '/rl',
      '/rm',
      '/rn',
      ['/ro', 'location-host', 301],
      'POST /r6 || body',
      'PUT /rd || body',
      'DELETE /rd',
      'OPTIONS /rd',
      'PATCH /rd || x',
      'HEAD /rd',
      'FOO /rd',
      '/rq?a=b',
      ['/rs', 'location-escapes', 302],
      '/rt',
      '/r1 | Host: a.b:99',
    ],
  },
  {
    name: 'error_page',
    server: `root FOLDER/www; error_page 404 /errors/404.html; error_page 403 =200 /errors/403.html; error_page 500 502 =503 /errors/50x.html;
      location /named { error_page 404 =410 @gone; return 404; } location @gone { return 200 "gone $uri"; }
      location /handler { error_page 404 = /script; return 404; } location /script { return 201 "script $request_uri $uri $args"; }
      location /text { error_page 404 /errors/404.html; return 404 "own text"; } location /redirect { error_page 404 http://other/x; return 404; }
      location /redirect301 { error_page 404 =301 http://other/x; return 404; } location /redirect2 { error_page 404 =200 http://other/x; return 404; }
      location /deny { deny all; } location /fail { return 500; } location /bad { return 502; } location /unmatched { return 429; }
      location /empty { error_page 418 /a.html; return 404; } location /vars { error_page 404 /errors/$arg_p.html; return 404; }
      location /nested { error_page 404 /nested2; return 404; } location /nested2 { error_page 403 /a.html; return 403; }
      location /recursive { recursive_error_pages on; error_page 404 /recursive2; return 404; }
      location /recursive2 { recursive_error_pages on; error_page 403 /a.html; return 403; }
      location /query { error_page 404 = /script?from=error; return 404; } location /missing { error_page 404 /not/there; return 404; }
      location /loop { recursive_error_pages on; error_page 404 /loop; return 404; } location /named2 { error_page 403 = @gone; deny all; }
      location /method { error_page 405 =200 /a.html; } location /code { error_page 404 =204 /a.html; return 404; } location /same { error_page 404 @gone; return 404; }
      location /big { client_max_body_size 2; error_page 413 /errors/50x.html; } location /hdr { add_header X-A a; add_header X-B b always; return 404; }
      location /e301 { error_page 301 =200 /a.html; return 301 /x; } location /e401 { error_page 401 /a.html; auth_basic x; auth_basic_user_file FOLDER/users; }`,
    requests: [
      '/nope',
      'HEAD /nope',
      'POST /nope || x',
      '/named/x',
      '/handler?a=1',
      '/text',
      '/redirect',
      '/redirect301',
      '/redirect2',
      '/deny',
      '/fail',
      '/bad',
      '/unmatched',
      '/empty',
      '/vars?p=404',
      '/vars?p=x',
      '/nested',
      '/recursive',
      '/query?a=1',
      '/missing',
      '/loop',
      '/named2',
      'POST /method || x',
      '/code',
      '/same',
      'POST /big || 12345',
      '/hdr',
      ['/e301', 'stale-fields', 200],
      '/e401',
      '/noindex/',
      '/errors/404.html',
      '/nope | If-None-Match: *',
      '/nope | Range: bytes=0-3',
      '/nope | Accept-Encoding: gzip',
      '/%',
    ],
  },
  {
    name: 'redirects',
    server: `server { listen LISTEN; server_name main.example second; root FOLDER/www; location /r { return 301 /to; } location /rw { rewrite ^ /to permanent; } }
      server { listen LISTEN; server_name relative; root FOLDER/www; absolute_redirect off; location /r { return 301 /to; } location /rw { rewrite ^ /to permanent; } }
      server { listen LISTEN; server_name noport; root FOLDER/www; port_in_redirect off; location /r { return 301 /to; } }
      server { listen LISTEN; server_name byname other; root FOLDER/www; server_name_in_redirect on; location /r { return 301 /to; } }
      server { listen LISTEN; server_name both; root FOLDER/www; server_name_in_redirect on; port_in_redirect off; location /r { return 301 /to; } }`,
    requests: [
      'main.example',
      'second',
      'unknown',
      'relative',
      'noport',
      'byname',
      'other',
      'other:1',
      'both',
      'MAIN.example.',
    ].flatMap((host) => ['/r?q', '/rw', '/dir', '/dir?a=b'].map((path) => `${path} | Host: ${host}`)),
  },
];

compareWithNginx('rewrite rules, error pages and redirects beside nginx', pieces, makeFiles);
