import { type ErrorLog, pathBytes } from './error-log.ts';
import type { ErrorLogLevel } from './error-log-level.ts';
import type { Log, LogFields, LogLevel } from './log.ts';

/** What Galley tells of itself is a notice to nginx: the start of workers, signals. */
const levels: Readonly<Record<LogLevel, ErrorLogLevel>> = {
  error: 'error',
  warn: 'warn',
  info: 'notice',
  debug: 'debug',
};

/** Galley's own log in nginx's format: `worker 3 was killed, pid: 47`, and a traceback on the lines after. */
export function createNginxLog(errorLog: ErrorLog): Log {
  const line = (level: LogLevel): ((message: string, fields?: LogFields) => void) => {
    return (message, fields = {}) => {
      const { text, ...others } = fields;
      const pairs = Object.entries(others).filter(([, value]) => value !== undefined);
      const suffix = pairs.map(
        ([key, value]) => `, ${key}: ${typeof value === 'string' ? JSON.stringify(value) : value}`,
      );
      errorLog.write(levels[level], pathBytes(message + suffix.join('')), undefined, text);
    };
  };
  return { error: line('error'), warn: line('warn'), info: line('info'), debug: line('debug') };
}
