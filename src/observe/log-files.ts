import { byTurn, type LogBuffering, LogFile, LogFileError, type LogTarget } from './log-file.ts';

interface OpenFile {
  readonly file: LogFile;
  users: number;
  /** The last one in which it was opened. */
  generation: number;
}

/** The log files of one thread: each is open once, for all logs that name it with the same buffering. */
export class LogFiles {
  readonly #report: (problem: string) => void;
  readonly #files: Map<string, OpenFile> = new Map();
  /** Those that requests under way may still write to. */
  #retired: readonly LogFile[] = [];
  #generation = 0;

  /** `report` is told in one sentence of lines that were lost and of files that cannot be opened again. */
  constructor(report: (problem: string) => void) {
    this.#report = report;
  }

  /** Throws LogFileError. Each call is to be met by one of `release`, or by `close`. */
  open(target: LogTarget, buffering: LogBuffering = byTurn): LogFile {
    const place = standardStreams[target] ?? target;
    const key = keyOf(place, buffering);
    const known = this.#files.get(key);
    if (known) {
      known.users++;
      known.generation = this.#generation;
      return known.file;
    }
    const file = new LogFile(place, buffering, this.#report);
    this.#files.set(key, { file, users: 1, generation: this.#generation });
    return file;
  }

  /** One user of the file less; the last one closes it, when what is kept is written. */
  release(file: LogFile): void {
    for (const [key, open] of this.#files) {
      if (open.file !== file || --open.users > 0) continue;
      this.#files.delete(key);
      void file.close();
    }
  }

  /** Logs are about to be opened for a new config. */
  beginGeneration(): void {
    this.#generation++;
  }

  /** The new config is in use: files that it did not open are closed, and opened for a moment where an old request is logged. */
  retireOlder(): void {
    const retired = this.#retired.filter(({ isIdle }) => !isIdle);
    for (const [key, { file, generation }] of this.#files) {
      if (generation === this.#generation) continue;
      this.#files.delete(key);
      file.retire();
      retired.push(file);
    }
    this.#retired = retired;
  }

  /** Leaves all files for new ones of the same names, after they were rotated. One that cannot be opened goes on as before. */
  reopen(): void {
    for (const { file } of this.#files.values()) {
      try {
        file.reopen();
      } catch (error) {
        if (!(error instanceof LogFileError)) throw error;
        this.#report(error.message);
      }
    }
  }

  /** Writes what is kept and closes all. */
  async close(): Promise<void> {
    const files = [...Array.from(this.#files.values(), ({ file }) => file), ...this.#retired];
    this.#files.clear();
    this.#retired = [];
    await Promise.all(files.map((file) => file.close()));
  }
}

/** Opened anew they would lose what others write, or could not be opened at all where they are sockets, as under systemd. */
const standardStreams: Readonly<Partial<Record<LogTarget, LogTarget>>> = {
  '/dev/stdout': 1,
  '/dev/stderr': 2,
  '/proc/self/fd/1': 1,
  '/proc/self/fd/2': 2,
};

function keyOf(target: LogTarget, { bufferSize, flushMs, gzipLevel }: LogBuffering): string {
  return `${bufferSize} ${flushMs} ${gzipLevel} ${target}`;
}
