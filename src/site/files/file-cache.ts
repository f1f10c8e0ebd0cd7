import { type FileCacheLimits, fileCacheLimits } from '../../core/limits.ts';
import type { FileAnswers } from './file-answers.ts';
import type { FileFacts } from './open-file.ts';

/** A file in memory. */
export interface CachedFile {
  readonly path: string;
  readonly facts: FileFacts;
  readonly answers: FileAnswers;
}

interface Entry {
  readonly part: Map<string, Entry>;
  readonly key: string;
  readonly file: CachedFile;
  /** When the file was last looked at, in milliseconds since 1970. */
  lookedAt: number;
  isUsed: boolean;
}

/** Files that were asked for, of one front thread: small ones, and larger ones that are asked for again and again. Bounded in bytes and in number: what nobody asks for again is forgotten first. */
export class FileCache {
  readonly #limits: FileCacheLimits;
  /** In the order in which they came, or were spared last. */
  readonly #entries: Set<Entry> = new Set();
  #bytes = 0;

  constructor(limits: FileCacheLimits = fileCacheLimits) {
    this.#limits = limits;
  }

  get count(): number {
    return this.#entries.size;
  }

  /** The bytes of all files in it. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether a file of so many bytes is kept. `isHot`: it was asked for before, a moment ago. */
  keeps(size: number, isHot: () => boolean): boolean {
    const { maxFileSize, maxHotFileSize } = this.#limits;
    return size <= maxFileSize || (size <= maxHotFileSize && isHot());
  }

  /** The files of one location, by any key. */
  part(): FileCachePart {
    return new FileCachePart(
      this.#limits.freshMs,
      (entry) => this.#add(entry),
      (entry) => this.#remove(entry),
    );
  }

  #add(entry: Entry): void {
    this.#entries.add(entry);
    this.#bytes += entry.file.facts.size;
    for (const each of this.#entries) {
      if (this.#bytes <= this.#limits.maxBytes && this.#entries.size <= this.#limits.maxFiles) break;
      if (each.isUsed && each !== entry) {
        each.isUsed = false;
        this.#entries.delete(each);
        this.#entries.add(each);
      } else {
        this.#remove(each);
      }
    }
  }

  #remove(entry: Entry): void {
    if (!this.#entries.delete(entry)) return;
    this.#bytes -= entry.file.facts.size;
    if (entry.part.get(entry.key) === entry) entry.part.delete(entry.key);
  }
}

/** The files of one location in a {@link FileCache}. */
export class FileCachePart {
  readonly #freshMs: number;
  readonly #add: (entry: Entry) => void;
  readonly #remove: (entry: Entry) => void;
  readonly #entries: Map<string, Entry> = new Map();

  constructor(freshMs: number, add: (entry: Entry) => void, remove: (entry: Entry) => void) {
    this.#freshMs = freshMs;
    this.#add = add;
    this.#remove = remove;
  }

  /**
   * The file of that key. One that was last looked at too long ago is looked at again by `isSame`, and forgotten where it is another one now.
   * `now` is in milliseconds since 1970.
   */
  get(key: string, now: number, isSame: (file: CachedFile) => boolean): CachedFile | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    const age = now - entry.lookedAt;
    // A clock that was set back makes nothing fresh.
    if (age >= this.#freshMs || age < 0) {
      if (!isSame(entry.file)) {
        this.#remove(entry);
        return undefined;
      }
      entry.lookedAt = now;
    }
    entry.isUsed = true;
    return entry.file;
  }

  set(key: string, file: CachedFile, now: number): void {
    const before = this.#entries.get(key);
    if (before) this.#remove(before);
    const entry: Entry = { part: this.#entries, key, file, lookedAt: now, isUsed: false };
    this.#entries.set(key, entry);
    this.#add(entry);
  }
}
