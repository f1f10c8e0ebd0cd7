import type { ProcessConfig } from '../config/config.ts';
import { ErrorLog } from '../observe/error-log.ts';
import { LogFileError } from '../observe/log-file.ts';
import { LogFiles } from '../observe/log-files.ts';
import type { OwnLog } from '../server/own-log.ts';
import { ServingError } from '../server/serving.ts';

const atStart = ['frontThreads', 'maxConnections', 'gracefulTimeoutMs', 'isDaemon'] as const;

/** How a config calls what is chosen at the start. */
export type ProcessNames = Readonly<Record<(typeof atStart)[number], string>>;

/** Opens for a moment the error logs of a config that was read again: where that fails, nothing of it is to be used. Throws ServingError. */
export function testReread({ errorLogs = [] }: ProcessConfig): void {
  try {
    new ErrorLog(errorLogs, new LogFiles(() => {}), () => new Date()).release();
  } catch (error) {
    throw error instanceof LogFileError ? new ServingError(error.message) : error;
  }
}

/** Makes what a config that was read again says of the process so, and warns of what cannot be. `inUse`: that of the start. */
export function useReread(inUse: ProcessConfig, next: ProcessConfig, ownLog: OwnLog, names: ProcessNames): void {
  const { log } = ownLog;
  try {
    ownLog.use(next.errorLogs ?? []);
  } catch (error) {
    if (!(error instanceof LogFileError)) throw error;
    log.error(error.message);
  }
  const changed = atStart.filter((name) => next[name] !== inUse[name]).map((name) => names[name]);
  if (changed.length > 0) log.warn(`what the config says of ${changed.join(', ')} is in use after a restart`);
}
