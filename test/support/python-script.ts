import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { testPython } from './python.ts';

const folder = fileURLToPath(new URL('../clients', import.meta.url));

interface Call {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** A client of test/clients, in a Python process that calls its functions one after another as the test asks. */
export class PythonScript {
  readonly #child: ChildProcess;
  readonly #calls: Call[] = [];
  #stderr = '';

  constructor(module: string, url: string) {
    this.#child = spawn(testPython(), ['run_calls.py', module, url], { cwd: folder });
    const { stdout, stderr } = this.#child;
    stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    if (stdout) createInterface({ input: stdout }).on('line', (line) => this.#settle(line));
    this.#child.on('close', () => {
      for (const { reject } of this.#calls) reject(new Error(`test/clients/${module}.py ended:\n${this.#stderr}`));
    });
  }

  /** Calls a function and resolves with what it returns, which is for the caller to know; rejects with its traceback. */
  call<Value = void>(name: string, ...args: readonly unknown[]): Promise<Value> {
    return new Promise<Value>((resolve, reject) => {
      this.#calls.push({ resolve: (value) => resolve(value as Value), reject });
      this.#child.stdin?.write(`${JSON.stringify([name, ...args])}\n`);
    });
  }

  /** Ends the process; calls under way are rejected. */
  [Symbol.dispose](): void {
    this.#child.kill();
  }

  #settle(line: string): void {
    const call = this.#calls.shift();
    const outcome = JSON.parse(line) as { readonly value?: unknown; readonly error?: string };
    if (outcome.error === undefined) call?.resolve(outcome.value);
    else call?.reject(new Error(outcome.error));
  }
}
