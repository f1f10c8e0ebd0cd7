import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCertificate } from '../../test/support/certificates.ts';
import { htmlPage } from './page.ts';

const digits = '0123456789abcdef';

/** The page of `gzip-100k`, and what `made.conf` answers. */
export const page: string = htmlPage();

/** What the folder of every site holds, by name. Only HTML is compressed, as Debian has it. */
export const files: Readonly<Record<'1k.css' | '10k.css' | '1m.jpg' | 'page.html', string>> = {
  '1k.css': digits.repeat(64),
  '10k.css': digits.repeat(640),
  '1m.jpg': digits.repeat(65_536),
  'page.html': page,
};

/** Where a server listens, and what is behind it. */
export interface SitePorts {
  readonly port: number;
  readonly upstream?: number | undefined;
}

/**
 * A folder with the files and with an `nginx.conf`: Debian's, with one of `bench/nginx` for its sites. Beside it is an `haproxy.cfg`
 * where `bench/haproxy` has one of that name.
 */
export class NginxSite implements Disposable {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'galley-bench-'));

  /** `name`: the file of `bench/nginx`. A site that is to have a certificate finds it in `site.crt` and `site.key`: ECDSA P-256. */
  constructor(name: string, { port, upstream = 0 }: SitePorts, workers: number) {
    const { folder } = this;
    // Workers of nginx that root has started are somebody else.
    chmodSync(folder, 0o755);
    mkdirSync(join(folder, 'html'));
    for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, 'html', file), text);
    const filled = (file: URL): string =>
      readFileSync(file, 'utf8')
        .replaceAll('{port}', String(port))
        .replaceAll('{upstream}', String(upstream))
        .replaceAll('{folder}', folder)
        .replace('{1k}', files['1k.css'])
        .replace('{page}', madePage);
    const sites = filled(new URL(name, import.meta.url));
    writeFileSync(join(folder, 'nginx.conf'), debianConfig(folder, workers, sites));
    if (sites.includes('/site.crt')) {
      const { certificate, key } = makeCertificate(['localhost']);
      writeFileSync(join(folder, 'site.crt'), certificate);
      writeFileSync(join(folder, 'site.key'), key, { mode: 0o600 });
    }
    const proxy = new URL(`../haproxy/${name.replace('.conf', '.cfg')}`, import.meta.url);
    if (existsSync(proxy)) writeFileSync(join(folder, 'haproxy.cfg'), haproxyConfig(workers, filled(proxy)));
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Debian's nginx.conf without its `ssl_` lines, which allow TLS 1.0; the logs are its own, and in the folder. */
function debianConfig(folder: string, workers: number, sites: string): string {
  return `worker_processes ${workers};
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
events {
  worker_connections 768;
}
http {
  sendfile on;
  tcp_nopush on;
  types_hash_max_size 2048;
  include /etc/nginx/mime.types;
  default_type application/octet-stream;
  access_log ${folder}/access.log;
  gzip on;
  ${sites}
}
`;
}

/** Debian's timeouts. */
function haproxyConfig(threads: number, sections: string): string {
  return `global
  nbthread ${threads}
defaults
  mode http
  timeout connect 5000
  timeout client 50000
  timeout server 50000
${sections}`;
}

/** One parameter of nginx.conf holds less than 4,096 bytes. */
function madePage(): string {
  const pieces = page.match(/.{1,4000}/gs) ?? [];
  const sets = pieces.map((piece, index) => `set $piece${index} "${piece}";`);
  return `${sets.join('\n')}\nreturn 200 "${pieces.map((_, index) => `\${piece${index}}`).join('')}";`;
}
