import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import type { ErrorLogLevel } from '../../observe/error-log-level.ts';
import { systemErrorText } from '../../observe/system-error.ts';
import type { NginxCommand } from './arguments.ts';

const signals = { stop: 'SIGTERM', quit: 'SIGQUIT', reopen: 'SIGUSR1', reload: 'SIGHUP' } as const;

/** What nginx says where a command could not be sent. */
export interface SendFailure {
  readonly level: ErrorLogLevel;
  readonly message: string;
}

/** Signals the process whose number is in the file; undefined where that was done. */
export function sendCommand(command: NginxCommand, pidFile: string): SendFailure | undefined {
  let text: string;
  try {
    text = readFileSync(pidFile, 'latin1');
  } catch (error) {
    return { level: 'error', message: `open() "${pidFile}" failed (${systemErrorText(error)})` };
  }
  const number = text.replace(/[\r\n]+$/, '');
  const pid = /^\d{1,9}$/.test(number) ? Number(number) : 0;
  // 0 would be every process of this group.
  if (pid === 0) return { level: 'error', message: `invalid PID number "${number}" in "${pidFile}"` };
  const signal = signals[command];
  try {
    process.kill(pid, signal);
  } catch (error) {
    const what = `kill(${pid}, ${constants.signals[signal]})`;
    return { level: 'alert', message: `${what} failed (${systemErrorText(error)})` };
  }
  return undefined;
}
