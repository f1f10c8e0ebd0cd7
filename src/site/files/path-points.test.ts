// The points 226 to 240 of the list of what servers get wrong about paths, over a real connection.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { after, afterEach, before, describe, it } from 'node:test';
import { AppFolder } from '../../../test/support/app-folder.ts';
import { FilesStage, fileSettings } from '../../../test/support/files-stage.ts';
import { closeStages, get, stage } from '../../../test/support/front-stage.ts';
import { decodePath } from '../../http/uri.ts';

let folder: AppFolder;
const socketServer = createServer();

before(async () => {
  folder = await AppFolder.with({ 'settings.py': 'secret' });
  for (const name of ['www/a/c', 'www/..;', 'www/.git', 'www/.well-known', 'www/evil.com']) {
    await mkdir(folder.file(name), { recursive: true });
  }
  const texts = {
    'a/c/index.html': 'c',
    '..;/admin': 'literal',
    '.env': 'x',
    '.git/HEAD': 'x',
    '.htpasswd': 'x',
    '.well-known/acme': 'x',
    'f.php': 'x',
  };
  for (const [name, text] of Object.entries(texts)) await folder.write(`www/${name}`, text);
  await symlink('/etc/passwd', folder.file('www/passwd'));
  await symlink('/etc', folder.file('www/etc'));
  execFileSync('mkfifo', [folder.file('www/fifo')]);
  await new Promise<void>((resolve) => socketServer.listen(folder.file('www/socket'), resolve));
  await writeFile(folder.file('www/%2e%2e'), 'escaped');
});

after(async () => {
  socketServer.close();
  await folder[Symbol.asyncDispose]();
});

afterEach(closeStages);

/** Statuses, of safe settings and of those that allow names with dots and links. */
const points: readonly [point: string, target: string, safe: number, open: number][] = [
  ['226', '/%2e%2e/%2e%2e/etc/passwd', 400, 400],
  ['227', '/..%2f..%2fetc/passwd', 400, 400],
  ['228', '/..%5c..%5csettings.py', 404, 404],
  ['229', '/..%252fsettings.py', 404, 404],
  ['229, where there is such a name', '/%252e%252e', 200, 200],
  ['230', '/%c0%ae%c0%ae/settings.py', 404, 404],
  ['231', '/..;/admin', 404, 200],
  ['232', '/a/./b/../c/index.html', 200, 200],
  ['233', '//evil.com/%2f..', 403, 403],
  ['233', '//evil.com', 301, 301],
  ['234', '/static../settings.py', 404, 404],
  ['235', '/passwd', 403, 200],
  ['235, on the way', '/etc/passwd', 403, 200],
  ['236, a pipe', '/fifo', 404, 404],
  ['236, a socket', '/socket', 404, 404],
  ['237', '/.env', 404, 200],
  ['237', '/.git/HEAD', 404, 200],
  ['237', '/.htpasswd', 404, 200],
  ['237, what is well known', '/.well-known/acme', 200, 200],
  ['238', '/f.php/', 404, 404],
  ['238', '/f.php/x.jpg', 404, 404],
  ['238', '/f.php%0a', 404, 404],
  ['239', '/f.php%00.jpg', 400, 400],
  ['240', '/f.php::$DATA', 404, 404],
  ['240', '/f.php%20', 404, 404],
  ['240', '/f.php.', 404, 404],
];

describe('paths (http.md 226 to 240)', () => {
  for (const [point, target, safe, open] of points) {
    it(`${point}: ${target} is ${safe}${open === safe ? '' : `, or ${open} where that is allowed`}`, async () => {
      for (const [expected, more] of [
        [safe, { symlinks: 'deny', dotfiles: 'deny' }],
        [open, {}],
      ] as const) {
        const files = new FilesStage({
          '/': fileSettings(folder.file('www'), more),
          '/static': fileSettings('', { ...more, root: { path: `${folder.file('www')}/`, isAlias: true } }),
        });
        const { client } = await stage((exchange) => files.handle(exchange));
        const raw = await client();
        raw.send(get(target, 'Connection: close\r\n'));
        const answer = await raw.all();
        assert.match(answer, new RegExp(`^HTTP/1.1 ${expected} `));
        assert.doesNotMatch(answer, /\r\nlocation: (?:\/\/|[^\r]*\/\/evil)/i);
      }
    });
  }

  it('233: two slashes that were not merged do not become another host', () => {
    const files = new FilesStage({ '/': fileSettings(folder.file('www'), { absoluteRedirects: false }) });
    const { request } = files.ask('/');
    request.uri = decodePath('//evil.com', false);
    assert.equal(request.uri, '//evil.com');
    assert.deepEqual(files.run(request), { kind: 'status', status: 301, location: '/evil.com/' });
  });
});
