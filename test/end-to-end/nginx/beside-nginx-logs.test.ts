import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { AppFolder } from '../../support/app-folder.ts';
import { type NginxServing, serveWithGalley, serveWithNginx } from '../../support/nginx-serving.ts';
import { requires } from '../../support/requirements.ts';
import { until } from '../../support/until.ts';
import { askRaw } from './ask-raw.ts';
import { makeFiles } from './files.ts';

const http = `log_format line '$remote_addr "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" [$uri] [$args] $request_method $server_protocol $http_host';
  log_format json escape=json '{"r":"$request","u":"$http_user_agent","s":$status,"q":"$arg_q"}'; log_format none escape=none '$request_uri|$http_x_a';
  log_format facts '$request_length $connection_requests $sent_http_content_type $sent_http_location $cookie_c $remote_user';
  map $status $failed { ~^[45] 1; default 0; }
  server { listen LISTEN0; server_name main; root FOLDER/www; access_log OWN/line.log line; access_log OWN/json.log json; access_log OWN/facts.log facts; access_log OWN/combined.log;
    access_log OWN/failed.log none if=$failed; location /off { access_log off; return 200 off; } location /own { access_log OWN/own.log none; return 200 own; } location /r { return 301 /x; }
    location /e { error_page 404 /a.html; return 404; } location /in { rewrite ^ /two.txt last; } location /444 { return 444; } location /auth { auth_basic x; auth_basic_user_file FOLDER/users; } location = /n { return 204; } }`;

const requests: readonly string[] = [
  '/a.html',
  '/nope?q=1',
  'HEAD /a.html',
  'POST /own || body',
  '/off',
  '/own | X-A: x',
  '/r',
  '/e',
  '/in?a=b',
  '/444',
  '/auth',
  '/n',
  '/dir',
  '/two.txt | Range: bytes=0-0',
  '/two.txt | If-None-Match: *',
  '/two.txt | User-Agent: "quoted" \\ Ã©',
  '/two.txt?q="x" | Referer: http://a/"',
  '/nope | X-A: "a"',
  '/two.txt | Cookie: c=1',
  '/two.txt | Authorization: Basic dXNlcjpwYXNz',
  '/two.txt HTTP/1.0',
  '/a%20b.txt',
  'FOO /two.txt',
  '/two.txt | User-Agent: ',
  'raw:GET /two.txt HTTP/1.1\r\nHost: main\r\n\r\nGET /n HTTP/1.1\r\nHost: main\r\nConnection: close\r\n\r\n',
  '/two.txt | Host: other:1',
];
const logs = ['line', 'json', 'facts', 'combined', 'failed', 'own'];

it('writes the lines of logs that nginx writes', { skip: requires('nginx') }, async () => {
  await using files = await AppFolder.with({});
  await makeFiles(files);
  await using nginx = await serveWithNginx({ http, folder: files.path });
  await using galley = await serveWithGalley({ http, folder: files.path });
  for (const request of requests) {
    await askRaw(nginx.ports[0] ?? 0, request);
    await askRaw(galley.ports[0] ?? 0, request);
  }
  for (const log of logs) {
    const theirs = linesOf(nginx, log);
    await until(
      () => linesOf(galley, log).length >= theirs.length,
      () => `${log}.log: ${linesOf(galley, log).join('\n')}`,
    );
    assert.deepEqual(linesOf(galley, log), theirs, log);
  }
  assert.equal(linesOf(nginx, 'combined').length, requests.length - 2);
});

/** Without what is another one for each, and without the size and the type of pages of errors. */
function linesOf({ own, ports }: NginxServing, log: string): string[] {
  const lines = readFileSync(own.file(`${log}.log`), 'latin1')
    .split('\n')
    .slice(0, -1);
  return lines.map((line) =>
    line
      .replace(/\[\d\d\/\w+\/[^\]]+\]/, '[TIME]')
      .replace(/( (?:[45]\d\d|301) )\d+ /, '$1SIZE ')
      .replace(/text\/(?:html|html; charset=utf-8|plain; charset=utf-8) /, 'PAGE ')
      .replaceAll(String(ports[0]), 'PORT'),
  );
}
