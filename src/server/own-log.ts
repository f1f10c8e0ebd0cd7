import { ErrorLog, type ErrorLogTarget } from '../observe/error-log.ts';
import { createLog, type Log, type LogThreshold } from '../observe/log.ts';
import type { LogFiles } from '../observe/log-files.ts';
import { createNginxLog } from '../observe/nginx-log.ts';

/** What Galley itself tells: readable on standard error, or in nginx's format where there are error logs. Throws LogFileError. */
export function createOwnLog(errorLogs: readonly ErrorLogTarget[], files: LogFiles, threshold: LogThreshold): Log {
  const now = (): Date => new Date();
  if (errorLogs.length > 0) return createNginxLog(new ErrorLog(errorLogs, files, now));
  return createLog(threshold, (text) => process.stderr.write(text), now);
}
