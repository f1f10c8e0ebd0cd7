import type { ExchangeRecord } from '../core/exchange-record.ts';

/** Turns a finished exchange and the time it ended into a line, with its line feed. */
export type AccessLogFormat = (record: ExchangeRecord, at: Date) => string;

/**
 * Apache's combined format, then the duration and the time in the queue in seconds, as nginx's `$request_time`.
 * What could forge or break a line is written as \xHH.
 */
export const combinedFormat: AccessLogFormat = (record, at) => {
  const { connection, exchange, status, bytes, durationMs } = record;
  const request = exchange?.request;
  const line = request ? `${request.method} ${request.target} HTTP/${request.version}` : '-';
  const referer = escaped(request?.headers.get('referer') ?? '-');
  const agent = escaped(request?.headers.get('user-agent') ?? '-');
  const client = connection.client.address || '-';
  const times = `${seconds(durationMs)} ${seconds(exchange?.queueMs ?? 0)}`;
  return `${client} - - [${commonLogTime(at)}] "${escaped(line)}" ${status} ${bytes} "${referer}" "${agent}" ${times}\n`;
};

/** One JSON object a line. Durations are in milliseconds. */
export const jsonFormat: AccessLogFormat = (record, at) => {
  const { connection, exchange, status, bytes, complete, durationMs } = record;
  const request = exchange?.request;
  const line = {
    time: at.toISOString(),
    client: connection.client.address,
    request: exchange?.id,
    method: request?.method,
    target: request?.target,
    version: request?.version,
    status,
    bytes,
    complete,
    durationMs: rounded(durationMs),
    queueMs: rounded(exchange?.queueMs ?? 0),
    referer: request?.headers.get('referer'),
    userAgent: request?.headers.get('user-agent'),
  };
  return `${JSON.stringify(line)}\n`;
};

/** Gathers the lines of one turn of the event loop and writes them at once. */
export class AccessLog {
  readonly #format: AccessLogFormat;
  readonly #write: (text: string) => void;
  readonly #now: () => Date;
  #lines = '';

  constructor(format: AccessLogFormat, write: (text: string) => void, now: () => Date) {
    this.#format = format;
    this.#write = write;
    this.#now = now;
  }

  add(record: ExchangeRecord): void {
    if (this.#lines === '') setImmediate(() => this.flush());
    this.#lines += this.#format(record, this.#now());
  }

  /** Writes what is gathered. */
  flush(): void {
    const lines = this.#lines;
    this.#lines = '';
    if (lines !== '') this.#write(lines);
  }
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;

let lastSecond = -1;
let lastText = '';

/** `21/Nov/2026:09:00:00 +0000`, local time as Apache has it. Kept for the second. */
function commonLogTime(at: Date): string {
  const second = Math.floor(at.getTime() / 1000);
  if (second === lastSecond) return lastText;
  const offset = -at.getTimezoneOffset();
  const zone = `${offset < 0 ? '-' : '+'}${twoDigits(Math.abs(offset) / 60)}${twoDigits(Math.abs(offset) % 60)}`;
  const time = `${twoDigits(at.getHours())}:${twoDigits(at.getMinutes())}:${twoDigits(at.getSeconds())}`;
  lastSecond = second;
  lastText = `${twoDigits(at.getDate())}/${months[at.getMonth()]}/${at.getFullYear()}:${time} ${zone}`;
  return lastText;
}

function twoDigits(value: number): string {
  return String(Math.floor(value)).padStart(2, '0');
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(3);
}

function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000;
}

function escaped(text: string): string {
  return text.replace(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, (character) => {
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0').toUpperCase()}`;
  });
}
