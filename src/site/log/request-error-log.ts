import { ErrorLog } from '../../observe/error-log.ts';
import type { ErrorLogLevel } from '../../observe/error-log-level.ts';
import type { Log, LogLevel } from '../../observe/log.ts';
import type { LogFiles } from '../../observe/log-files.ts';
import type { ErrorLogPlan } from '../../plan/log-plan.ts';
import type { RequestErrorLog } from '../services.ts';
import type { SiteRequest } from '../site-request.ts';

/** Galley's levels; what is graver than an error is one. */
const levels: Readonly<Record<ErrorLogLevel, LogLevel>> = {
  emerg: 'error',
  alert: 'error',
  crit: 'error',
  error: 'error',
  warn: 'warn',
  notice: 'info',
  info: 'info',
  debug: 'debug',
};

/** Writes what goes wrong in a request to the error logs of its location, in nginx's format; where it has none, to Galley's log. */
export class LocationErrorLog implements RequestErrorLog {
  readonly #files: LogFiles;
  readonly #log: Log;
  readonly #now: () => Date;
  /** Locations that inherit their logs have the same list of them. */
  readonly #opened: Map<string, ErrorLog> = new Map();
  readonly #byPlans: WeakMap<readonly ErrorLogPlan[], ErrorLog> = new WeakMap();

  constructor(files: LogFiles, log: Log, now: () => Date) {
    this.#files = files;
    this.#log = log;
    this.#now = now;
  }

  /** Opens the logs of a location, so that a file that cannot be opened is known before requests come. Throws LogFileError. */
  open(plans: readonly ErrorLogPlan[]): ErrorLog {
    const known = this.#byPlans.get(plans);
    if (known) return known;
    const key = JSON.stringify(plans);
    const log = this.#opened.get(key) ?? new ErrorLog(plans, this.#files, this.#now);
    this.#opened.set(key, log);
    this.#byPlans.set(plans, log);
    return log;
  }

  write(request: SiteRequest, level: ErrorLogLevel, message: string): void {
    const { errorLogs } = request.location.settings;
    if (errorLogs.length === 0) {
      this.#log[levels[level]](message, { request: request.exchange.id });
      return;
    }
    const log = this.open(errorLogs);
    if (log.takes(level)) log.write(level, message + aboutRequest(request), request.exchange.connection.serial);
  }
}

/** What nginx adds to a message of a request. */
function aboutRequest(request: SiteRequest): string {
  const { exchange, main, server } = request;
  const { method, target, version, line } = exchange.request;
  const { address } = exchange.connection.client;
  const host = request.header('host');
  const referrer = request.header('referer');
  const requestLine = line ?? `${method} ${target} HTTP/${version}`;
  return (
    `, client: ${address || 'unix:'}, server: ${server.name}` +
    (requestLine === '' ? '' : `, request: ${quoted(requestLine)}`) +
    (main === request ? '' : `, subrequest: ${quoted(request.uri)}`) +
    (host === undefined ? '' : `, host: ${quoted(host)}`) +
    (referrer === undefined ? '' : `, referrer: ${quoted(referrer)}`)
  );
}

/** A client's text; a quote in it must not look like the end. */
function quoted(text: string): string {
  return `"${text.replaceAll('"', '\\x22')}"`;
}
