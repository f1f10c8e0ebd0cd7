import { closeSync, constants, openSync, write } from 'node:fs';
import { gzip } from 'node:zlib';
import { systemErrorText } from './system-error.ts';

/** How lines are kept before they are written. */
export interface LogBuffering {
  /** Lines are kept until there is so much, in bytes; 0 for the end of the turn. */
  readonly bufferSize: number;
  /** For how long lines are kept at most; 0 for any time. */
  readonly flushMs: number;
  /** Level of compression, each write a gzip member of its own; 0 for none. */
  readonly gzipLevel: number;
}

/** Each line as soon as it comes: all of one turn of the event loop in one write, and of {@link breathMs} where there are many. */
export const byTurn: LogBuffering = { bufferSize: 0, flushMs: 0, gzipLevel: 0 };

/** A path, as latin-1 of its bytes; or a descriptor that is open and stays so: 1 for standard output, 2 for standard error. */
export type LogTarget = string | 1 | 2;

/** Lines that wait for a slow disk, in bytes; nginx waits itself. */
const mostWaiting = 4 * 1024 * 1024;

/** Between two writes in milliseconds: handing one to another thread costs more than a line, and nobody reads so fast. */
const breathMs = 10;

/** So much is written without such a pause, in bytes. */
const enough = 65_536;

/** A pipe that is full is tried again after so long; at the end as often as this. */
const retryMs = 10;
const mostRetriesAtEnd = 100;

/** Troubles of one file are told of so often at most. */
const reportEveryMs = 60_000;

/** A log that cannot be opened; the message is as nginx has it. */
export class LogFileError extends Error {}

/**
 * A file that lines are added to. Writes are one after the other and do not block the event loop. Several threads and processes
 * may write to the same file: what is written at once are whole lines, at the file's end. Lines are lost rather than kept where
 * the disk is full, or so slow that {@link mostWaiting} is reached.
 */
export class LogFile {
  readonly target: LogTarget;
  readonly #buffering: LogBuffering;
  readonly #mostWaiting: number;
  readonly #report: (problem: string) => void;
  /** Undefined while it is retired and nothing is written. */
  #fd: number | undefined;
  #isRetired = false;
  #lines = '';
  #timer: NodeJS.Timeout | undefined;
  #isScheduled = false;
  #flushedAt = Number.NEGATIVE_INFINITY;
  /** Bytes that are being written. */
  #underWay = 0;
  /** The descriptor that they go to. */
  #writing: number | undefined;
  /** What is written ended inside a line. */
  #isTorn = false;
  #lost = 0;
  #reportedAt = Number.NEGATIVE_INFINITY;
  #closing: PromiseWithResolvers<void> | undefined;
  #retriesAtEnd = 0;

  /** `report` is told of lost lines in one sentence. Throws {@link LogFileError}. */
  constructor(target: LogTarget, buffering: LogBuffering, report: (problem: string) => void) {
    this.target = target;
    this.#buffering = buffering;
    this.#mostWaiting = Math.max(mostWaiting, 2 * buffering.bufferSize);
    this.#report = report;
    this.#fd = typeof target === 'number' ? target : openLog(target);
  }

