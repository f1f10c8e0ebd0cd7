import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { type NginxServing, serveWithGalley, serveWithNginx } from '../../support/nginx-serving.ts';
import { requires } from '../../support/requirements.ts';
import { until } from '../../support/until.ts';
import { askRaw } from './ask-raw.ts';
import type { DifferenceName } from './differences.ts';
import { RecordingUpstreams } from './recording-upstream.ts';

/** A request whose lines are the same, or that has another one in up.log on purpose. */
type Logged = string | readonly [request: string, difference: DifferenceName];

const http = `log_format up '$status $body_bytes_sent [$upstream_addr] [$upstream_status] [$upstream_response_length] [$upstream_cache_status] [$proxy_host:$proxy_port] [$upstream_http_x_from|$upstream_http_content_type|$upstream_http_none] [$upstream_cookie_a] $request_uri $uri';
  log_format times '$upstream_response_time $upstream_connect_time $upstream_header_time'; log_format fields '$proxy_add_x_forwarded_for|$sent_http_x_from|$sent_http_location';
  upstream two { server UPSTREAM0 max_fails=0; server UPSTREAM1 max_fails=0; } upstream dead_first { server DEAD; server UPSTREAM1; } upstream nobody { server DEAD; server DEAD; } proxy_cache_path OWN/cache keys_zone=logged:1m;
  server { listen LISTEN0; access_log OWN/up.log up; access_log OWN/times.log times; access_log OWN/fields.log fields; location / { proxy_pass http://two; } location /n/ { proxy_next_upstream error http_503 http_404; proxy_pass http://two; }
    location /f/ { proxy_pass http://dead_first; } location /none/ { proxy_pass http://nobody; } location /e/ { proxy_intercept_errors on; error_page 404 503 = /again; proxy_pass http://UPSTREAM0; } location /again { proxy_pass http://UPSTREAM1/other; }
    location /c/ { proxy_cache logged; proxy_cache_valid 10m; proxy_pass http://UPSTREAM0; } location /static { return 200 static; } location /d/ { error_page 502 /page; proxy_pass http://DEAD; } location /page { return 200 page; }
    location /r/ { proxy_redirect http://backend/ /r/; proxy_pass http://UPSTREAM0; } location /x/ { proxy_pass http://UPSTREAM0; } location /internal/ { internal; proxy_pass http://UPSTREAM1; } location /auth/ { auth_request /check; proxy_pass http://UPSTREAM0; } location /check { internal; proxy_pass http://UPSTREAM1; } }`;

const requests: readonly Logged[] = [
  '/a',
  '/a',
  'HEAD /a',
  'POST /a || body',
  '/?answer=204',
  '/?answer=500',
  ['/?answer=chunked', 'sent-bytes'],
  ['/?answer=no-length', 'sent-bytes'],
  '/?answer=cookies',
  '/?answer=302',
  ['/n/?answer=503@0', 'response-length'],
  ['/n/?answer=503@1', 'response-length'],
  ['/n/?answer=503', 'response-length'],
  '/n/?answer=404@0',
  '/n/?answer=close@1',
  '/n/?answer=close@0',
  'POST /n/?answer=close@0 || body',
  'POST /n/?answer=close@1 || body',
  '/f/',
  '/f/',
  '/none/',
  '/none/',
  ['/e/?answer=404', 'response-length'],
  ['/e/?answer=503', 'response-length'],
  '/e/?answer=200',
  '/c/1',
  ['/c/1', 'cached-variables'],
  ['HEAD /c/1', 'cached-variables'],
  '/c/2 | Range: bytes=0-1',
  '/static',
  '/d/',
  '/r/?answer=to-base',
  '/x/?answer=half-head',
  ['/x/?answer=accel-redirect', 'response-length'],
  '/auth/x',
  '/a | X-Forwarded-For: 1.2.3.4',
  '/?answer=no-length HTTP/1.0',
];

const asked = requests.map((each) => (typeof each === 'string' ? each : each[0]));

it('writes what nginx writes of upstreams into logs', { skip: requires('nginx') }, async () => {
  await using upstreams = await RecordingUpstreams.start(2);
  const config = { http: upstreams.configured(http) };
  await using nginx = await serveWithNginx(config);
  await using galley = await serveWithGalley(config);
  for (const serving of [nginx, galley]) for (const request of asked) await askRaw(serving.ports[0] ?? 0, request);
  for (const log of ['up', 'times', 'fields']) {
    const theirs = linesOf(nginx, upstreams, log);
    await until(
      () => linesOf(galley, upstreams, log).length >= theirs.length,
      () => `${log}.log: ${linesOf(galley, upstreams, log).join('\n')}`,
    );
    const ours = linesOf(galley, upstreams, log);
    assert.equal(ours.length, asked.length);
    const isDifferent = (index: number): boolean => log === 'up' && typeof requests[index] !== 'string';
    for (const [index, line] of ours.entries()) {
      if (isDifferent(index)) assert.notEqual(line, theirs[index]);
    }
    const same = (lines: readonly string[]): string[] => lines.filter((_, index) => !isDifferent(index));
    assert.deepEqual(same(ours), same(theirs), log);
  }
});

/** With what was asked; without how long it took, and without the size of pages of errors. */
function linesOf({ own, ports }: NginxServing, upstreams: RecordingUpstreams, log: string): string[] {
  const lines = readFileSync(own.file(`${log}.log`), 'latin1')
    .split('\n')
    .slice(0, -1);
  return lines.map((line, index) => {
    const plain = upstreams
      .named(line)
      .replaceAll(/\d+\.\d{3}/g, 'TIME')
      .replaceAll(String(ports[0]), 'PORT')
      .replace(/^(50\d) \d+/, '$1 SIZE');
    return `${asked[index]}: ${plain}`;
  });
}
