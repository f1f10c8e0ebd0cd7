import type { ReadFile } from '../syntax/reader.ts';

/** What the meaning of an nginx.conf depends on beside its text. */
export interface AdaptContext {
  /** nginx's `-p`: what `root`, logs and the like are relative to. Absolute. */
  readonly prefix: string;
  /** The folder of the main file: what htpasswd files are relative to. Absolute. */
  readonly configFolder: string;
  /** Where requests are logged to if nothing says it; without it they go to standard output. */
  readonly accessLogPath?: string;
  /** `$hostname` in `server_name`. */
  readonly hostname: string;
  /** A server without `listen` has port 80 where this is so, else 8000. */
  readonly isRoot: boolean;
  /** What Galley does not have is left out with a warning, in place of an error. */
  readonly lenient: boolean;
  /** The files that were read, for the lines that diagnostics show. */
  readonly files?: readonly ReadFile[];
}