  /** Adds whole lines, each with its line feed; latin-1 of their bytes. */
  write(lines: string): void {
    if (this.#closing) {
      this.#lose(countLines(lines), 'it is closed');
      return;
    }
    if (this.#lines.length + lines.length + this.#underWay > this.#mostWaiting) {
      this.#lose(countLines(lines), 'the disk is too slow');
      return;
    }
    this.#lines += lines;
    const { bufferSize, flushMs } = this.#buffering;
    if (this.#isRetired || this.#lines.length >= (bufferSize || enough)) this.#schedule();
    else if (bufferSize === 0) this.#scheduleSoon();
    else if (flushMs > 0) this.#timer ??= setTimeout(() => this.#flush(), flushMs).unref();
  }

  /** Leaves the file, which may have been renamed, for a new one of the same name. Throws {@link LogFileError}, and goes on as before then. */
  reopen(): void {
    const old = this.#fd;
    if (typeof this.target === 'number' || old === undefined) return;
    this.#fd = openLog(this.target);
    // A write under way closes the file that it is for.
    if (old !== this.#writing) closeSync(old);
  }

  /** Nothing is written and nothing is to be. */
  get isIdle(): boolean {
    return this.#underWay === 0 && this.#lines === '';
  }

  /** No log needs it any more but for requests that are under way: from now on it is open only while something is written. */
  retire(): void {
    this.#isRetired = true;
    this.#flush();
    this.#rest();
  }

  /** Writes what is kept and closes the file. Resolves when that is done; what is added from now on is lost. */
  close(): Promise<void> {
    if (!this.#closing) {
      this.#closing = Promise.withResolvers();
      this.#flush();
      this.#closeWhenWritten();
    }
    return this.#closing.promise;
  }

  #schedule(): void {
    if (this.#isScheduled || this.#underWay > 0) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#underWay > 0 || this.#lines === '') return;
    const fd = this.#open();
    if (fd === undefined) return;
    const lines = this.#isTorn ? `\n${this.#lines}` : this.#lines;
    this.#lines = '';
    this.#isTorn = false;
    this.#underWay = lines.length;
    const bytes = Buffer.from(lines, 'latin1');
    const { gzipLevel } = this.#buffering;
    this.#writing = fd;
    this.#flushedAt = performance.now();
    if (gzipLevel === 0) {
      this.#put(fd, bytes, 0);
      return;
    }
    gzip(bytes, { level: gzipLevel }, (error, packed) => {
      if (error) this.#failed(fd, error, bytes, 0);
      else this.#put(fd, packed, 0);
    });
  }

  #scheduleSoon(): void {
    if (this.#isScheduled || this.#underWay > 0 || this.#timer !== undefined) return;
    const waitMs = breathMs - (performance.now() - this.#flushedAt);
    if (waitMs > 0) this.#timer = setTimeout(() => this.#flush(), waitMs);
    else this.#schedule();
  }

  /** The descriptor; undefined where the file of a retired log is gone, and so its lines are lost. */
  #open(): number | undefined {
    if (this.#fd !== undefined || typeof this.target === 'number') return this.#fd;
    try {
      this.#fd = openLog(this.target);
    } catch (error) {
      if (!(error instanceof LogFileError)) throw error;
      this.#lose(countLines(this.#lines), error.message);
      this.#lines = '';
    }
    return this.#fd;
  }

  #put(fd: number, bytes: Uint8Array, from: number): void {
    write(fd, bytes, from, bytes.length - from, null, (error, written) => {
      if (error?.code === 'EAGAIN' && this.#mayRetry()) setTimeout(() => this.#put(fd, bytes, from), retryMs);
      else if (error) this.#failed(fd, error, bytes, from);
      else if (from + written < bytes.length) this.#put(fd, bytes, from + written);
      else this.#written(fd);
    });
  }

  #mayRetry(): boolean {
    return this.#closing === undefined || this.#retriesAtEnd++ < mostRetriesAtEnd;
  }

  #failed(fd: number, error: Error, bytes: Uint8Array, from: number): void {
    const isPacked = this.#buffering.gzipLevel > 0;
    this.#isTorn = !isPacked && from > 0 && bytes[from - 1] !== lineFeed;
    const lost = isPacked ? 1 : countLines(Buffer.from(bytes.subarray(from)).toString('latin1'));
    this.#lose(lost, `write() failed (${systemErrorText(error)})`);
    this.#written(fd);
  }

  #written(fd: number): void {
    this.#underWay = 0;
    this.#writing = undefined;
    if (fd !== this.#fd) closeSync(fd);
    const { bufferSize } = this.#buffering;
    if (this.#closing || this.#isRetired || this.#lines.length >= (bufferSize || enough)) this.#flush();
    else if (bufferSize === 0 && this.#lines !== '') this.#scheduleSoon();
    this.#rest();
    this.#closeWhenWritten();
  }

  #rest(): void {
    if (!this.#isRetired || !this.isIdle || this.#fd === undefined || typeof this.target === 'number') return;
    closeSync(this.#fd);
    this.#fd = undefined;
  }

  #closeWhenWritten(): void {
    if (!this.#closing || this.#underWay > 0) return;
    if (typeof this.target === 'string' && this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
    this.#closing.resolve();
  }

  #lose(count: number, why: string): void {
    this.#lost += count;
    const now = performance.now();
    if (now - this.#reportedAt < reportEveryMs) return;
    this.#reportedAt = now;
    const lines = this.#lost === 1 ? '1 line' : `${this.#lost} lines`;
    this.#report(`${lines} of the log ${targetText(this.target)} lost: ${why}`);
    this.#lost = 0;
  }
}

const lineFeed = 0x0a;

const { O_WRONLY, O_APPEND, O_CREAT, O_NONBLOCK } = constants;

/** Opens a log to add lines to it; a named pipe that nobody reads is not waited for. `path`: latin-1 of its bytes. Throws {@link LogFileError}. */
export function openLog(path: string): number {
  try {
    return openSync(Buffer.from(path, 'latin1'), O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK, 0o644);
  } catch (error) {
    throw new LogFileError(`open() ${targetText(path)} failed (${systemErrorText(error)})`);
  }
}

function targetText(target: LogTarget): string {
  if (target === 1) return 'stdout';
  return target === 2 ? 'stderr' : `"${target}"`;
}

function countLines(lines: string): number {
  let count = 0;
  for (let at = lines.indexOf('\n'); at >= 0; at = lines.indexOf('\n', at + 1)) count++;
  return count;
}
