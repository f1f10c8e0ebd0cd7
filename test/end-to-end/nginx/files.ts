import { execFileSync } from 'node:child_process';
import { mkdir, utimes } from 'node:fs/promises';
import type { AppFolder } from '../../support/app-folder.ts';

const texts: Readonly<Record<string, string>> = {
  'www/index.html': '<html><head></head><body>home</body></html>\n',
  'www/a.html': '<p>page a</p>\n',
  'www/a b.txt': 'a space\n',
  'www/two.txt': 'ab',
  'www/digits.txt': '0123456789'.repeat(10),
  'www/long.txt': 'The same words again and again. '.repeat(200),
  'www/long.html': '<p>words</p>'.repeat(300),
  'www/short.txt': 'short\n',
  'www/data.json': `{"items":[${Array.from({ length: 200 }, (_, index) => index).join(',')}]}`,
  'www/x.php': '<?php secret ?>',
  'www/noextension': 'no extension\n',
  'www/empty.txt': '',
  'www/é.txt': 'accent\n',
  'www/dir/index.html': 'index of dir\n',
  'www/dir/x.html': 'x of dir\n',
  'www/dir/other.htm': 'other\n',
  'www/list/b.txt': 'b\n',
  'www/list/a&b <c>.txt': 'amp\n',
  'www/list/sub/x.txt': 'x\n',
  'www/list/.hidden': 'hidden\n',
  'www/noindex/file.txt': 'file\n',
  'www/errors/404.html': 'our 404 page\n',
  'www/errors/403.html': 'our 403 page\n',
  'www/errors/50x.html': 'our 50x page\n',
  'www/gz/page.html': '<p>plain</p>\n',
  'www/before.html': '[before]',
  'www/after.html': '[after]',
  'www/sub.html': '<html><head></head><body>one two one TWO</body></html>\n',
  'www/latin.html': 'caf\u00e9\n',
  'secret.txt': 'secret\n',
  // user: pass, in apr1; anna: secret, in {SHA}; bob: plain
  users: 'user:$apr1$abcdefgh$rK/lObuciIG5ziaV8BdHR/\nanna:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\nbob:{PLAIN}word\n',
};

/** The files that nginx and Galley serve, all of the same age. */
export async function makeFiles(folder: AppFolder): Promise<void> {
  const names = Object.keys(texts);
  for (const name of names) await mkdir(folder.file(`${name}/..`), { recursive: true });
  for (const [name, text] of Object.entries(texts)) await folder.write(name, text);
  execFileSync('gzip', ['-kn', folder.file('www/gz/page.html')]);
  await mkdir(folder.file('www/empty'));
  const time = new Date('2024-03-05T06:07:08Z');
  for (const name of [...names, 'www/gz/page.html.gz', 'www/list/sub', 'www/list'])
    await utimes(folder.file(name), time, time);
}
