import { compareWithNginx, type Piece } from './comparison.ts';
import { makeFiles } from './files.ts';

// Configs as people write them, rather than one directive at a time.
const pieces: readonly Piece[] = [
  {
    name: 'a single-page application',
    server: `root FOLDER/www; index index.html; gzip on; gzip_types text/css application/javascript application/json; gzip_vary on; add_header X-Frame-Options SAMEORIGIN always; add_header X-Content-Type-Options nosniff always;
      location / { try_files $uri $uri/ /index.html; } location ~* \\.(?:css|js|txt)$ { expires 1y; add_header Cache-Control public; access_log off; log_not_found off; } location = /favicon.ico { log_not_found off; access_log off; }
      location = /robots.txt { return 200 "User-agent: *\\n"; } location ~ /\\.(?!well-known) { deny all; } error_page 500 502 503 504 /errors/50x.html; location = /errors/50x.html { internal; }`,
    requests: [
      '/',
      '/app/route',
      '/two.txt',
      '/nope.js',
      '/favicon.ico',
      '/robots.txt',
      '/.env',
      '/.well-known/x',
      '/dir/',
      '/dir',
      '/errors/50x.html',
      '/a.html',
      'POST / || x',
      '/app/route?x=1',
      '/data.json',
      'HEAD /app',
    ],
  },
  {
    name: 'hosts, https and trailing slashes',
    http: 'map $http_x_forwarded_proto $real_scheme { default $scheme; https https; } map $host $canonical { hostnames; default 0; www.site.example 1; }',
    server: `server { listen LISTEN default_server; server_name _; return 444; }
      server { listen LISTEN; server_name www.site.example; return 301 $real_scheme://site.example$request_uri; }
      server { listen LISTEN; server_name site.example; root FOLDER/www; rewrite ^/(.+)/+$ /$1 permanent; if ($request_method !~ ^(GET|HEAD|POST)$) { return 405; } if ($http_user_agent ~* (bot|crawler)) { return 403; } if ($args ~ "p=(\\d+)") { return 301 /page/$1?; }
        location /page/ { return 200 "page $uri $args"; } location / { try_files $uri =404; } }
      server { listen LISTEN; server_name ~^(?<tenant>[a-z]+)\\.tenants\\.example$; root FOLDER/www/$tenant; location = /who { return 200 "$tenant"; } }`,
    requests: [
      '/ | Host: other',
      '/x?y=1 | Host: www.site.example',
      '/x?y=1 | Host: www.site.example | X-Forwarded-Proto: https',
      '/dir/ | Host: site.example',
      '/a//b// | Host: site.example',
      'PUT /x | Host: site.example',
      '/a.html | Host: site.example | User-Agent: GoogleBot',
      '/?p=12 | Host: site.example',
      '/page/1?q | Host: site.example',
      '/a.html | Host: site.example',
      '/who | Host: dir.tenants.example',
      '/x.html | Host: dir.tenants.example',
      '/x.html | Host: list.tenants.example',
      '/who | Host: a1.tenants.example',
    ],
  },
  {
    name: 'cross-origin requests and preflights',
    server: `location /api { if ($request_method = OPTIONS) { add_header Access-Control-Allow-Origin "$http_origin"; add_header Access-Control-Allow-Methods "GET, POST"; add_header Access-Control-Max-Age 86400; add_header Content-Length 0; return 204; }
        add_header Access-Control-Allow-Origin "$http_origin" always; add_header Vary Origin always; return 200 '{}'; } location /api/fail { add_header Access-Control-Allow-Origin * always; return 500 '{"error":true}'; } default_type application/json;`,
    requests: [
      'OPTIONS /api | Origin: http://a',
      '/api | Origin: http://a',
      '/api',
      '/api/fail',
      'POST /api | Origin: null || {}',
    ],
  },
  {
    name: 'downloads, a private area and maintenance',
    server: `root FOLDER/www; set $down 0; if (-f FOLDER/www/maintenance) { set $down 1; } if ($down) { return 503; } error_page 503 @maintenance; location @maintenance { root FOLDER/www/errors; rewrite ^ /50x.html break; }
      location /force { error_page 503 @maintenance; return 503; } location /download/ { alias FOLDER/www/; add_header Content-Disposition "attachment; filename=$arg_name"; types { } default_type application/octet-stream; }
      location /private/ { satisfy any; allow 10.0.0.0/8; deny all; auth_basic Private; auth_basic_user_file FOLDER/users; alias FOLDER/www/; error_page 401 = @login; } location @login { return 302 /login?to=$request_uri; }
      location ~ ^/users/(?<id>\\d+)(?:/(?<action>edit|show))?$ { return 200 "$id:$action"; } location ~* ^/img/(.+)\\.(jpe?g|png)$ { try_files /img/$1.webp /two.txt =404; } location /old { rewrite ^/old/(\\d+)/(.*)$ /users/$1/$2 last; rewrite ^ /gone last; } location = /gone { return 410 "gone"; }`,
    requests: [
      '/a.html',
      '/force',
      '/download/two.txt?name=x.txt',
      '/download/data.json',
      '/private/a.html',
      '/private/a.html | Authorization: Basic dXNlcjpwYXNz',
      '/users/12',
      '/users/12/edit',
      '/users/12/other',
      '/users/x',
      '/img/a.PNG',
      '/img/a.gif',
      '/old/7/show',
      '/old/x',
      '/gone',
      '/private/nope | Authorization: Basic dXNlcjpwYXNz',
    ],
  },
];

compareWithNginx('sites as people configure them, beside nginx', pieces, makeFiles);
