import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { until } from './until.ts';

export interface NodeProgramOptions {
  /** Replaces the environment. */
  readonly environment?: NodeJS.ProcessEnv;
  /** Descriptors of this process that the program gets, from 3 on. */
  readonly fds?: readonly number[];
}

const root = new URL('../../', import.meta.url);

/** A small module in a Node process of its own, with `say(value)` to tell the test something and `root`, the URL of the checkout. */
export class NodeProgram {
  readonly child: ChildProcess;
  /** What it has said so far. */
  readonly said: unknown[] = [];
  readonly #folder: string = mkdtempSync(join(tmpdir(), 'galley-program-'));
  #stderr = '';

  constructor(source: string, { environment = process.env, fds = [] }: NodeProgramOptions = {}) {
    const prelude = `const root = ${JSON.stringify(root.href)};
      const say = (value) => process.stdout.write(JSON.stringify(value) + '\\n');`;
    const stdio: StdioOptions = ['ignore', 'pipe', 'pipe', ...fds];
    // A file, since the flags that run a text would be passed on to Node processes that the program starts.
    const path = join(this.#folder, 'program.mjs');
    writeFileSync(path, `${prelude}\n${source}`);
    this.child = spawn(process.execPath, [path], { env: environment, stdio });
    const { stdout, stderr } = this.child;
    if (stdout) createInterface({ input: stdout }).on('line', (line) => this.said.push(JSON.parse(line)));
    stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
  }

  /** All that it has written to standard error so far. */
  stderr(): string {
    return this.#stderr;
  }

  /** Resolves with the next value that it says; rejects with its errors where it ends before. */
  async says(): Promise<unknown> {
    const hasEnded = (): boolean => this.child.exitCode !== null || this.child.signalCode !== null;
    await until(
      () => this.said.length > 0 || hasEnded(),
      () => `the program says something:\n${this.#stderr}`,
    );
    if (this.said.length === 0) throw new Error(`The program ended without a word:\n${this.#stderr}`);
    return this.said.shift();
  }

  /** Kills it. */
  [Symbol.dispose](): void {
    this.child.kill('SIGKILL');
    rmSync(this.#folder, { recursive: true });
  }
}
