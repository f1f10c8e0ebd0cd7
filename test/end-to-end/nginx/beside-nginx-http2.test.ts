import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from 'node:http2';
import { after, before, describe, it } from 'node:test';
import { AppFolder } from '../../support/app-folder.ts';
import { makeCertificate } from '../../support/certificates.ts';
import { type NginxServing, serveWithGalley, serveWithNginx } from '../../support/nginx-serving.ts';
import { requires } from '../../support/requirements.ts';
import { until } from '../../support/until.ts';
import type { WireAnswer } from './answer-text.ts';
import { comparable } from './comparison.ts';
import type { DifferenceName } from './differences.ts';

const facts = '$http2 $server_protocol $scheme $https $host $http_host $request_method $uri $args $content_length';

const http = `
  log_format h2 '$http2 $server_protocol "$request" $status $host';
  ssl_certificate FOLDER/a.pem; ssl_certificate_key FOLDER/a.key; ssl_protocols TLSv1.2 TLSv1.3; root FOLDER; gzip on; gzip_min_length 1; gzip_types text/plain;
  map $http_x_status $status_there { default 204; '~.' 299; }
  server { listen LISTEN0 ssl http2; server_name a.test; access_log OWN/h2.log h2;
    location / { return 200 "${facts}"; } location /files/ { alias FOLDER/files/; add_header X-File yes; } location /gone { return 410; } location /to { return 301 /there; }
    location /dir { } location /page { error_page 404 =404 /error.txt; return 404; } location = /error.txt { alias FOLDER/files/a.txt; } location /cookies { return 200 "[$http_cookie] [$cookie_b]"; }
    location /small { client_max_body_size 3; return 200 never; } location /basic { auth_basic realm; auth_basic_user_file FOLDER/users; } location /empty { return 204; } location /rewrite { rewrite ^/rewrite(.*)$ /rewritten$1?x=y; } }
  server { listen LISTEN0; server_name b.test; return 200 "b ${facts}"; }
`;

interface Question {
  readonly fields: IncomingHttpHeaders;
  readonly body?: string;
  /** Galley answers otherwise on purpose. */
  readonly differs?: DifferenceName;
}

/** A path alone, or with fields. */
function get(path: string, fields: IncomingHttpHeaders = {}): Question {
  return { fields: { ':path': path, ':authority': 'a.test', ...fields } };
}

const questions: readonly Question[] = [
  get('/'),
  get('/a%20b/../c?d=e'),
  get('/', { ':authority': 'b.test' }),
  get('/', { ':authority': 'B.test:1' }),
  get('/', { ':authority': 'nobody.test' }),
  { ...get('/host', { host: 'a.test' }), differs: 'http2-host' },
  get('/', { ':method': 'HEAD' }),
  { ...get('/', { ':method': 'POST', 'content-length': '4' }), body: 'body' },
  { ...get('/', { ':method': 'PUT' }), body: 'body', differs: 'request-body' },
  get('/files/a.txt'),
  get('/files/a.txt', { ':method': 'HEAD' }),
  get('/files/a.txt', { range: 'bytes=1-2' }),
  get('/files/a.txt', { 'accept-encoding': 'gzip', ':method': 'HEAD' }),
  get('/files/a.txt', { 'if-modified-since': 'Fri, 01 Jan 2100 00:00:00 GMT' }),
  get('/files/nothing'),
  get('/gone'),
  get('/to'),
  get('/dir'),
  get('/page'),
  get('/cookies', { cookie: ['a=1', 'b=2'] as unknown as string }),
  { ...get('/small', { ':method': 'POST', 'content-length': '4' }), body: 'body' },
  get('/basic'),
  get('/empty'),
  get('/rewrite/a?b'),
  get('/', { 'x-a_b': '1', 'x-c': 'Ã©' }),
];

describe('HTTP/2 beside nginx', { skip: requires('nginx') }, () => {
  let files: AppFolder;
  const both: NginxServing[] = [];

  before(async () => {
    const { certificate, key } = makeCertificate(['a.test', 'b.test']);
    files = await AppFolder.with({ 'a.pem': certificate, 'a.key': key, users: 'user:{PLAIN}pass\n' });
    for (const each of ['dir', 'files']) await mkdir(files.file(each));
    await files.write('files/a.txt', 'text of a file\n');
    both.push(await serveWithNginx({ http, folder: files.path }));
    both.push(await serveWithGalley({ http, folder: files.path }));
  });

  after(async () => {
    await Promise.all(both.map((each) => each[Symbol.asyncDispose]()));
    await files[Symbol.asyncDispose]();
  });

  it(`answers ${questions.length} requests of one connection alike`, async () => {
    const sessions = both.map(({ ports }) => {
      return connect(`https://127.0.0.1:${ports[0]}`, { rejectUnauthorized: false, servername: 'a.test' });
    });
    const found: string[] = [];
    for (const question of questions) {
      const [theirs, ours] = await Promise.all(
        sessions.map((session, index) => answerTo(session, question, both[index])),
      );
      const [expected, actual] = comparable(theirs ?? [], ours ?? []);
      if ((expected === actual) !== (question.differs === undefined)) {
        found.push(
          `${JSON.stringify(question.fields)} ${question.differs ?? ''}\n  nginx:  ${expected}\n  Galley: ${actual}`,
        );
      }
    }
    for (const session of sessions) session.close();
    assert.equal(found.length, 0, `${found.length} differ:\n${found.join('\n')}`);
  });

  it('writes the same lines of logs', async () => {
    // Of the one with `Host`, which nginx refuses.
    const refused = /.*"(?:-|GET \/host HTTP\/2.0)".*\n/;
    const [theirs, ours] = both.map(
      ({ own }) =>
        () =>
          readFileSync(own.file('h2.log'), 'latin1').replace(refused, ''),
    );
    await until(
      () => ours?.() === theirs?.(),
      () => `${theirs?.()}\nand not\n${ours?.()}`,
    );
  });
});

/** The answer, as those of HTTP/1.1 are compared. */
async function answerTo(
  session: ClientHttp2Session,
  { fields, body }: Question,
  serving: NginxServing | undefined,
): Promise<WireAnswer[]> {
  const stream = session.request(fields, { endStream: body === undefined });
  if (body !== undefined) stream.end(body);
  const seen: { fields: IncomingHttpHeaders; body: string } = { fields: {}, body: '' };
  stream.on('response', (answered) => {
    seen.fields = answered;
  });
  stream.setEncoding('latin1').on('data', (text: string) => {
    seen.body += text;
  });
  stream.on('error', () => {});
  await once(stream, 'close');
  const port = String(serving?.ports[0]);
  const plain = (text: string): string => text.replaceAll(port, '54321');
  const listed = Object.entries(seen.fields).flatMap(([name, value]): [string, string][] => {
    return name.startsWith(':') ? [] : [[name, plain(String(value))]];
  });
  const status = Number(seen.fields[':status'] ?? 0);
  return [{ version: '2', status, fields: listed.sort(), body: plain(seen.body), isFramed: true }];
}
