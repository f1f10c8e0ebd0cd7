import { type Compared, compareWithNginx, type Piece } from './comparison.ts';
import { makeFiles } from './files.ts';

const modified = 'Tue, 05 Mar 2024 06:07:08 GMT';
const later = 'Tue, 05 Mar 2024 06:07:09 GMT';
const earlier = 'Tue, 05 Mar 2024 06:07:07 GMT';
/** Of digits.txt: its time and its size. */
const tag = '"65e6b68c-64"';

const ranges: readonly string[] = [
  '0-1',
  '0-0',
  '-1',
  '5-',
  '1-0',
  'abc',
  '0-99',
  '0-100',
  '99-',
  '100-',
  '-100',
  '-200',
  '-0',
  '0-1,3-4',
  '0-1,99-',
  '0-1,200-',
  '0-,0-,0-',
  '200-,300-',
  '0-4,2-6',
  '9-1,0-1',
  ' 0-1',
  '0 -1',
  '0- 1',
  '0-1,',
  ',0-1',
  '0-1 , 3-4',
  '0-18446744073709551616',
  '-',
  '',
  '0-9223372036854775807',
  '--1',
  '1-2-3',
  '0x1-2',
  '0-1;2',
];

const conditions: readonly string[] = [
  `If-Modified-Since: ${modified}`,
  `If-Modified-Since: ${later}`,
  `If-Modified-Since: ${earlier}`,
  'If-Modified-Since: nonsense',
  `If-None-Match: ${tag}`,
  `If-None-Match: W/${tag}`,
  'If-None-Match: "x"',
  'If-None-Match: *',
  `If-None-Match: "x", ${tag}`,
  `If-Match: ${tag}`,
  `If-Match: W/${tag}`,
  'If-Match: "x"',
  'If-Match: *',
  `If-Unmodified-Since: ${modified}`,
  `If-Unmodified-Since: ${earlier}`,
  `If-Unmodified-Since: ${later}`,
  `If-None-Match: "x" | If-Modified-Since: ${modified}`,
  `If-Match: ${tag} | If-None-Match: ${tag}`,
  `Range: bytes=0-1 | If-Range: ${tag}`,
  'Range: bytes=0-1 | If-Range: "x"',
  `Range: bytes=0-1 | If-Range: ${modified}`,
  `Range: bytes=0-1 | If-Range: ${earlier}`,
  `Range: bytes=0-1 | If-Range: ${later}`,
  `Range: bytes=0-1 | If-None-Match: ${tag}`,
  `Range: bytes=200- | If-None-Match: ${tag}`,
  `Range: bytes=0-1 | If-Range: W/${tag}`,
];

const asked = (target: string, fields: readonly string[]): Compared[] => fields.map((field) => `${target} | ${field}`);

