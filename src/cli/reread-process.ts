import type { ProcessConfig } from '../config/config.ts';
import { LogFileError } from '../observe/log-file.ts';
import type { OwnLog } from '../server/own-log.ts';

const atStart = ['frontThreads', 'maxConnections', 'gracefulTimeoutMs', 'isDaemon'] as const;

/** How a config calls what is chosen at the start. */
export type ProcessNames = Readonly<Record<(typeof atStart)[number], string>>;

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
