import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { OpenLoad } from './cases.ts';
import { openFileLimit } from './open-file-limit.ts';

/** What became of connections that were held open. */
export interface OpenResult {
  /** Connections that the server ended. */
  readonly lost: number;
  /** Events that came on all event streams. */
  readonly events: number;
}

/** What a server and the load have open beside the connections, at most. */
const otherFiles = 200;

const program = fileURLToPath(new URL('./load/open.ts', import.meta.url));

/** The connections of an `OpenLoad`, held by a process on CPU 1. */
export class OpenConnections {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #lines: AsyncIterator<string>;
  readonly #ended: Promise<unknown>;
  #errors = '';

  private constructor({ protocol, connections }: OpenLoad, port: number, signal: AbortSignal) {
    const command = [process.execPath, program, String(port), protocol, String(connections)];
    this.#child = spawn('taskset', ['-c', '1', ...command], { stdio: 'pipe', signal });
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#errors += text;
    });
    this.#child.on('error', (error) => {
      this.#errors += error.message;
    });
    this.#ended = new Promise((resolve) => this.#child.on('close', resolve));
    this.#lines = createInterface(this.#child.stdout)[Symbol.asyncIterator]();
  }

  /** Resolves when all are open. Rejects when one cannot be opened, or a process may not have as many. */
  static async open(load: OpenLoad, port: number, signal: AbortSignal): Promise<OpenConnections> {
    const files = load.connections + otherFiles;
    if (openFileLimit() < files) {
      throw new Error(
        `Cannot hold ${load.connections} connections: a process may open ${openFileLimit()} files; raise that by "ulimit -n ${files}"`,
      );
    }
    const opened = new OpenConnections(load, port, signal);
    await opened.#line('OPEN');
    return opened;
  }

  /** Closes them all. */
  async close(): Promise<OpenResult> {
    this.#child.stdin.end();
    const line = await this.#line('RESULT ');
    await this.#ended;
    return JSON.parse(line.slice('RESULT '.length));
  }

  /** Ends the process, and the connections with it. */
  [Symbol.dispose](): void {
    this.#child.kill();
  }

  async #line(start: string): Promise<string> {
    const { value } = await this.#lines.next();
    if (typeof value === 'string' && value.startsWith(start)) return value;
    await this.#ended;
    throw new Error(`Cannot hold the connections: ${this.#errors.trim()}`);
  }
}