const pieces: readonly Piece[] = [
  {
    name: 'ranges',
    server:
      'root FOLDER/www; location /max/ { alias FOLDER/www/; max_ranges 1; } location /none/ { alias FOLDER/www/; max_ranges 0; } location /text { return 200 0123456789; }',
    requests: [
      ...asked(
        '/digits.txt',
        ranges.map((range) => `Range: bytes=${range}`),
      ),
      ...asked(
        '/two.txt',
        ['0-1', '-1', '5-', '1-0', '0-1,99-', '0-,0-,0-', '0-18446744073709551616'].map(
          (range) => `Range: bytes=${range}`,
        ),
      ),
      '/digits.txt | Range: items=0-1',
      '/digits.txt | Range: Bytes=0-1',
      'HEAD /digits.txt | Range: bytes=0-1',
      'HEAD /digits.txt | Range: bytes=200-',
      '/empty.txt | Range: bytes=0-',
      '/empty.txt | Range: bytes=-1',
      '/max/digits.txt | Range: bytes=0-1',
      '/max/digits.txt | Range: bytes=0-1,3-4',
      '/none/digits.txt | Range: bytes=0-1',
      '/text | Range: bytes=0-1',
      '/digits.txt | Range: bytes=0-1 | Range: bytes=3-4',
      '/dir/ | Range: bytes=0-1',
      '/digits.txt HTTP/1.0 | Range: bytes=0-1',
    ],
  },
  {
    name: 'conditions',
    server: `root FOLDER/www; location /off/ { alias FOLDER/www/; if_modified_since off; } location /before/ { alias FOLDER/www/; if_modified_since before; }
      location /notag/ { alias FOLDER/www/; etag off; }`,
    requests: [
      ...asked('/digits.txt', conditions),
      ...asked('/off/digits.txt', conditions.slice(0, 5)),
      ...asked('/before/digits.txt', conditions.slice(0, 4)),
      ...asked('/notag/digits.txt', [...conditions.slice(0, 6), ...conditions.slice(18, 21)]),
      `HEAD /digits.txt | If-None-Match: ${tag}`,
      `HEAD /digits.txt | If-Match: "x"`,
      `/dir/ | If-Modified-Since: ${modified}`,
      `/nope | If-None-Match: *`,
      `POST /digits.txt | If-None-Match: * || x`,
    ],
  },
  {
    name: 'methods',
    server:
      'root FOLDER/www; location /text { return 200 text; } location /gif { empty_gif; } location /list/ { autoindex on; }',
    requests: ['/two.txt', '/dir/', '/text', '/gif', '/list/', '/nope', '/dir']
      .flatMap((target) =>
        ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE', 'PROPFIND', 'FOO'].map(
          (method): Compared =>
            target === '/gif' && method === 'GET' ? ['/gif', 'empty-gif', 200] : `${method} ${target}`,
        ),
      )
      .concat([['get /text', 'method-case', 200]]),
  },
  {
    name: 'index',
    server: `root FOLDER/www; index nope.html index.html; location /dir/ { index x.html; } location /a/ { alias FOLDER/www/dir/; index /a.html; }
      location /noindex/ { } location /v/ { alias FOLDER/www/; index $arg_i index.html; } location = /list/a.html { return 200 found; } location /list/ { index a.html; }
      location /p/ { alias FOLDER/www/; index x.php; } location ~ \\.php$ { return 200 "php $uri"; }`,
    requests: [
      '/',
      '/?q=1',
      '/dir/',
      '/a/',
      '/noindex/',
      '/noindex',
      '/v/?i=a.html',
      '/v/?i=nope',
      '/v/',
      '/list/',
      'HEAD /',
      '/p/',
      '/index.html',
      '/dir/index.html',
      '/nope/',
      '/a.html/',
    ],
  },
  {
    name: 'autoindex',
    server: `root FOLDER/www; autoindex on; location /json/ { alias FOLDER/www/list/; autoindex_format json; } location /xml/ { alias FOLDER/www/list/; autoindex_format xml; }
      location /size/ { alias FOLDER/www/list/; autoindex_exact_size off; } location /off/ { alias FOLDER/www/list/; autoindex off; } location /jsonp/ { alias FOLDER/www/list/; autoindex_format jsonp; }`,
    requests: [
      '/list/',
      'HEAD /list/',
      '/list',
      '/list/sub/',
      '/json/',
      '/size/',
      '/off/',
      '/jsonp/?callback=cb',
      '/jsonp/',
      '/noindex/',
      '/gz/',
      '/list/.hidden',
      '/dir/',
      '/nope/',
      '/xml/',
    ],
  },
  {
    name: 'types and charset',
    server: `root FOLDER/www; types { text/html html; text/plain txt; application/json json; } default_type application/x-unknown; charset utf-8;
      location /c/ { alias FOLDER/www/; charset latin1; charset_types application/json; } location /off/ { alias FOLDER/www/; charset off; } location /text { return 200 text; }
      location = /t.html { return 200 html; } location /types/ { alias FOLDER/www/; types { application/other TXT; } } location /var/ { alias FOLDER/www/; charset $arg_c; }
      location /r { return 301 /x; }`,
    requests: [
      '/a.html',
      '/two.txt',
      '/data.json',
      '/noextension',
      '/c/a.html',
      '/c/data.json',
      '/c/two.txt',
      '/off/a.html',
      '/text',
      '/t.html',
      '/types/two.txt',
      '/types/a.html',
      '/r',
      '/var/a.html?c=x',
      'HEAD /a.html',
      '/a.html | Range: bytes=0-1',
      `/a.html | If-Modified-Since: ${modified}`,
      '/nope',
      '/x.php',
    ],
  },
  {
    name: 'gzip_static and gunzip',
    server:
      'root FOLDER/www/gz; types { text/html html; } gzip_static on; location /any/ { alias FOLDER/www/gz/; gzip_proxied any; gzip_http_version 1.0; } location /always/ { alias FOLDER/www/gz/; gzip_static always; } location /gunzip/ { alias FOLDER/www/gz/; gzip_static always; gunzip on; }',
    requests: [
      '/page.html',
      '/page.html | Accept-Encoding: gzip',
      '/page.html | Accept-Encoding: gzip;q=0',
      '/page.html | Accept-Encoding: br',
      '/page.html HTTP/1.0 | Accept-Encoding: gzip',
      '/always/page.html',
      '/always/page.html | Accept-Encoding: gzip',
      ['/gunzip/page.html', 'gunzip-vary', 200],
      ['/gunzip/page.html | Accept-Encoding: gzip', 'gunzip-vary', 200],
      '/page.html | Accept-Encoding: gzip | Range: bytes=0-1',
      'HEAD /page.html | Accept-Encoding: gzip',
      '/any/page.html | Accept-Encoding: gzip | Via: 1.1 x',
      '/any/page.html HTTP/1.0 | Accept-Encoding: gzip',
      '/always/page.html HTTP/1.0',
      '/page.html | Accept-Encoding: gzip | Via: 1.1 x',
      '/nope | Accept-Encoding: gzip',
    ],
  },
];

compareWithNginx('files beside nginx', pieces, makeFiles);
