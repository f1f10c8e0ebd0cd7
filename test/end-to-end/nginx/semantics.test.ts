// What nginx.conf means, row by row; see docs/nginx.md for where Galley differs. Expectations are written by hand.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { AppFolder } from '../../support/app-folder.ts';
import { runGalley } from '../../support/galley.ts';
import { type NginxServing, serveWithGalley } from '../../support/nginx-serving.ts';
import { answersIn } from './answer-text.ts';
import { askRaw } from './ask-raw.ts';
import { makeFiles } from './files.ts';
import { RecordingUpstreams } from './recording-upstream.ts';

/** Requests with `STATUS`, the location of a redirect, the fields that are named, and the body where it is no page of an error. */
type Answers = Readonly<Record<string, string>>;

const kinds = `location ^~ /pre/ { return 200 final; } location /pre/long { return 200 prefix; } location ~ \\.php$ { return 200 regex; }`;

const rows: readonly (readonly [name: string, server: string, answers: Answers])[] = [
  [
    '= and prefix',
    'location = /eq { return 200 exact; } location /eq { return 200 prefix; }',
    { '/eq': '200 exact', '/eq/': '200 prefix', '/eqx': '200 prefix' },
  ],
  [
    'a regex wins over a longer prefix without ^~',
    kinds,
    { '/pre/long.php': '200 regex', '/pre/x': '200 final', '/pre/x.php': '200 final' },
  ],
  [
    'the first regex in file order',
    'location ~ ^/case { return 200 first; } location ~ ^/casefull/.*gif$ { return 200 longer; }',
    { '/casefull/t.gif': '200 first' },
  ],
  [
    'alias with a slash on both sides',
    'location /al/ { alias FOLDER/www/; } location ~ ^/ra/(.*)$ { alias FOLDER/www/$1; } location ~ /\\. { deny all; }',
    {
      '/al../secret.txt': '404',
      '/al/../secret.txt': '404',
      '/ra/..%2fsecret.txt': '404',
      '/al/..%252fsecret.txt': '403',
      '/al/..\\secret.txt': '403',
      '/.git/config': '403',
      '/al/two.txt': '200 ab',
    },
  ],
  [
    'paths that lead out, and broken ones',
    'root FOLDER/www;',
    {
      '/../../etc/passwd': '400',
      '/..': '400',
      '/dir/x.html%00.txt': '400',
      'raw:GET /a b.txt HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n': '400',
      '//dir//x.html': '200 x of dir\n',
      '/dir': '301 -> http://localhost:PORT/dir/',
      '/dir/x.html/': '404',
    },
  ],
  [
    'proxy_pass with and without a path, with variables, after rewrite break',
    `proxy_set_header X-Answer echo-target; location /p1/ { proxy_pass http://UPSTREAM0/base/; } location /p2/ { proxy_pass http://UPSTREAM0; } location /p3 { proxy_pass http://UPSTREAM0/; } location /p4/ { proxy_pass http://UPSTREAM0/base; }
     location /p5/ { set $u http://UPSTREAM0; proxy_pass $u; } location /p6/ { set $u http://UPSTREAM0; proxy_pass $u/fixed; } location /p7/ { rewrite ^/p7/(.*)$ /rw/$1 break; proxy_pass http://UPSTREAM0; } location ~ ^/r/ { proxy_pass http://UPSTREAM0; }`,
    {
      '/p1/a/b?x=1': '200 GET /base/a/b?x=1',
      '/p1/%2Fa%20b': '200 GET /base/a%20b',
      '/p2/a//b%20c?x=1': '200 GET /p2/a//b%20c?x=1',
      '/p1/../p2/z': '200 GET /p2/z',
      '/p3x/y': '200 GET /x/y',
      '/p4/a': '200 GET /basea',
      '/p5/a%20b?q=1': '200 GET /p5/a%20b?q=1',
      '/p6/a?q=1': '200 GET /fixed',
      '/p7/a%20b?q=1': '200 GET /rw/a%20b?q=1',
      '/r/a%20b?q=1': '200 GET /r/a%20b?q=1',
    },
  ],
  [
    'fields for upstreams',
    `location / { proxy_set_header X-Answer echo; proxy_pass http://UPSTREAM0; } location /own { proxy_set_header X-Answer echo; proxy_set_header X-Outer o; proxy_set_header Host $http_host;
     location /own/in { proxy_set_header X-Answer echo; proxy_pass http://UPSTREAM0; } location /own/inherits { proxy_pass http://UPSTREAM0; } }`,
    {
      '/': '200 GET / HTTP/1.0 | connection: close | host: UPSTREAM0',
      '/own/in': '200 GET /own/in HTTP/1.0 | connection: close | host: UPSTREAM0',
      '/own/inherits': '200 GET /own/inherits HTTP/1.0 | connection: close | host: localhost | x-outer: o',
      '/ | Connection: close, X-Strip | X-Strip: 1 | X-Kept: 2':
        '200 GET / HTTP/1.0 | connection: close | host: UPSTREAM0 | x-kept: 2',
      '/ | X_Under: 1 | Proxy: evil': '200 GET / HTTP/1.0 | connection: close | host: UPSTREAM0',
    },
  ],
  [
    'add_header: of the innermost level that has some',
    'add_header X-Server s; location /hdr { add_header X-Loc l; return 200 x; } location /none { return 200 x; } location /404 { add_header X-Plain p; add_header X-Always a always; return 404; }',
    {
      '/hdr | @x-loc @x-server': '200 x-loc=l x-server=- x',
      '/none | @x-server': '200 x-server=s x',
      '/404 | @x-plain @x-always': '404 x-plain=- x-always=a',
    },
  ],
  [
    'if is a location inside of a location',
    'add_header X-Server s; location /if1 { set $x before; if ($arg_b) { add_header X-If b; set $x inside; } return 200 $x; }',
    {
      '/if1?b=1 | @x-if @x-server': '200 x-if=b x-server=- inside',
      '/if1 | @x-if @x-server': '200 x-if=- x-server=s before',
    },
  ],
  [
    'try_files',
    'root FOLDER/www; location /tf/ { try_files $uri $uri/ /fallback?x=1; } location /fallback { return 200 "$args $request_uri"; } location /n/ { try_files $uri @named; } location @named { return 200 "$uri"; } location /c/ { try_files $uri =418; }',
    {
      '/tf/nope?y=2': '200 x=1 /tf/nope?y=2',
      '/n/a%20b?q': '200 /n/a b',
      '/c/x | @content-length': '418 content-length=0 ',
    },
  ],
  [
    'rewrite',
    'location /rw2/ { rewrite ^/rw2/(.*)$ /x/$1? permanent; } location /rw3/ { rewrite ^/rw3/(.*)$ http://ex.com/$1; } location /rw4 { rewrite ^ /rw4 last; } location /to-internal { rewrite ^ /internal last; } location /internal { internal; return 200 inside; } location /q/ { rewrite ^/q/(.*)$ /show?name=$1 last; } location /show { return 200 "$arg_name|$arg_admin"; } location /if { if ($arg_a ~ ^(x)) { set $y 1; } if ($arg_a ~ ^(z)$) { set $y 2; } return 200 "[$1]"; }',
    {
      '/rw2/a?q=1': '301 -> http://localhost:PORT/x/a',
      '/rw3/a?q=1': '302 -> http://ex.com/a?q=1',
      '/rw4': '500',
      '/q/me%26admin=1': '200 me%26admin=1|',
      '/if?a=x': '200 []',
      '/to-internal': '200 inside',
      '/internal': '404',
    },
  ],
  [
    'return',
    'location /a { return 301 /to; } location /b { return https://x/; } location /c { return 444; }',
    { '/a': '301 -> http://localhost:PORT/to', '/b': '302 -> https://x/', '/c': '' },
  ],
  [
    'return comes before limits',
    'location / { limit_req zone=one; return 200 x; }',
    { '/?1': '200 x', '/?2': '200 x', '/?3': '200 x' },
  ],
  [
    'limits come before access, access before try_files',
    'root FOLDER/www; location /l/ { limit_req zone=one; deny all; } location /t/ { deny all; try_files /two.txt =404; }',
    { '/l/1': '403', '/l/2': '503', '/t/x': '403' },
  ],
  [
    'error_page',
    `root FOLDER/www; location /a { error_page 404 /h; return 404; } location /b { error_page 404 = /h; return 404; } location /c { error_page 404 =200 /h; return 404; } location /d { error_page 404 =410 @named; return 404; }
     location /status { error_page 404 /errors/$status.html; return 404; } location /made-up { return 418; } location /h { return 201 handler; } location @named { return 200 named; } location /auth/ { error_page 401 /two.txt; auth_basic x; auth_basic_user_file FOLDER/users; }`,
    {
      '/a': '404 handler',
      '/status': '404 our 404 page\n',
      '/made-up | @content-length @content-type': '418 content-length=0 content-type=- ',
      '/b': '201 handler',
      '/c': '200 handler',
      '/d': '410 named',
      '/auth/x | @www-authenticate': '401 www-authenticate=Basic realm="x" ab',
    },
  ],
  ['internal', 'location /i { internal; return 200 x; }', { '/i': '404' }],
  [
    'satisfy any',
    'location / { satisfy any; deny all; auth_basic x; auth_basic_user_file FOLDER/users; }',
    { '/': '401' },
  ],
  [
    'limit_except GET allows HEAD',
    'root FOLDER/www; location / { limit_except GET { deny all; } }',
    { 'HEAD /two.txt': '200', '/two.txt': '200 ab', 'POST /two.txt': '403' },
  ],
  [
    'client_max_body_size',
    'client_max_body_size 10; root FOLDER/www;',
    {
      'POST /two.txt || 12345678901': '413',
      'POST /two.txt | Transfer-Encoding: chunked || b\r\n12345678901\r\n0\r\n\r\n': '413',
      'POST /two.txt || 1234567890': '405',
    },
  ],
  [
    'server_name',
    `server { listen LISTEN default_server; return 200 default; } server { listen LISTEN; server_name exact.com; return 200 exact; } server { listen LISTEN; server_name *.wild.com; return 200 begin; }
     server { listen LISTEN; server_name *.long.wild.com; return 200 longest; } server { listen LISTEN; server_name www.wild.*; return 200 end; } server { listen LISTEN; server_name ~^re; return 200 regex; } server { listen LISTEN; server_name .dot.com; return 200 dot; }
     server { listen LISTEN; server_name ~^re-second; return 200 second; }`,
    {
      '/ | Host: exact.com': '200 exact',
      '/ | Host: exact.com.': '200 exact',
      '/ | Host: EXACT.com:8080': '200 exact',
      '/ | Host: www.wild.com': '200 begin',
      '/ | Host: a.long.wild.com': '200 longest',
      '/ | Host: www.wild.org': '200 end',
      '/ | Host: re-second': '200 regex',
      '/ | Host: dot.com': '200 dot',
      '/ | Host: a.dot.com': '200 dot',
      '/ | Host: other': '200 default',
      '/ | Host: [::1]': '200 default',
      '/ | Host: a..b': '400',
      '/ | Host: ': '400',
      'http://exact.com/zz | Host: other': '200 exact',
    },
  ],
  [
    'Range on a file of two bytes',
    'root FOLDER/www;',
    {
      ...Object.fromEntries(['0-1', '-1', '0-1,99-'].map((range) => [`HEAD /two.txt | Range: bytes=${range}`, '206'])),
      ...Object.fromEntries(
        ['5-', '1-0', 'abc', '0-18446744073709551616'].map((range) => [`HEAD /two.txt | Range: bytes=${range}`, '416']),
      ),
      'HEAD /two.txt | Range: bytes=0-,0-,0-': '200',
      'HEAD /two.txt | Range: items=0-1': '200',
    },
  ],
  [
    'no header injection through variables',
    'location /x/ { return 302 https://$host$uri; } location /h/ { add_header X-Uri $uri; return 200 x; } location /f/ { add_header X-Request $request_uri; return 200 x; }',
    {
      '/x/a%0d%0aX-Inj:1 | @x-inj': '302 -> https://localhost/x/a%0D%0AX-Inj:1 x-inj=-',
      '/h/a%0d%0aX-Inj:1 | @x-inj @x-uri': '500 x-inj=- x-uri=-',
      '/f/a%0d%0aX-Inj:1 | @x-inj @x-request': '200 x-inj=- x-request=/f/a%0d%0aX-Inj:1 x',
    },
  ],
  [
    'arrays are inherited whole or not at all',
    'root FOLDER/www; error_page 404 /two.txt; deny all; location /own/ { error_page 403 /two.txt; } location /allow/ { allow all; } location /deny/ { } location = /two.txt { allow all; }',
    { '/own/x': '403 ab', '/allow/x': '404 ab', '/deny/x': '403' },
  ],
];

