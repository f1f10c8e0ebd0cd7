import { type ChildProcess, spawn } from 'node:child_process';
import { type InheritedSocket, upgradeVariable } from './inherited-sockets.ts';

/** Longest time from the start of the new process until it serves, in milliseconds: systemd's DefaultTimeoutStartSec, 90 s. */
const upgradeLimitMs = 90_000;

/** How long a new process that is told to stop may take to end its workers, in milliseconds. */
const endMs = 5_000;

const firstFd = 4; // after the standard streams and the channel

export interface UpgradeOptions {
  /** The sockets that Galley listens on, with their descriptors in this process. */
  readonly sockets: readonly InheritedSocket[];
  /** The command line's arguments. */
  readonly argv: readonly string[];
  /** The launcher script. Its path is not resolved, so that a link may lead to a newer version. */
  readonly program: string;
  /** Gives the upgrade up: this process is asked to stop. */
  readonly signal?: AbortSignal | undefined;
  readonly limitMs?: number;
}

/** The process that serves from now on. */
export interface Upgrade {
  readonly pid: number;
  /** Resolves when it has ended while this one still runs; then there may be another upgrade. */
  readonly ended: Promise<void>;
}

/** Why there is no new process; the message is one sentence. This process serves on. */
export class UpgradeError extends Error {}

let state: 'idle' | 'running' | 'done' = 'idle';

/**
 * Starts Galley once more, with the same arguments and the listening sockets of this process, and waits until it serves. Then this
 * process is to drain and exit with 0. Throws {@link UpgradeError}; what was started has ended then.
 */
export async function startUpgrade(options: UpgradeOptions): Promise<Upgrade> {
  const refusal = whyNoUpgrade({ state, pid: process.pid, parentPid: process.ppid, hasLauncher: process.connected });
  if (refusal) throw new UpgradeError(`Cannot upgrade: ${refusal}`);
  state = 'running';
  try {
    const child = spawnNew(options);
    const hasEnded = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    const pid = await untilServes(child, options);
    state = 'done';
    child.unref();
    if (process.connected) process.send?.({ replacedBy: pid });
    const ended = hasEnded.then(() => {
      state = 'idle';
    });
    return { pid, ended };
  } catch (error) {
    state = 'idle';
    throw new UpgradeError(`The upgrade failed, this process serves on: ${(error as Error).message}`);
  }
}

/** What the new process calls once it serves: the one that started it drains then. The channel between them is closed. */
export function tellUpgraded(): void {
  if (!process.connected) return;
  process.send?.({ ready: true }, undefined, {}, () => {
    if (process.connected) process.disconnect?.();
  });
  process.channel?.unref();
}

/** Undefined where nothing speaks against it. */
export function whyNoUpgrade(facts: {
  readonly state: 'idle' | 'running' | 'done';
  readonly pid: number;
  readonly parentPid: number;
  /** The parent is a launcher, which ends with this process. */
  readonly hasLauncher: boolean;
}): string | undefined {
  if (facts.state === 'running') return 'an upgrade is under way';
  if (facts.state === 'done') return 'a new process has taken over already';
  if (facts.pid === 1 || (facts.hasLauncher && facts.parentPid === 1)) {
    return 'Galley is process 1, and when that ends its container ends; start a new container instead';
  }
  return undefined;
}

function spawnNew({ sockets, argv, program }: UpgradeOptions): ChildProcess {
  const passed = sockets.map((socket, index): InheritedSocket => ({ ...socket, fd: firstFd + index }));
  const environment: NodeJS.ProcessEnv = { ...process.env, [upgradeVariable]: JSON.stringify(passed) };
  // It names this process, whose task the new one takes over.
  delete environment['WATCHDOG_PID'];
  // With that flag Node blocks SIGUSR1 for good, and log files could not be opened again.
  const flags = process.execArgv.filter((flag) => flag !== '--disable-sigusr1');
  return spawn(process.execPath, [...flags, '--', program, ...argv], {
    env: environment,
    // A session of its own: a Ctrl-C that is meant for this process must not stop it.
    detached: true,
    stdio: ['inherit', 'inherit', 'inherit', 'ipc', ...sockets.map(({ fd }) => fd)],
  });
}

/** Resolves with its pid; rejects when it has ended. */
async function untilServes(child: ChildProcess, { signal, limitMs = upgradeLimitMs }: UpgradeOptions): Promise<number> {
  let reason: string | undefined;
  const end = (why: string): void => {
    reason ??= why;
    child.kill('SIGTERM');
    killing ??= setTimeout(() => child.kill('SIGKILL'), endMs);
  };
  let killing: NodeJS.Timeout | undefined;
  const late = setTimeout(() => end(`was not ready after ${limitMs / 1000} s and was ended`), limitMs);
  const stop = (): void => end('was ended, since this one is to stop');
  signal?.addEventListener('abort', stop);
  if (signal?.aborted) stop();
  try {
    return await new Promise<number>((resolve, reject) => {
      child.on('error', reject);
      child.on('exit', (code, exitSignal) => {
        const how = reason ?? (exitSignal ? `was ended by ${exitSignal}` : `ended with code ${code}`);
        reject(new Error(`the new process ${how}`));
      });
      child.on('message', (message) => {
        const { ready } = (message ?? {}) as { readonly ready?: unknown };
        if (ready === true && reason === undefined && child.pid !== undefined) resolve(child.pid);
      });
    });
  } finally {
    clearTimeout(late);
    clearTimeout(killing);
    signal?.removeEventListener('abort', stop);
  }
}
