import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { programPath } from './requirements.ts';
import { until } from './until.ts';

/** A nginx of this machine on a free port, with the `server` block's contents given, which ends with its scope. */
export class TcpNginx {
  readonly port: number;
  readonly #end: () => Promise<void>;

  private constructor(port: number, end: () => Promise<void>) {
    this.port = port;
    this.#end = end;
  }

  /** `folder` is for what it writes. `http` is for what stands before the server, `main` for what stands before `events`. */
  static async start(folder: string, http: string, server: string, main = ''): Promise<TcpNginx> {
    const port = await freePort();
    await mkdir(join(folder, 'logs'), { recursive: true });
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (name) => `${name}_temp_path ${folder}/${name};`,
    );
    const config = `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/logs/error.log; ${main}
events {}
http { access_log off; ${temporary.join(' ')} ${http}
  server { listen 127.0.0.1:${port}; ${server} } }`;
    await writeFile(join(folder, 'nginx.conf'), config);
    const program = programPath('nginx') ?? 'nginx';
    const child = spawn(program, ['-p', folder, '-c', join(folder, 'nginx.conf')], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let complaints = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaints += text;
    });
    const exited = once(child, 'exit');
    await until(
      async () => child.exitCode !== null || (await answers(port)),
      () => `nginx listens; it says ${complaints}`,
    );
    if (child.exitCode !== null) throw new Error(`nginx ended: ${complaints}`);
    return new TcpNginx(port, async () => {
      child.kill('SIGTERM');
      await exited;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end();
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
