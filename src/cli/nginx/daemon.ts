import { spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { pathBytes } from '../../observe/error-log.ts';
import { LogFileError, openLog } from '../../observe/log-file.ts';
import { upgradeVariable } from '../../server/inherited-sockets.ts';

/** Set where this process was started to serve in the background. */
const daemonVariable = 'GALLEY_NGINX_DAEMON';

/** What the background process tells the one that started it. */
type FromDaemon = { readonly kind: 'says'; readonly text: string } | { readonly kind: 'serves' };

/**
 * What this process is: the `starter`, which was called, and starts the daemon where there is to be one; the `daemon`; or the
 * `successor` of a process that serves already, with which it stays in the foreground or in the background.
 */
export type Role = 'starter' | 'daemon' | 'successor';

/** Finds out which of them this process is. The variable is removed, so that no child takes it for its own. */
export function takeRole(environment: NodeJS.ProcessEnv): Role {
  const isDaemon = environment[daemonVariable] !== undefined;
  delete environment[daemonVariable];
  if (environment[upgradeVariable] !== undefined) return 'successor';
  return isDaemon ? 'daemon' : 'starter';
}

export interface DaemonOptions {
  /** The arguments after the name of the program. */
  readonly argv: readonly string[];
  /** The launcher script. */
  readonly program: string;
  /** What the daemon and its apps write to standard error goes there; undefined for this process's. */
  readonly errorLog: string | undefined;
  /** Gets what the daemon says before it serves. */
  say(text: string): void;
}

/** Starts this program once more, in a session of its own. Gives the exit code: 0 once that process serves, 1 where it ends before. */
export async function startDaemon({ argv, program, errorLog, say }: DaemonOptions): Promise<number> {
  let log: number | 'inherit';
  try {
    log = errorLog === undefined ? 'inherit' : openLog(pathBytes(errorLog));
  } catch (error) {
    if (!(error instanceof LogFileError)) throw error;
    say(`nginx: [emerg] ${error.message}\n`);
    return 1;
  }
  // With that flag Node blocks SIGUSR1 for good, and logs could not be opened again.
  const flags = process.execArgv.filter((flag) => flag !== '--disable-sigusr1');
  const child = spawn(process.execPath, [...flags, '--', program, ...argv], {
    env: { ...process.env, [daemonVariable]: '1' },
    detached: true,
    stdio: ['ignore', 'ignore', log, 'ipc'],
  });
  if (typeof log === 'number') closeSync(log);
  const stop = (signal: NodeJS.Signals): void => void child.kill(signal);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGQUIT'] as const) process.on(signal, stop);
  return new Promise((resolve) => {
    child.on('error', (error) => {
      say(`nginx: [alert] cannot start ${process.execPath}: ${error.message}\n`);
      resolve(1);
    });
    child.on('exit', () => resolve(1));
    child.on('message', (message: FromDaemon) => {
      if (message.kind === 'says') say(message.text);
      else {
        child.unref();
        resolve(0);
      }
    });
  });
}

/** The daemon's line to the process that started it, until it serves. */
export const starter = {
  says(text: string): void {
    if (process.connected) process.send?.({ kind: 'says', text } satisfies FromDaemon);
  },
  /** It may end: this process serves. */
  serves(): void {
    if (!process.connected) return;
    process.send?.({ kind: 'serves' } satisfies FromDaemon, undefined, {}, () => {
      if (process.connected) process.disconnect?.();
    });
    process.channel?.unref();
  },
};
