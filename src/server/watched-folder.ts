import { type Dirent, type FSWatcher, readdirSync, statSync, watch } from 'node:fs';
import { join } from 'node:path';
import { isOwnSource, mayHoldOwnSource } from '../app/own-source.ts';

/** What happens to a watched folder. */
export interface FolderEvents {
  /** Something changed somewhere: `changes` tells whether it was a Python file. */
  touched(): void;
  /** A folder cannot be watched. */
  failed(error: Error): void;
}

/**
 * A folder whose Python files are watched, with the folders in it that may hold some. It compares files with what they were, for a
 * watch only says that there is something new, and one on a folder that was deleted or renamed says nothing any longer.
 */
export class WatchedFolder {
  readonly #path: string;
  readonly #events: FolderEvents;
  readonly #watcher: FSWatcher | undefined;
  readonly #folders: Map<string, WatchedFolder> = new Map();
  /** What distinguishes the versions of a file, by name. */
  #files: ReadonlyMap<string, string> = new Map();
  /** Paths of files that went with their folder. */
  #gone: string[] = [];
  #isTouched = true;

  constructor(path: string, events: FolderEvents) {
    this.#path = path;
    this.#events = events;
    this.#watcher = this.#open();
  }

  /** The paths, from this folder, of Python files that changed, appeared or went since the last call; at the first call all that there are. */
  changes(): readonly string[] {
    const own = this.#isTouched ? this.#ownChanges() : [];
    const below = [...this.#folders].flatMap(([name, folder]) => under(name, folder.changes()));
    return [...own, ...below];
  }

  close(): void {
    this.#watcher?.close();
    for (const folder of this.#folders.values()) folder.close();
  }

  #open(): FSWatcher | undefined {
    try {
      const watcher = watch(this.#path, (event, name) => this.#noticed(event, name));
      watcher.on('error', this.#events.failed);
      return watcher;
    } catch (error) {
      // One that is gone again already is no trouble.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') this.#events.failed(error as Error);
      return undefined;
    }
  }

  #noticed(event: string, name: string | null): void {
    if (name !== null && !(event === 'rename' ? mayHoldOwnSource(name) : isOwnSource(name))) return;
    // Whatever has that name now is another folder than before.
    if (name !== null) this.#drop(name);
    this.#isTouched = true;
    this.#events.touched();
  }

  #drop(name: string): void {
    const folder = this.#folders.get(name);
    if (!folder) return;
    this.#folders.delete(name);
    this.#gone.push(...under(name, folder.#all()));
    folder.close();
  }

  #ownChanges(): readonly string[] {
    this.#isTouched = false;
    const before = this.#files;
    const files = new Map<string, string>();
    for (const entry of this.#entries()) {
      const { name } = entry;
      if (entry.isDirectory() && mayHoldOwnSource(name)) {
        if (!this.#folders.has(name)) this.#folders.set(name, new WatchedFolder(join(this.#path, name), this.#events));
      } else if (isOwnSource(name)) {
        files.set(name, version(join(this.#path, name)));
      }
    }
    this.#files = files;
    const names = [...new Set([...before.keys(), ...files.keys()])];
    return [...this.#gone.splice(0), ...names.filter((name) => before.get(name) !== files.get(name))];
  }

  #entries(): readonly Dirent[] {
    try {
      return readdirSync(this.#path, { withFileTypes: true });
    } catch {
      return []; // it is gone
    }
  }

  #all(): readonly string[] {
    return [...this.#files.keys(), ...[...this.#folders].flatMap(([name, folder]) => under(name, folder.#all()))];
  }
}

function under(name: string, paths: readonly string[]): readonly string[] {
  return paths.map((path) => join(name, path));
}

/** A change of any kind sets the time of change, which no program can set back. */
function version(path: string): string {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat ? `${stat.ino} ${stat.ctimeNs} ${stat.size}` : '';
}
