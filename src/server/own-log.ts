import { ErrorLog, type ErrorLogTarget } from '../observe/error-log.ts';
import { createLog, type Log, type LogThreshold } from '../observe/log.ts';
import type { LogFiles } from '../observe/log-files.ts';
import { createNginxLog } from '../observe/nginx-log.ts';

/** What Galley itself tells: readable on standard error, or in nginx's format where there are error logs. */
export class OwnLog {
  readonly log: Log;
  readonly #files: LogFiles;
  readonly #readable: Log;
  #errorLog: ErrorLog | undefined;
  #current: Log;

  /** Throws LogFileError. */
  constructor(errorLogs: readonly ErrorLogTarget[], files: LogFiles, threshold: LogThreshold) {
    this.#files = files;
    this.#readable = createLog(
      threshold,
      (text) => process.stderr.write(text),
      () => new Date(),
    );
    this.#current = this.#readable;
    this.use(errorLogs);
    this.log = {
      error: (message, fields) => this.#current.error(message, fields),
      warn: (message, fields) => this.#current.warn(message, fields),
      info: (message, fields) => this.#current.info(message, fields),
      debug: (message, fields) => this.#current.debug(message, fields),
    };
  }

  /** Writes to these from now on. Throws LogFileError, and goes on as before then. */
  use(errorLogs: readonly ErrorLogTarget[]): void {
    const before = this.#errorLog;
    this.#errorLog = errorLogs.length > 0 ? new ErrorLog(errorLogs, this.#files, () => new Date()) : undefined;
    this.#current = this.#errorLog ? createNginxLog(this.#errorLog) : this.#readable;
    before?.release();
  }
}
