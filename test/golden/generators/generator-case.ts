import type { AppFolder } from '../../support/app-folder.ts';

/** A config as a generator or a distribution writes it, what Galley lacks of it, and what it answers. */
export interface GeneratorCase {
  readonly name: string;
  /** The folders that become `/etc/nginx`, one laid over the other. */
  readonly layers: readonly string[];
  /** Where the site lies; the same files in each. */
  readonly roots: readonly string[];
  /** The features that are missing, each with what needs it; where there are none, it loads. */
  readonly missing: Readonly<Record<string, readonly string[]>>;
  /**
   * Requests in the words of request-text.ts, `:443 ` before one to another port of the config than its first one, with what is expected:
   * the status, 0 for a closed connection, and fields that must be there. What is proxied is answered with what was asked, what would go to FastCGI or uwsgi by a pixel.
   */
  readonly requests: readonly (readonly [request: string, expected: string])[];
  /** Only Galley knows its directives. */
  readonly isOwn?: boolean;
  /** More files of the site, or of the folder that becomes `/etc/nginx`. */
  readonly prepare?: (root: AppFolder) => Promise<void>;
}
