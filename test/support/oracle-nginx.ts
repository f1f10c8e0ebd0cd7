import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { AppFolder } from './app-folder.ts';
import { RawClient } from './raw-client.ts';
import { programPath } from './requirements.ts';
import { until } from './until.ts';

/** What nginx answered, its framing undone. Strings are latin-1. */
export interface OracleAnswer {
  readonly status: number;
  /** Names lower-case; values of several fields of a name joined by `, `. */
  readonly fields: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

/** Debian's nginx on a Unix socket in a folder of its own, to compare with. */
export class OracleNginx {
  readonly folder: AppFolder;
  readonly #process: ChildProcess;
  readonly #socket: string;

  private constructor(folder: AppFolder, process: ChildProcess, socket: string) {
    this.folder = folder;
    this.#process = process;
    this.#socket = socket;
  }

  /** `http` is what stands in the `http` block; `SOCKET` and `FOLDER` in it are replaced by their paths. */
  static async start(http: string): Promise<OracleNginx> {
    const folder = await AppFolder.with({});
    const socket = folder.file('nginx.sock');
    const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (name) => `${name}_temp_path ${folder.file(name)};`,
    );
    const text = http.replaceAll('SOCKET', `unix:${socket}`).replaceAll('FOLDER', folder.path);
    await folder.write(
      'nginx.conf',
      `daemon off; master_process off; pid ${folder.file('pid')}; error_log ${folder.file('error.log')}; events {}
       http { access_log off; ${paths.join(' ')} ${text} }`,
    );
    const args = ['-p', folder.path, '-e', folder.file('error.log'), '-c', folder.file('nginx.conf')];
    const child = spawn(programPath('nginx') ?? 'nginx', args, { stdio: 'inherit' });
    // It is written when the sockets listen; they exist before.
    await until(() => existsSync(folder.file('pid')) || child.exitCode !== null, 'nginx listens');
    if (child.exitCode !== null) throw new Error(`nginx exited with code ${child.exitCode}`);
    return new OracleNginx(folder, child, socket);
  }

  async ask(
    target: string,
    headers: Readonly<Record<string, string>> = {},
    { method = 'GET', version = '1.1' }: { readonly method?: string; readonly version?: '1.0' | '1.1' } = {},
  ): Promise<OracleAnswer> {
    const client = await RawClient.connect(this.#socket);
    const fields = Object.entries({ host: 'test', connection: 'close', ...headers });
    client.send(
      `${method} ${target} HTTP/${version}\r\n${fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`,
    );
    return parsed(await client.all());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode === null) {
      const gone = once(this.#process, 'exit');
      this.#process.kill('SIGTERM');
      await gone;
    }
    await this.folder[Symbol.asyncDispose]();
  }
}

function parsed(text: string): OracleAnswer {
  const end = text.indexOf('\r\n\r\n');
  const [line = '', ...lines] = text.slice(0, end).split('\r\n');
  const fields = new Map<string, string>();
  for (const each of lines) {
    const colon = each.indexOf(':');
    const name = each.slice(0, colon).toLowerCase();
    const before = fields.get(name);
    const value = each.slice(colon + 1).trim();
    fields.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  const body = text.slice(end + 4);
  const isChunked = fields.get('transfer-encoding') === 'chunked';
  return {
    status: Number(line.split(' ')[1]),
    fields,
    body: Buffer.from(isChunked ? unchunked(body) : body, 'latin1'),
  };
}

function unchunked(text: string): string {
  let whole = '';
  for (let at = 0; ; ) {
    const lineEnd = text.indexOf('\r\n', at);
    const size = Number.parseInt(text.slice(at, lineEnd), 16);
    if (!(size > 0)) return whole;
    whole += text.slice(lineEnd + 2, lineEnd + 2 + size);
    at = lineEnd + 4 + size;
  }
}