describe('the semantics of nginx.conf', () => {
  let files: AppFolder;
  let serving: NginxServing;
  let upstreams: RecordingUpstreams;

  before(async () => {
    upstreams = await RecordingUpstreams.start(1);
    files = await AppFolder.with({});
    await makeFiles(files);
    const http = rows.map(([, server], index) => {
      const text = server.startsWith('server {') ? server : `server { listen LISTEN; ${server} }`;
      return text.replaceAll('LISTEN', `LISTEN${index}`).replaceAll('zone=one', `zone=one${index}`);
    });
    const zones = rows.map((_, index) => `limit_req_zone $server_port zone=one${index}:1m rate=1r/m;`);
    serving = await serveWithGalley({
      http: upstreams.configured([...zones, ...http].join('\n')),
      ports: rows.length,
      folder: files.path,
    });
  });

  after(async () => {
    await serving[Symbol.asyncDispose]();
    await upstreams[Symbol.asyncDispose]();
    await files[Symbol.asyncDispose]();
  });

  for (const [index, [name, , answers]] of rows.entries()) {
    it(name, async () => {
      for (const [line, expected] of Object.entries(answers)) {
        const [request = '', names] = line.split(' | @');
        const { text, methods } = await askRaw(serving.ports[index] ?? 0, request);
        const [answer] = answersIn(text.replaceAll(`:${serving.ports[index]}`, ':PORT'), methods);
        const said = answer === undefined ? '' : summary(answer, names?.split(' @') ?? []);
        assert.equal(upstreams.named(said), expected, line);
      }
    });
  }

  const refusals: readonly (readonly [name: string, location: string, said: RegExp])[] = [
    ['an alias that can be left', 'location /off { alias /srv/www/; }', /alias.*in .*nginx\.conf:1\n/],
    [
      'a proxy_pass with a path in a location by a pattern',
      'location ~ ^/r/ { proxy_pass http://127.0.0.1:1/base; }',
      /"proxy_pass" cannot have URI part in location given by regular expression.*nginx\.conf:1\n/,
    ],
  ];
  for (const [name, location, said] of refusals) {
    it(`refuses ${name}`, async () => {
      await using folder = await AppFolder.with({});
      await folder.write('nginx.conf', `events {} http { server { listen 127.0.0.1:0; ${location} } }`);
      const args = ['nginx', '-t', '-p', folder.path, '-c', 'nginx.conf', '-g', 'pid pid;', '-e', 'error.log'];
      const { code, stderr } = await runGalley(args, { namePython: false });
      assert.equal(code, 1);
      assert.match(stderr, said);
    });
  }
});

const page = /^(?:\d{3} [^\n]+\n|<!doctype html>)/;

function summary({ status, fields, body }: ReturnType<typeof answersIn>[number], names: readonly string[]): string {
  const map = new Map(fields);
  const location = map.get('location');
  const content = page.test(body) || (body === '' && names[0] !== 'content-length') ? [] : [body];
  return [
    `${status}`,
    ...(location ? [`-> ${location}`] : []),
    ...names.map((name) => `${name}=${map.get(name) ?? '-'}`),
    ...content,
  ].join(' ');
}
