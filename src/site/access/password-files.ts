import { readFileSync, type Stats, statSync } from 'node:fs';
import { parseHtpasswd } from './htpasswd.ts';

/** How long a file is taken to be unchanged, in milliseconds. */
const freshMs = 1000;
const mostFiles = 100;

interface PasswordFile {
  /** What tells one version of the file from another. */
  readonly version: string;
  readonly hashes: ReadonlyMap<string, string>;
  checkedAt: number;
}

/** htpasswd files as they were read, and read again when they have changed: looked at once a second at most. */
export class PasswordFiles {
  readonly #now: () => number;
  readonly #files: Map<string, PasswordFile> = new Map();

  /** `now`: milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** The hashes of a file's users; `path` is latin-1 of its bytes. Throws what the file system does. */
  read(path: string): ReadonlyMap<string, string> {
    const now = this.#now();
    const known = this.#files.get(path);
    if (known && now - known.checkedAt < freshMs && now >= known.checkedAt) return known.hashes;
    // A file that is missing now is no longer known.
    this.#files.delete(path);
    const bytes = Buffer.from(path, 'latin1');
    const stats = statSync(bytes);
    const version = versionOf(stats);
    const hashes = known?.version === version ? known.hashes : parseHtpasswd(contentOf(bytes, stats));
    if (this.#files.size >= mostFiles) this.#files.delete(this.#files.keys().next().value ?? '');
    this.#files.set(path, { version, hashes, checkedAt: now });
    return hashes;
  }
}

/** A pipe would block until somebody writes. */
function contentOf(path: Buffer, stats: Stats): string {
  if (!stats.isFile()) throw new Error('it is not a file');
  return readFileSync(path, 'latin1');
}

function versionOf({ mtimeMs, ctimeMs, size, ino }: Stats): string {
  return [mtimeMs, ctimeMs, size, ino].join(' ');
}
