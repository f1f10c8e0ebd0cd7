// The points 226 to 248 of the list of hostile requests, against files of a typed config and of an nginx.conf.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { AppFolder } from '../../support/app-folder.ts';
import { type NginxServing, serveWithGalley } from '../../support/nginx-serving.ts';
import { ConfigStage } from '../config/config-stage.ts';
import { answersIn, type WireAnswer } from '../nginx/answer-text.ts';
import { askRaw } from '../nginx/ask-raw.ts';

const raw = (line: string): string => `raw:${line}\r\nHost: a\r\nConnection: close\r\n\r\n`;

/** Statuses of a typed config and of an nginx.conf, which allows dotfiles and links as nginx does. */
const points: readonly (readonly [point: number, request: string, typed: number, nginx: number])[] = [
  [226, '/%2e%2e/%2e%2e/etc/passwd', 400, 400],
  [227, '/..%2f..%2fetc/passwd', 400, 400],
  [228, '/..%5c..%5csettings.py', 404, 404],
  [229, '/..%252fsettings.py', 404, 404],
  [230, '/%c0%ae%c0%ae/settings.py', 404, 404],
  [231, '/..;/admin', 404, 404],
  [232, '/a/./b/../c/', 200, 200],
  [233, '//evil.com/%2f..', 403, 403],
  [233, '//evil.com', 301, 301],
  [234, '/static../settings.py', 404, 404],
  [235, '/passwd', 403, 200],
  [235, '/etc/passwd', 403, 200],
  [236, '/pipe', 404, 404],
  [236, '/socket', 404, 404],
  [236, '/null', 403, 404],
  [237, '/.env', 404, 200],
  [237, '/.git/HEAD', 404, 200],
  [237, '/.well-known/acme', 200, 200],
  [238, '/f.php/', 404, 404],
  [238, '/f.php/x.jpg', 404, 404],
  [238, '/f.php%0a', 404, 404],
  [239, '/f.php%00.jpg', 400, 400],
  [240, '/f.php::$DATA', 404, 404],
  [240, '/f.php.', 404, 404],
  [240, '/CON', 404, 404],
  [241, `/${'x'.repeat(8192)}`, 414, 414],
  [242, 'http://user:pw@a/', 400, 400],
  [243, 'http://a/f.php | Host: b', 200, 200],
  [244, '/f.php#x', 400, 400],
  [245, '/caf\xe9', 400, 400],
  [246, raw('CONNECT a:443 HTTP/1.1'), 405, 405],
  [246, raw('CONNECT / HTTP/1.1'), 400, 400],
  [247, raw('OPTIONS * HTTP/1.1'), 204, 204],
  [248, 'TRACE /f.php', 405, 405],
];

async function makeFiles(folder: AppFolder): Promise<void> {
  for (const name of ['www/a/c', 'www/.git', 'www/.well-known', 'www/evil.com', 'static']) {
    await mkdir(folder.file(name), { recursive: true });
  }
  for (const name of [
    'settings.py',
    'www/a/c/index.html',
    'www/.env',
    'www/.git/HEAD',
    'www/.well-known/acme',
    'www/f.php',
  ]) {
    await writeFile(folder.file(name), name);
  }
  await symlink('/etc/passwd', folder.file('www/passwd'));
  await symlink('/etc', folder.file('www/etc'));
  await symlink('/dev/null', folder.file('www/null'));
  execFileSync('mkfifo', [folder.file('www/pipe')]);
}

describe('hostile paths', () => {
  const listening = createServer();
  let folder: AppFolder;
  let typed: ConfigStage;
  let nginx: NginxServing;

  before(async () => {
    folder = await AppFolder.with({});
    await makeFiles(folder);
    await new Promise<void>((resolve) => listening.listen(folder.file('www/socket'), resolve));
    const files = [folder.file('www'), folder.file('static')];
    const config = {
      servers: [{ listen: ['127.0.0.1:0'], files: files[0], locations: [{ path: '/static/', files: files[1] }] }],
    };
    typed = await ConfigStage.start({ 'a.config.json': JSON.stringify(config) });
    const server = 'listen LISTEN0; root FOLDER/www; location /static/ { alias FOLDER/static/; }';
    nginx = await serveWithGalley({ http: `server { ${server} }`, folder: folder.path });
  });

  after(async () => {
    listening.close();
    await typed[Symbol.asyncDispose]();
    await nginx[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  const bothAnswer = async (request: string): Promise<(WireAnswer | undefined)[]> => {
    const ports = [typed.galley.port, nginx.ports[0] ?? 0];
    const texts = await Promise.all(ports.map((port) => askRaw(port, request)));
    return texts.map(({ text, methods }) => answersIn(text, methods)[0]);
  };

  for (const [point, request, ofTyped, ofNginx] of points) {
    it(`${point}: ${JSON.stringify(request.slice(0, 60))} is ${ofTyped}, by nginx.conf ${ofNginx}`, async () => {
      const answers = await bothAnswer(request);
      assert.deepEqual(
        answers.map((answer) => answer?.status),
        [ofTyped, ofNginx],
      );
    });
  }

  it('233: a redirect to a folder names no other host', async () => {
    for (const answer of await bothAnswer('//evil.com')) {
      assert.match(new Map(answer?.fields).get('location') ?? '', /^(?:http:\/\/localhost:\d+)?\/evil\.com\/$/);
    }
  });

  it('247: what may be asked of the server', async () => {
    for (const answer of await bothAnswer(raw('OPTIONS * HTTP/1.1'))) {
      assert.match(new Map(answer?.fields).get('allow') ?? '', /GET/);
    }
  });
});
