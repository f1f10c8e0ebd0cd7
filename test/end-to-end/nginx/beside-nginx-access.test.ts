import { type Compared, compareWithNginx, type Piece } from './comparison.ts';
import { makeFiles } from './files.ts';

const basic = (text: string): string => `Authorization: Basic ${Buffer.from(text, 'latin1').toString('base64')}`;
const credentials = [
  basic('user:pass'),
  basic('user:wrong'),
  basic('anna:secret'),
  basic('bob:word'),
  basic('nobody:x'),
  'Authorization: Basic',
  'Authorization: Basic !!!',
  basic('user'),
  basic(':'),
  basic('user:'),
  basic('user:pass\0'),
  'Authorization: Bearer x',
  `${basic('user:pass')}x`,
  basic('user:pass').replace('Basic', 'BASIC'),
  basic('user:pass').replace('Basic ', 'Basic   '),
  '',
];

const pieces: readonly Piece[] = [
  {
    name: 'allow, deny, auth_basic and satisfy',
    server: `root FOLDER/www; location /deny { deny all; } location /allow { allow 127.0.0.1; deny all; return 200 never-limited; } location /allowf/ { alias FOLDER/www/; allow 127.0.0.0/8; deny all; }
      location /first/ { alias FOLDER/www/; deny 127.0.0.1; allow all; } location /other/ { alias FOLDER/www/; allow 10.0.0.0/8; deny all; } location /open/ { alias FOLDER/www/; allow 10.0.0.1; }
      location /auth/ { alias FOLDER/www/; auth_basic "the realm"; auth_basic_user_file FOLDER/users; add_header X-User "$remote_user" always; location /auth/off/ { alias FOLDER/www/; auth_basic off; } }
      location /any/ { alias FOLDER/www/; satisfy any; deny all; auth_basic any; auth_basic_user_file FOLDER/users; } location /anyok/ { alias FOLDER/www/; satisfy any; allow 127.0.0.1; deny all; auth_basic any; auth_basic_user_file FOLDER/users; }
      location /all/ { alias FOLDER/www/; satisfy all; deny all; auth_basic all; auth_basic_user_file FOLDER/users; } location /nofile/ { alias FOLDER/www/; auth_basic x; auth_basic_user_file FOLDER/nope; }
      location /inherit/ { deny all; location /inherit/a/ { alias FOLDER/www/; } location /inherit/b/ { alias FOLDER/www/; allow all; } } location /six/ { alias FOLDER/www/; deny ::/0; allow all; }
      location /ret { deny all; return 200 returned; } location /realm/ { alias FOLDER/www/; auth_basic $arg_r; auth_basic_user_file FOLDER/users; }`,
    requests: [
      '/deny',
      '/allow',
      '/allowf/a.html',
      '/first/a.html',
      '/other/a.html',
      '/open/a.html',
      ...credentials.map((each): Compared => {
        const line = `/auth/a.html | ${each || 'X-No: 1'}`;
        return each === basic('user:pass\0') ? [line, 'password-nul', 401] : line;
      }),
      '/auth/off/a.html',
      '/any/a.html',
      `/any/a.html | ${credentials[0]}`,
      '/anyok/a.html',
      '/all/a.html',
      `/all/a.html | ${credentials[0]}`,
      '/nofile/a.html',
      `/nofile/a.html | ${credentials[0]}`,
      '/inherit/a/a.html',
      '/inherit/b/a.html',
      '/six/a.html',
      '/ret',
      '/realm/a.html?r=x',
      '/realm/a.html?r=off',
      'HEAD /auth/a.html',
      'POST /auth/a.html || x',
      '/deny/../auth/a.html',
    ],
  },
  {
    name: 'auth_request',
    server: `root FOLDER/www; location = /yes { internal; return 200; } location = /no { return 403; } location = /login { add_header WWW-Authenticate "Custom x" always; return 401; } location = /err { return 500; } location = /found { return 302 /x; }
      location /a/ { alias FOLDER/www/; auth_request /yes; auth_request_set $who $sent_http_x_who; add_header X-Who "[$who]"; } location = /who { add_header X-Who anna; return 204; } location /b/ { alias FOLDER/www/; auth_request /no; } location /c/ { alias FOLDER/www/; auth_request /login; }
      location /d/ { alias FOLDER/www/; auth_request /err; } location /e/ { alias FOLDER/www/; auth_request /found; } location /f/ { alias FOLDER/www/; auth_request /nope; } location /g/ { alias FOLDER/www/; auth_request /who; auth_request_set $who $sent_http_x_who; add_header X-Who "[$who]"; }
      location /h/ { alias FOLDER/www/; satisfy any; auth_request /no; auth_basic x; auth_basic_user_file FOLDER/users; } location /i/ { alias FOLDER/www/; auth_request off; } location /j/ { auth_request /no; location /j/in/ { alias FOLDER/www/; auth_request off; } }
      location /k/ { alias FOLDER/www/; auth_request /a.html; error_page 401 =200 /two.txt; } location /l/ { alias FOLDER/www/; auth_request /login; error_page 401 /two.txt; }`,
    requests: [...'abcdefghikl']
      .map((each) => `/${each}/a.html`)
      .concat([
        `/h/a.html | ${credentials[0]}`,
        '/j/x',
        '/j/in/a.html',
        'HEAD /a/a.html',
        'POST /a/a.html || x',
        '/a/nope',
        '/b/nope',
      ]),
  },
  {
    name: 'limit_except, referer, secure_link',
    server: `root FOLDER/www; location /le/ { alias FOLDER/www/; limit_except GET { deny all; } } location /lep/ { limit_except POST { auth_basic x; auth_basic_user_file FOLDER/users; } return 200 x; } location /lea/ { alias FOLDER/www/; limit_except PUT { allow 127.0.0.1; deny all; } }
      location /ref { valid_referers none blocked server_names *.good.com good.org/path ~\\.google\\.; if ($invalid_referer) { return 403; } return 200 "[$invalid_referer]"; } server_name me.example;
      location /sl { secure_link $arg_md5,$arg_expires; secure_link_md5 "$secure_link_expires$uri secret"; return 200 "[$secure_link|$secure_link_expires]"; } location /sls/ { secure_link_secret word; return 200 "[$secure_link]"; }
      location /gif { empty_gif; }`,
    requests: [
      ...['/le/a.html', '/lep/x', '/lea/a.html'].flatMap((target) =>
        ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'].map((method) => `${method} ${target}`),
      ),
      `DELETE /lep/x | ${credentials[0]}`,
      '/ref',
      ...[
        'http://www.good.com/',
        'https://a.b.good.com/x',
        'http://good.com/',
        'http://good.org/path/x',
        'http://good.org/other',
        'http://www.google.com/',
        'blocked',
        'http://me.example/',
        'https://me.example:8080/x',
        'http://evil/',
        'ftp://x',
        '',
        'http://x.good.com.evil/',
      ].map((each) => `/ref | Referer: ${each}`),
      '/sl',
      '/sl?md5=x&expires=1',
      '/sl?md5=_FFFFFFFFFFFFFFFFFFFFg',
      '/sl?md5=s&expires=99999999999',
      '/sls/x',
      '/sls/900150983cd24fb0d6963f7d28e17f72/a',
      'HEAD /gif',
      'POST /gif',
    ],
  },
  {
    name: 'real ip, recursive or not',
    server: `server { listen LISTEN; server_name once; set_real_ip_from 127.0.0.1; set_real_ip_from 10.0.0.0/8; real_ip_header X-Forwarded-For; return 200 "$remote_addr|$realip_remote_addr"; }
      server { listen LISTEN; server_name again; set_real_ip_from 127.0.0.1; set_real_ip_from 10.0.0.0/8; real_ip_header X-Forwarded-For; real_ip_recursive on; return 200 "$remote_addr"; }
      server { listen LISTEN; server_name none; set_real_ip_from 10.0.0.0/8; real_ip_header X-Forwarded-For; return 200 "$remote_addr"; }
      server { listen LISTEN; server_name field; set_real_ip_from 127.0.0.1; real_ip_header X-Client; return 200 "$remote_addr"; location /deny { deny 9.9.9.9; } }`,
    requests: ['once', 'again', 'none', 'field'].flatMap((host) =>
      [
        '1.2.3.4',
        '1.2.3.4, 10.0.0.1',
        '1.2.3.4,10.0.0.1,10.0.0.2',
        'x',
        '',
        '::1',
        '1.2.3.4:80',
        '10.0.0.1',
        'unknown, 10.0.0.1',
      ].map((each) => `/ | Host: ${host} | X-Forwarded-For: ${each} | X-Client: ${each}`),
    ),
  },
  {
    name: 'mirror',
    server: `root FOLDER/www; location /m/ { alias FOLDER/www/; mirror /mirrored; } location = /mirrored { internal; return 200 x; } location /moff/ { alias FOLDER/www/; mirror off; }`,
    requests: ['/m/a.html', 'POST /m/a.html || x', '/moff/a.html', 'HEAD /m/a.html', '/m/nope'],
  },
];

compareWithNginx('access beside nginx', pieces, makeFiles);
