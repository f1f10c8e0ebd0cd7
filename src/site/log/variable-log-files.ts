import type { LogBuffering, LogFile } from '../../observe/log-file.ts';
import { LogFileError } from '../../observe/log-file.ts';
import type { LogFiles } from '../../observe/log-files.ts';
import type { SiteRequest } from '../site-request.ts';
import type { CompiledTemplate } from '../variables/template.ts';

/** As many files of one log are open at most; the one that is unused for longest is closed. nginx opens the file for each line. */
const mostOpenFiles = 64;

/** After a failure the same path is not tried again for so long. */
const retryMs = 1_000;

/** The files of one access log whose path has variables. */
export class VariableLogFiles {
  readonly #path: CompiledTemplate;
  readonly #buffering: LogBuffering;
  readonly #files: LogFiles;
  /** By path, the one that was used last at the end. */
  readonly #open: Map<string, LogFile> = new Map();
  #failedPath = '';
  #failedAt = Number.NEGATIVE_INFINITY;

  constructor(path: CompiledTemplate, buffering: LogBuffering, files: LogFiles) {
    this.#path = path;
    this.#buffering = buffering;
    this.#files = files;
  }

  /** The file for this request; undefined where it cannot be opened, which the error log tells. */
  find(request: SiteRequest): LogFile | undefined {
    const path = this.#path.evaluate(request);
    const known = this.#open.get(path);
    if (known) {
      this.#open.delete(path);
      this.#open.set(path, known);
      return known;
    }
    const now = request.services.now();
    if (path === this.#failedPath && now - this.#failedAt < retryMs) return undefined;
    const opened = this.#openNew(path);
    if (opened instanceof Error) {
      this.#failedPath = path;
      this.#failedAt = now;
      request.log('crit', opened.message);
      return undefined;
    }
    return opened;
  }

  #openNew(path: string): LogFile | LogFileError {
    // A client must not choose the folder by what it puts into a variable.
    if (path.includes('\0') || path.split('/').includes('..')) {
      return new LogFileError(`the access log "${path}" is not opened: its path is not safe`);
    }
    const [oldest] = this.#open;
    if (oldest && this.#open.size >= mostOpenFiles) {
      this.#open.delete(oldest[0]);
      this.#files.release(oldest[1]);
    }
    try {
      const file = this.#files.open(path, this.#buffering);
      this.#open.set(path, file);
      return file;
    } catch (error) {
      if (error instanceof LogFileError) return error;
      throw error;
    }
  }
}
