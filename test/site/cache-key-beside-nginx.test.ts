import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { type NginxServing, serveWithGalley, serveWithNginx } from '../support/nginx-serving.ts';
import { requires } from '../support/requirements.ts';

/** What is asked, one after the other: the target and the cookie. */
const cases: Readonly<Record<string, readonly (readonly [target: string, cookie?: string])[]>> = {
  'auth_request does not share what it guards': [
    ['/private', 'good'],
    ['/private', 'good'],
    ['/private', 'bad'],
    ['/private'],
  ],
  'an auth_request without a URI of its own does not share what it guards': [
    ['/own/a', 'good'],
    ['/own/a', 'bad'],
  ],
  'an error page does not share what it stands for': [['/gone/a'], ['/e'], ['/gone/a'], ['/gone/b']],
  'paths are those that the upstream sees': [['/one/a?b'], ['/two/a?b'], ['/base/a?b'], ['/two/a?c']],
  'a rewrite counts': [['/old/a'], ['/new/a'], ['/old/b?c'], ['/new/b?c']],
  'a URL of variables counts as it is': [['/url/a'], ['/url/b'], ['/fixed']],
  'encoded paths': [['/one/%61%20b'], ['/one/a%20b'], ['/base/a%20b'], ['/%61'], ['/a']],
};

/** Keys of what upstreams are asked for. */
describe('The default key of a cache beside nginx', { skip: requires('nginx') }, () => {
  let origin: Server;
  let servers: readonly NginxServing[] = [];

  before(async () => {
    origin = createServer(({ url = '', headers }, response) => {
      const isCheck = url === '/auth' || url === '/check';
      const status = isCheck && headers.cookie !== 'good' ? 403 : url.startsWith('/gone') ? 404 : 200;
      response.writeHead(status, { 'content-type': 'text/plain', ...(isCheck && { 'cache-control': 'no-store' }) });
      response.end(`${url} for ${headers.cookie}`);
    }).listen(0, '127.0.0.1');
    await once(origin, 'listening');
    const { port } = origin.address() as AddressInfo;
    const http = `
      proxy_cache_path OWN/cache keys_zone=z:1m;
      upstream u { server 127.0.0.1:${port}; }
      server {
        listen LISTEN0;
        add_header x-cache $upstream_cache_status always;
        proxy_cache z;
        proxy_cache_lock on;
        proxy_cache_valid 200 10m;
        location / { proxy_pass http://u; }
        location = /auth { internal; proxy_pass http://u/auth; }
        location = /check { internal; proxy_pass http://u; }
        location /private { auth_request /auth; proxy_pass http://u; }
        location /own/ { auth_request /check; proxy_pass http://u; }
        location /gone/ { proxy_intercept_errors on; error_page 404 =200 /e; proxy_pass http://u; }
        location = /e { proxy_pass http://u; }
        location /one/ { proxy_pass http://u/base/; }
        location /two/ { proxy_pass http://u/base/; }
        location /old/ { rewrite ^/old/(.*) /new/$1 break; proxy_pass http://u; }
        location /url/ { set $to u; proxy_pass http://$to/fixed; }
      }`;
    servers = await Promise.all([serveWithGalley({ http }), serveWithNginx({ http })]);
  });

  after(async () => {
    for (const server of servers) await server[Symbol.asyncDispose]();
    origin.close();
    origin.closeAllConnections();
  });

  for (const [name, asks] of Object.entries(cases)) {
    it(`does the same: ${name}`, async () => {
      const [ours, theirs] = await Promise.all(
        servers.map(async ({ ports: [port] }) => {
          const answers: unknown[] = [];
          for (const [target, cookie] of asks) {
            const response = await fetch(`http://127.0.0.1:${port}${target}`, {
              headers: cookie === undefined ? {} : { cookie },
            });
            const { status, headers } = response;
            const text = await response.text();
            answers.push([target, status, headers.get('x-cache'), status === 200 ? text : '']);
          }
          return answers;
        }),
      );
      assert.deepEqual(ours, theirs);
    });
  }
});
