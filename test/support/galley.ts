import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { type ProcessFacts, processesWith } from './processes.ts';
import { testPython } from './python.ts';
import { until } from './until.ts';

const launcher = fileURLToPath(new URL('../../bin/galley.js', import.meta.url));

export interface GalleyOptions {
  /** More options of the command line. */
  readonly args?: readonly string[];
  /** The working folder. */
  readonly cwd?: string;
  /** Added to the environment; undefined removes a variable. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Whether to name the Python of the tests; else Galley finds one. True unless said otherwise. */
  readonly namePython?: boolean;
  /** What runs it, in place of the Node of the tests. */
  readonly runtime?: string | undefined;
}

/** How a process ended. */
export interface Ending {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const running: Set<ChildProcess> = new Set();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** One `galley`, started as people start it, in a process group of its own as a shell's job is. */
export class Galley {
  readonly #child: ChildProcess;
  readonly #mark: string = `GALLEY_TEST_MARK=${randomUUID()}`;
  #stdout = '';
  #stderr = '';
  /** Resolves with how it ended. */
  readonly exited: Promise<Ending>;

  constructor(args: readonly string[], options: GalleyOptions = {}) {
    const { cwd, environment = {}, namePython = true, runtime = process.execPath } = options;
    const [markName = '', mark] = this.#mark.split('=');
    const python = namePython ? ['--python', testPython()] : [];
    this.#child = spawn(
      runtime,
      [...(runtime === process.execPath ? ['--'] : []), launcher, ...args, ...python, ...(options.args ?? [])],
      {
        cwd,
        env: { ...process.env, NO_COLOR: '1', ...environment, [markName]: mark },
        stdio: ['ignore', 'pipe', 'pipe'],
        detached: true,
      },
    );
    running.add(this.#child);
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    this.exited = new Promise((resolve) => {
      this.#child.on('exit', (code) => {
        running.delete(this.#child);
        resolve({ code, stdout: this.#stdout, stderr: this.#stderr });
      });
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Where it listens, from what it prints at its start. */
  get url(): string {
    return /^ {2}Address {2}(\S+)/m.exec(this.#stderr)?.[1] ?? '';
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  /** All that it and the app have written to standard output so far. */
  stdout(): string {
    return this.#stdout;
  }

  /** All that it and the app have written to standard error so far. */
  stderr(): string {
    return this.#stderr;
  }

  /** Every process that it started and that still runs, and itself. */
  processes(): ProcessFacts[] {
    return processesWith(this.#mark);
  }

  /** The processes that answer requests: those that a process below Galley has forked. */
  workers(): number[] {
    const all = this.processes();
    const zygotes = all.filter(({ parent }) => parent === this.pid).map(({ pid }) => pid);
    return all.filter(({ parent }) => zygotes.includes(parent)).map(({ pid }) => pid);
  }

  /** Sends a signal to it alone. */
  signal(signal: NodeJS.Signals): void {
    process.kill(this.pid, signal);
  }

  /** What a terminal does on Ctrl-C: the signal goes to the whole process group. */
  pressControlC(): void {
    this.signalAll('SIGINT');
  }

  /** Sends a signal to every process of the group, as a terminal and a service manager do. */
  signalAll(signal: NodeJS.Signals): void {
    process.kill(-this.pid, signal);
  }

  /** Resolves when that was written to standard error. */
  async says(pattern: RegExp, timeoutMs?: number): Promise<void> {
    await until(
      () => pattern.test(this.#stderr),
      () => `${pattern} in the output of galley:\n${this.#stderr}`,
      timeoutMs,
    );
  }

  /** Resolves when neither it nor anything it started runs. */
  async leavesNothing(): Promise<void> {
    await until(
      () => this.processes().length === 0,
      () => `the end of ${JSON.stringify(this.processes())}`,
    );
  }

  /** Sends the signal and waits for the end. Gives the exit code, null where the signal killed it. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (running.has(this.#child)) this.signal(signal);
    return (await this.exited).code;
  }

  /** Stops it, by force where it takes long. */
  async [Symbol.asyncDispose](): Promise<void> {
    const late = setTimeout(() => this.#child.kill('SIGKILL'), 3_000);
    await this.stop();
    clearTimeout(late);
  }
}

/** Starts an app on a free port and waits until Galley says that it is ready. Rejects with its output where it ends before. */
export async function startGalley(target: string, options: GalleyOptions = {}): Promise<Galley> {
  const galley = new Galley([target, '--port', '0'], options);
  return ready(galley);
}

/** Resolves once Galley says that it is ready; rejects with its output where it ends before. */
export async function ready(galley: Galley): Promise<Galley> {
  let ending: Ending | undefined;
  void galley.exited.then((value) => {
    ending = value;
  });
  await until(
    () => ending !== undefined || /^Ready in /m.test(galley.stderr()),
    () => `galley is ready, it said:\n${galley.stderr()}`,
    20_000,
  );
  if (ending) throw new Error(`galley ended with code ${ending.code} before it was ready:\n${ending.stderr}`);
  return galley;
}

/** Runs Galley to its end, which must come within `timeoutMs`, with nothing left running. */
export async function runGalley(
  args: readonly string[],
  options: GalleyOptions = {},
  timeoutMs = 10_000,
): Promise<Ending> {
  await using galley = new Galley(args, options);
  let ending: Ending | undefined;
  void galley.exited.then((value) => {
    ending = value;
  });
  await until(
    () => ending !== undefined,
    () => `galley ends by itself, it said:\n${galley.stderr()}`,
    timeoutMs,
  );
  await galley.leavesNothing();
  return galley.exited;
}
