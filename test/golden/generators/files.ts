import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const long = (text: string): string => text.repeat(Math.ceil(2_000 / text.length));

/** What a site has in its root, and in folders beside it. */
const siteFiles: Readonly<Record<string, string>> = {
  'index.html': long('<!doctype html><title>Home</title><p>Home of a site.</p>\n'),
  'about.html': '<!doctype html><title>About</title>\n',
  '404.html': '<!doctype html><title>Not here</title>\n',
  '500.html': '<!doctype html><title>Broken</title>\n',
  '50x.html': '<!doctype html><title>Broken</title>\n',
  'index.php': '<?php echo "home";\n',
  'robots.txt': 'User-agent: *\n',
  'favicon.ico': 'icon',
  'readme.html': 'of the software',
  'wp-login.php': '<?php\n',
  'wp-config.php': '<?php secret();\n',
  'wp-content/uploads/shell.php': '<?php evil();\n',
  'wp-content/uploads/page.html': '<script>evil()</script>\n',
  'wp-content/uploads/photo.jpg': 'photo',
  'sites/default/files/private/list.txt': 'private',
  'sites/default/files/shell.php': '<?php evil();\n',
  'core/core.services.yml': 'services: []\n',
  'images/shell.php': '<?php evil();\n',
  '403_error.html': 'not for you\n',
  'css/site.css': long('body { color: black; background: white }\n'),
  'js/app.js': long('console.log("of the app");\n'),
  'img/logo.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>\n',
  'img/photo.jpg': 'photo',
  'fonts/text.woff2': 'font',
  'site.webmanifest': '{"name":"site"}\n',
  'data/list.json': '{"list":[1,2,3]}\n',
  'data/dump.sql': 'INSERT INTO users;\n',
  'data/page.html~': 'old',
  'docs/index.html': '<!doctype html><title>Docs</title>\n',
  'docs/guide.html': '<!doctype html><title>Guide</title>\n',
  'assets/app-3f9c.js': long('console.log("hashed");\n'),
  '_app/immutable/start.3f9c.js': long('console.log("hashed");\n'),
  '_app/immutable/start.3f9c.js.map': '{}',
  'service-worker.js': 'self.skipWaiting();\n',
  'static/admin.css': 'a { color: red }\n',
  'static/version7.txt': 'seven',
  'static/frontend/site.css': 'a { color: blue }\n',
  'static/frontend/list.csv': 'a,b\n',
  'media/photo.jpg': 'photo',
  'media/customer/letter.txt': 'private',
  '.env': 'SECRET=1\n',
  '.git/config': '[core]\n',
  '.htaccess': 'Deny from all\n',
  '.well-known/acme-challenge/token': 'token.key\n',
  '.well-known/security.txt': 'Contact: mailto:a@example.com\n',
};

/** Writes the same site to each root, below a folder that stands for `/`. */
export async function writeSite(folder: string, roots: readonly string[]): Promise<void> {
  for (const root of roots) {
    for (const [name, text] of Object.entries(siteFiles)) {
      const path = join(folder, root, name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text);
    }
  }
}
