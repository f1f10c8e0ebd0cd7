import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { type ProcessStat, readTree } from './process-tree.ts';

const pollMs = 25;
const readyTimeoutMs = 20_000;
const maxTailLength = 4096;
const maxTailLines = 16;

/** A server on a CPU of its own: a process tree in a session of its own. */
export class ServerProcess {
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  #tail = '';
  #end: string | undefined;

  /** Runs the command in `folder`; the CPU, which is 0 for a server under test, is inherited by all that it starts. */
  constructor(command: readonly string[], folder: string, cpu: number = 0) {
    this.#child = spawn('taskset', ['-c', String(cpu), ...command], {
      cwd: folder,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (text: string) => {
        this.#tail = (this.#tail + text).slice(-maxTailLength);
      });
    }
    this.#child.once('error', (error) => {
      this.#end = error.message;
    });
    this.#child.once('close', (code, signal) => {
      this.#end ??= signal === null ? `exit code ${code}` : `signal ${signal}`;
    });
  }

  /**
   * Waits until `probe` finds nothing wrong. Throws with the server's last words when it ends before that or is not
   * ready within 20 seconds.
   */
  async untilReady(probe: () => Promise<string | undefined>, signal: AbortSignal): Promise<void> {
    const deadline = Date.now() + readyTimeoutMs;
    for (let problem = await probe(); problem !== undefined; problem = await probe()) {
      if (this.#end !== undefined) throw this.failure(`did not start (${this.#end})`);
      if (Date.now() > deadline) throw this.failure(`not ready after ${readyTimeoutMs / 1000} s: ${problem}`);
      await delay(pollMs, undefined, { signal });
    }
  }

  /** All processes of the server. */
  tree(): readonly ProcessStat[] {
    return this.#child.pid === undefined ? [] : readTree(this.#child.pid);
  }

  /** Whether any process of the server still runs. */
  isAlive(): boolean {
    return this.tree().some(({ ended }) => !ended);
  }

  /** An error with the last lines that the server wrote. */
  failure(what: string): Error {
    const lines = this.#tail.trim().split('\n').slice(-maxTailLines);
    return new Error([what, ...lines.map((line) => `    ${line}`)].join('\n'));
  }

  /** Ends the server: SIGTERM to its main process, SIGKILL to what is left of the tree after `graceMs`. */
  async stop(graceMs: number = 5_000): Promise<void> {
    this.#child.kill('SIGTERM');
    const deadline = Date.now() + graceMs;
    while (this.isAlive() && Date.now() < deadline) await delay(pollMs);
    for (const { pid } of this.tree()) killIfAlive(pid);
    while (this.isAlive()) await delay(pollMs);
  }
}

function killIfAlive(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
