import { isUtf8 } from 'node:buffer';
import { threadId } from 'node:worker_threads';
import { type ErrorLogLevel, isLogged } from './error-log-level.ts';
import type { LogFile } from './log-file.ts';
import type { LogFiles } from './log-files.ts';

/** Where what goes wrong is written, and how much of it. Paths are Unicode. */
export interface ErrorLogTarget {
  readonly target: { readonly kind: 'file'; readonly path: string } | { readonly kind: 'stderr' };
  readonly level: ErrorLogLevel;
}

/** One line, in bytes: nginx's NGX_MAX_ERROR_STR. */
const longestLine = 2048;

/** What goes wrong, in nginx's format: `2026/11/21 18:00:00 [error] 123#123: *45 message`. */
export class ErrorLog {
  readonly #outputs: readonly { readonly file: LogFile; readonly level: ErrorLogLevel }[];
  readonly #files: LogFiles;
  readonly #now: () => Date;

  /** Throws LogFileError, with nothing left open. */
  constructor(targets: readonly ErrorLogTarget[], files: LogFiles, now: () => Date) {
    const outputs: { readonly file: LogFile; readonly level: ErrorLogLevel }[] = [];
    this.#outputs = outputs;
    this.#files = files;
    this.#now = now;
    try {
      for (const { target, level } of targets) {
        outputs.push({ file: files.open(target.kind === 'stderr' ? 2 : pathBytes(target.path)), level });
      }
    } catch (error) {
      this.release();
      throw error;
    }
  }

  /** It is written to no more. */
  release(): void {
    for (const { file } of this.#outputs) this.#files.release(file);
  }

  /** Whether any of its files takes the level. */
  takes(level: ErrorLogLevel): boolean {
    return this.#outputs.some((output) => isLogged(level, output.level));
  }

  /** Writes one event. `message` is latin-1 of its bytes; `number` is the connection's or the request's; `text` (Unicode) follows line by line. */
  write(level: ErrorLogLevel, message: string, number?: number, text?: string): void {
    let lines: string | undefined;
    for (const output of this.#outputs) {
      if (!isLogged(level, output.level)) continue;
      lines ??= errorLogLine(this.#now(), level, message, number) + continuation(text);
      output.file.write(lines);
    }
  }
}

/** One line of an error log, latin-1 of its bytes. The thread is the process itself, or the number that Node gave to it. */
export function errorLogLine(at: Date, level: ErrorLogLevel, message: string, number?: number): string {
  const who = `${process.pid}#${threadId === 0 ? process.pid : threadId}`;
  const line = `${errorLogTime(at)} [${level}] ${who}: ${number === undefined ? '' : `*${number} `}${unforgeable(message)}`;
  return `${line.slice(0, longestLine - 1)}\n`;
}

/**
 * The text (latin-1) without what could forge a line or drive a terminal (http.md 263): control characters are written as \xHH, and
 * so is what is no UTF-8.
 */
export function unforgeable(text: string): string {
  if (!/[^\x20-\x7e]/.test(text)) return text;
  const bytes = Buffer.from(text, 'latin1');
  // A control character of U+0080 to U+009F is 0xc2 and a second byte in UTF-8.
  const pattern = isUtf8(bytes) ? /[\x00-\x1f\x7f]|\xc2[\x80-\x9f]/g : /[^\x20-\x7e]/g;
  return text.replace(pattern, (characters) => {
    return Array.from(characters, (each) => `\\x${hex(each.charCodeAt(0))}`).join('');
  });
}

/** A Unicode text as latin-1 of its UTF-8 bytes. */
export function pathBytes(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

function continuation(text: string | undefined): string {
  if (!text) return '';
  const lines = pathBytes(text.trimEnd()).split('\n');
  return lines.map((line) => `    ${unforgeable(line)}\n`).join('');
}

let lastSecond = -1;
let lastTime = '';

/** `2026/11/21 18:00:00`, local time. Kept for the second. */
function errorLogTime(at: Date): string {
  const second = Math.floor(at.getTime() / 1000);
  if (second === lastSecond) return lastTime;
  const date = `${at.getFullYear()}/${two(at.getMonth() + 1)}/${two(at.getDate())}`;
  lastSecond = second;
  lastTime = `${date} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  return lastTime;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

function hex(code: number): string {
  return code.toString(16).padStart(2, '0').toUpperCase();
}
