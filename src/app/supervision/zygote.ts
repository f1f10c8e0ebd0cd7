import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AppOptions, PythonInterface } from '../options.ts';
import { AppStartError } from '../start-error.ts';
import { readZygoteMessage, type ZygoteMessage } from './zygote-message.ts';

/** What is known of an app once it was imported. */
export interface LoadedApp {
  readonly interface: PythonInterface;
  /** What of the app shows its interface, in words. */
  readonly reason: string;
  /** The interpreter's version, such as `3.12.1`. */
  readonly python: string;
  readonly implementation: string;
  /** The global interpreter lock: a free-threaded build has it off, or on for a module that needs it; others have it always. */
  readonly gil: 'always' | 'on' | 'off';
  /** How long the import took. */
  readonly milliseconds: number;
  /** Whether workers are forked with the app imported. */
  readonly preloaded: boolean;
  /** The threads, sockets, event polls and databases that the import left open: what makes forking unsafe. */
  readonly found: readonly string[];
  /** Memory in RAM after the import, in bytes. */
  readonly rss: number;
  /** Only where it was asked for. */
  readonly inspection?: AppInspection;
}

export interface Framework {
  readonly name: string;
  readonly version: string | null;
}

/** What `galley inspect` tells beyond what running the app needs (control.md). */
export interface AppInspection {
  /** Bytes in RAM around the import. */
  readonly memory: { readonly before: number; readonly after: number };
  /** The files and pipes that the import left open. */
  readonly files: readonly string[];
  /** What the app is made with. */
  readonly framework: Framework | null;
  /** All that are imported. */
  readonly frameworks: readonly Framework[];
  /** The version that ASGI workers run on; null where they run on asyncio. */
  readonly uvloop: string | null;
  /** Null for WSGI. `text` says why it failed. */
  readonly lifespan: {
    readonly state: 'supported' | 'unsupported' | 'unknown' | 'complete' | 'failed' | 'off';
    readonly text: string;
  } | null;
}

/** What a zygote reports of the workers it forked. */
export interface ZygoteEvents {
  forked(worker: number, pid: number): void;
  exited(worker: number, code: number | null, signal: string | null): void;
  /** The zygote itself is gone; `reason` says how. */
  gone(reason: string): void;
}

const pythonSide = fileURLToPath(new URL('../../../workers/python', import.meta.url));
const controlDescriptor = 3;
/** How long a zygote that was told to end may take, in milliseconds. */
const endMs = 2_000;
/** How long its last words may take when it is gone, in milliseconds. */
const lastWordsMs = 500;
/** How much of a line that is no message is shown, in characters. */
const shownOfLine = 100;

/** The process that imports an app once and forks its workers (control.md). The only place where app processes are started. */
export class Zygote {
  readonly #events: ZygoteEvents;
  readonly #child: ChildProcess;
  readonly #control: Socket;
  readonly #loaded: PromiseWithResolvers<LoadedApp> = Promise.withResolvers();
  readonly #exited: Promise<void>;
  /** The beginning of a line whose end has not come. */
  #unread = '';
  /** Why nothing that it says is believed any longer. */
  #broken: string | undefined;

