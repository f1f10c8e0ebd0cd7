import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { AppFolder } from './app-folder.ts';
import { freePorts } from './free-ports.ts';
import { Galley } from './galley.ts';
import { programPath } from './requirements.ts';
import { until } from './until.ts';

export interface NginxConfig {
  /**
   * What stands in the `http` block. `LISTEN0`, `LISTEN1` and so on become addresses on free ports, `FOLDER` the folder that was given and
   * `OWN` one that only this server has.
   */
  readonly http: string;
  /** What stands before it. */
  readonly main?: string;
  /** How many ports it listens on; 1 unless said otherwise. */
  readonly ports?: number;
  readonly folder?: string;
}

/** A server that reads nginx.conf, which ends with its scope. */
export interface NginxServing extends AsyncDisposable {
  readonly ports: readonly number[];
  /** Of its logs and temporary files. */
  readonly own: AppFolder;
}

/** `galley nginx` in the foreground. */
export interface GalleyNginx extends NginxServing {
  readonly galley: Galley;
}

/** Serves a config with Galley; rejects with what it says where it does not start. */
export async function serveWithGalley(config: NginxConfig): Promise<GalleyNginx> {
  const { own, ports } = await written(config);
  const args = ['nginx', '-p', own.path, '-c', 'nginx.conf', '-e', 'error.log', '-g', 'daemon off;'];
  const galley = new Galley(args, { namePython: false });
  let hasEnded = false;
  void galley.exited.then(() => {
    hasEnded = true;
  });
  await until(
    () => hasEnded || existsSync(own.file('pid')),
    () => `the pid file; it says ${galley.stderr()}`,
  );
  if (hasEnded) {
    await own[Symbol.asyncDispose]();
    throw new Error(`galley nginx does not start: ${galley.stderr()}`);
  }
  const end = async (): Promise<void> => {
    await galley[Symbol.asyncDispose]();
    await own[Symbol.asyncDispose]();
  };
  return { ports, own, galley, [Symbol.asyncDispose]: end };
}

/** Serves a config with the nginx of this machine; rejects with what it says where it does not start. */
export async function serveWithNginx(config: NginxConfig): Promise<NginxServing> {
  // Its own ones belong to somebody else.
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${name};`);
  const { own, ports } = await written({ ...config, http: `${paths.join(' ')} ${config.http}` });
  const args = [
    '-p',
    own.path,
    '-c',
    own.file('nginx.conf'),
    '-e',
    'error.log',
    '-g',
    'daemon off; master_process off;',
  ];
  const child = spawn(programPath('nginx') ?? 'nginx', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  await until(
    () => child.exitCode !== null || existsSync(own.file('pid')),
    () => `the pid file; it says ${said}`,
  );
  if (child.exitCode !== null) throw new Error(`nginx does not start: ${said}`);
  const end = async (): Promise<void> => {
    await ended(child);
    await own[Symbol.asyncDispose]();
  };
  return { ports, own, [Symbol.asyncDispose]: end };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}

/** Writes the config to a folder of its own. */
async function written(config: NginxConfig): Promise<{ own: AppFolder; ports: readonly number[] }> {
  const { http, main = '', folder = '' } = config;
  const ports = await freePorts(config.ports ?? 1);
  const own = await AppFolder.with({});
  const text = `pid pid; error_log error.log info; ${main} events {} http { access_log off; ${http} }`;
  await own.write(
    'nginx.conf',
    text
      .replaceAll(/LISTEN(\d+)/g, (_, index) => `127.0.0.1:${ports[Number(index)]}`)
      .replaceAll('FOLDER', folder)
      .replaceAll('OWN', own.path),
  );
  return { own, ports };
}
