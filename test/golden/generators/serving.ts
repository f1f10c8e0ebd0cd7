import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppFolder } from '../../support/app-folder.ts';
import { makeCertificate } from '../../support/certificates.ts';
import { freePorts } from '../../support/free-ports.ts';
import { Galley } from '../../support/galley.ts';
import { type NodeUpstream, serving } from '../../support/node-upstream.ts';
import { programPath } from '../../support/requirements.ts';
import { until } from '../../support/until.ts';
import { writeSite } from './files.ts';
import type { GeneratorCase } from './generator-case.ts';

/** A folder that stands for `/`, with a config in `etc/nginx` whose paths are below it. */
export async function laidOut({ layers, roots, prepare }: GeneratorCase): Promise<AppFolder> {
  const root = await AppFolder.with({});
  const folder = root.file('etc/nginx');
  for (const layer of ['common', ...layers]) {
    await cp(join(import.meta.dirname, layer), folder, { recursive: true, verbatimSymlinks: true });
  }
  for (const each of ['var/log/nginx', 'run', 'tmp', 'etc/nginx/cache'])
    await mkdir(root.file(each), { recursive: true });
  await writeSite(root.path, roots);
  await prepare?.(root);
  await edited(folder, (text) => withPaths(text, root.path));
  return root;
}

/** Every file of a config, changed. */
async function edited(folder: string, edit: (text: string) => string): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) await writeFile(path, edit(await readFile(path, 'utf8')));
  }
}

function withPaths(text: string, root: string): string {
  return text
    .replaceAll('/etc/letsencrypt/', '/etc/nginx/letsencrypt/')
    .replaceAll(/(?<=[\s"'])(?=\/(?:etc|var|usr|srv|run|tmp)\/)/g, root)
    .replaceAll('/var/run/nginx.pid', '/run/nginx.pid')
    .replaceAll('/tmp/nginx.pid', '/run/nginx.pid');
}

/** A server that has a config of a case, and ends with its scope. */
export interface CaseServing extends AsyncDisposable {
  /** By the port that the config names. */
  readonly ports: ReadonlyMap<number, number>;
  /** Those of them that speak TLS, as the config names them. */
  readonly tlsPorts: ReadonlySet<number>;
}

/** Serves the config in a folder without what Galley lacks, with Galley or with nginx. Rejects with what it says where it does not start. */
export async function served(root: AppFolder, server: 'galley' | 'nginx'): Promise<CaseServing> {
  const own = await mkdtemp(root.file(`etc/as-${server}-`));
  await cp(root.file('etc/nginx'), own, { recursive: true, verbatimSymlinks: true });
  const texts: string[] = [];
  await edited(own, (text) => {
    texts.push(text);
    return text;
  });
  const lines = [...texts.join('\n').matchAll(listenLine)];
  const named = new Set(lines.map(([, , port = '80']) => Number(port)));
  const tlsPorts = new Set(lines.flatMap(([, , port = '80', rest = '']) => (isTls(rest) ? [Number(port)] : [])));
  const free = await freePorts(named.size);
  const ports = new Map([...named].map((port, index) => [port, free[index] ?? 0]));
  const upstream = await echoUpstream();
  await edited(own, (text) =>
    servable(text, ports, upstream.port, own)
      .replaceAll(root.file('etc/nginx'), own)
      .replaceAll('/dev/std', `${own}/std`),
  );
  const { certificate, key } = makeCertificate(['example.com', '*.example.com']);
  await writeFile(join(own, 'tls.pem'), certificate);
  await writeFile(join(own, 'tls.key'), key);
  const pid = join(own, 'serving.pid');
  const globals = `daemon off; pid ${pid};${server === 'nginx' ? ' master_process off;' : ''}`;
  const args = ['-p', own, '-c', join(own, 'nginx.conf'), '-e', join(own, 'error.log'), '-g', globals];
  const started = server === 'galley' ? startGalley(args) : startNginx(args);
  const { isRunning, said } = started;
  const end = async (): Promise<void> => {
    await started.end();
    await upstream[Symbol.asyncDispose]();
  };
  try {
    await until(
      () => !isRunning() || existsSync(pid),
      () => `the pid file; it says ${said()}`,
    );
    if (!isRunning()) throw new Error(`${server} does not start: ${said()}`);
  } catch (error) {
    await end();
    throw error;
  }
  return { ports, tlsPorts, [Symbol.asyncDispose]: end };
}

const listenLine = /^(\s*)listen\s+(?:\[::\]:)?(\d+)([^;]*);.*$/gm;

function isTls(parameters: string): boolean {
  return / ssl\b/.test(parameters);
}

/** What stands behind all proxies: it tells what it was asked, without ports. */
async function echoUpstream(): Promise<NodeUpstream> {
  return await serving(({ method, url, httpVersion, headers }, response) => {
    const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
    const text = [`${method} ${url} HTTP/${httpVersion}`, ...fields.sort()].join('\n');
    response.setHeader('content-type', 'text/plain');
    response.end(text.replaceAll(/\b\d{5}\b/g, 'PORT'));
  });
}

/**
 * The config on free ports of this machine, with one certificate for all and without parameters for DHE, with one upstream for all proxies and none
 * of FastCGI and the like.
 */
function servable(text: string, ports: ReadonlyMap<number, number>, upstream: number, own: string): string {
  return text
    .replaceAll(/\bupstream\s+[\w.-]+\s*\{[^}]*\}/g, (block) =>
      block.replaceAll(/\bserver\s+[^\s;]+/g, `server 127.0.0.1:${upstream}`),
    )
    .replaceAll(/(set \$upstream_app) [^;]+;/g, '$1 127.0.0.1;')
    .replaceAll(/(set \$upstream_port) [^;]+;/g, `$1 ${upstream};`)
    .replaceAll(/(set \$upstream_proto) [^;]+;/g, '$1 http;')
    .replaceAll(listenLine, (line: string, indent: string, port: string, rest: string) => {
      const parameters = rest.replaceAll(/ (?:http2|deferred|ipv6only=on|reuseport)\b/g, '');
      return line.includes('[::]') ? '' : `${indent}listen 127.0.0.1:${ports.get(Number(port))}${parameters};`;
    })
    .replaceAll(/^\s*(?:user|pid|daemon|http2|ssl_dhparam)\s[^;]*;/gm, '')
    .replaceAll(/\b(ssl_certificate|ssl_trusted_certificate)\s[^;]*;/g, `$1 ${own}/tls.pem;`)
    .replaceAll(/\bssl_certificate_key\s[^;]*;/g, `ssl_certificate_key ${own}/tls.key;`)
    .replaceAll(/\b(?:fastcgi|uwsgi)_pass\s[^;]*;/g, 'empty_gif;')
    .replaceAll('$fastcgi_script_name', '$uri');
}

interface Started {
  readonly isRunning: () => boolean;
  readonly said: () => string;
  readonly end: () => Promise<void>;
}

function startGalley(args: readonly string[]): Started {
  const galley = new Galley(['nginx', '--lenient', ...args], { namePython: false });
  let hasEnded = false;
  void galley.exited.then(() => {
    hasEnded = true;
  });
  return {
    isRunning: () => !hasEnded,
    said: () => galley.stderr(),
    end: () => galley[Symbol.asyncDispose](),
  };
}

function startNginx(args: readonly string[]): Started {
  const child: ChildProcess = spawn(programPath('nginx') ?? 'nginx', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const isRunning = (): boolean => child.exitCode === null;
  const end = async (): Promise<void> => {
    if (!isRunning()) return;
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    await gone;
  };
  return { isRunning, said: () => said, end };
}