  /**
   * `python`: path of the interpreter. `sockets`: where workers connect. `inspect`: tell all that can be told of the app, then end;
   * what it prints goes to standard error.
   */
  constructor(python: string, app: AppOptions, sockets: readonly string[], events: ZygoteEvents, inspect = false) {
    this.#events = events;
    this.#child = spawn(python, [join(pythonSide, 'galley_worker/__main__.py')], {
      env: withPythonPath({ ...process.env, ...app.environment }),
      stdio: ['ignore', inspect ? process.stderr.fd : 'inherit', 'inherit', 'pipe'],
    });
    this.#child.on('error', () => {});
    const control = this.#child.stdio[controlDescriptor];
    if (!control)
      throw new AppStartError('Cannot start Python: there are no more descriptors or processes to be had', '');
    this.#control = control as Socket;
    this.#control.setEncoding('utf8');
    this.#control.on('data', (text: string) => this.#read(text));
    // A zygote that dies resets its end; that it is gone is what its exit tells.
    this.#control.on('error', () => {});
    this.#exited = new Promise((resolve) => {
      const gone = (reason: string): void => {
        this.#loaded.reject(new AppStartError(`Cannot start Python: ${reason}`, ''));
        events.gone(reason);
        resolve();
      };
      this.#child.on('error', (error) => gone(error.message));
      // A process that the import forked holds the other end of the line open as well, maybe for ever.
      this.#child.on('exit', () => setTimeout(() => control.destroy(), lastWordsMs).unref());
      this.#child.on('close', (code, signal) =>
        gone(this.#broken ?? (signal ? `it was ended by ${signal}` : `it exited with code ${code}`)),
      );
    });
    this.#loaded.promise.catch(() => {});
    this.#send({
      command: 'load',
      app: app.target,
      directory: app.directory,
      interface: app.interface,
      factory: app.factory,
      lifespan: app.lifespan,
      root_path: app.rootPath,
      threads: app.threads,
      workers: app.workers.max,
      concurrency: app.concurrency,
      sockets,
      uvloop: 'auto',
      preload: app.preload,
      reload: app.reload,
      inspect,
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Resolves when the app is imported. Rejects with AppStartError. */
  loaded(): Promise<LoadedApp> {
    return this.#loaded.promise;
  }

  /** `leader`: of all workers this one may do what must be done once. */
  fork(worker: number, leader: boolean): void {
    this.#send({ command: 'fork', worker, leader });
  }

  kill(worker: number): void {
    this.#send({ command: 'signal', worker, signal: 'SIGKILL' });
  }

  /** Has a worker write down the stacks of its threads (control.md). */
  writeStacks(worker: number): void {
    this.#send({ command: 'signal', worker, signal: 'SIGRTMIN+8' });
  }

  /** Sends a text to the service manager, if there is one. */
  notify(text: string): void {
    this.#send({ command: 'notify', text });
  }

  /** Lets the app in a worker know that its end is near, where it asks. */
  announceEnd(worker: number): void {
    this.#send({ command: 'signal', worker, signal: 'SIGTERM' });
  }

  /** Ends the zygote and what workers it has left, by force when it has not ended by itself after so long; resolves when it is gone. */
  async close(mostMs: number = endMs): Promise<void> {
    this.#control.destroy();
    const last = setTimeout(() => this.#child.kill('SIGKILL'), mostMs);
    await this.#exited;
    clearTimeout(last);
  }

  #send(command: object): void {
    this.#control.write(`${JSON.stringify(command)}\n`);
  }

  #read(text: string): void {
    const lines = (this.#unread + text).split('\n');
    this.#unread = lines.pop() ?? '';
    for (const line of lines) {
      const message = readZygoteMessage(line);
      if (!message) {
        this.#break(line);
        return;
      }
      this.#receive(message);
    }
  }

  #break(line: string): void {
    this.#broken = `it wrote what is not for Galley to Galley's descriptor: ${JSON.stringify(line.slice(0, shownOfLine))}`;
    this.#loaded.reject(new AppStartError(`Cannot import the app: ${this.#broken}`, ''));
    this.#control.destroy();
    this.#child.kill('SIGKILL');
  }

  #receive(message: ZygoteMessage): void {
    switch (message.event) {
      case 'loaded':
        this.#loaded.resolve(message);
        break;
      case 'failed':
        this.#loaded.reject(new AppStartError(message.message, message.traceback));
        break;
      case 'forked':
        this.#events.forked(message.worker, message.pid);
        break;
      case 'exited':
        this.#events.exited(message.worker, message.code, message.signal);
        break;
    }
  }
}

function withPythonPath(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const before = environment['PYTHONPATH'];
  return { ...environment, PYTHONPATH: before ? `${pythonSide}:${before}` : pythonSide };
}
