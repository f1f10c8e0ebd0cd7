import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readlinkSync,
  realpathSync,
  type Stats,
  statSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { filePath } from './file-path.ts';

/** What tells one state of a file from another. */
export interface FileFacts {
  readonly size: number;
  /** Whole seconds since 1970, as HTTP has them. */
  readonly modifiedSeconds: number;
  /** Of any change, also of its rights. */
  readonly changedMs: number;
  readonly inode: number;
}

/** What stands at a path. */
export type FoundFile =
  | OpenFile
  | { readonly kind: 'folder' }
  /** A pipe, a socket or a device: it is never opened. */
  | { readonly kind: 'special' }
  | FileFailure;

/** A regular file, open for reading. */
export interface OpenFile {
  readonly kind: 'file';
  readonly facts: FileFacts;
  readonly descriptor: number;
}

/** A path that leads to nothing, or to what must not be read. */
export interface FileFailure {
  readonly kind: 'failure';
  readonly status: 403 | 404 | 500;
  /** As nginx tells it: `2: No such file or directory`. */
  readonly reason: string;
}

export type SymlinkPolicy = 'allow' | 'deny' | 'same-owner';

const missing: FileFailure = { kind: 'failure', status: 404, reason: '2: No such file or directory' };
const linked: FileFailure = { kind: 'failure', status: 403, reason: '40: Too many levels of symbolic links' };

const failures: Readonly<Record<string, FileFailure>> = {
  ENOENT: missing,
  ENOTDIR: { kind: 'failure', status: 404, reason: '20: Not a directory' },
  ENAMETOOLONG: { kind: 'failure', status: 404, reason: '36: File name too long' },
  ENXIO: { kind: 'failure', status: 404, reason: '6: No such device or address' },
  EACCES: { kind: 'failure', status: 403, reason: '13: Permission denied' },
  EPERM: { kind: 'failure', status: 403, reason: '1: Operation not permitted' },
  ELOOP: linked,
};

/**
 * Opens what stands at a path, if it is a regular file. Never waits for another process, as opening a pipe would.
 * `symlinks` holds for what follows the last slash of its first `trustedLength` characters.
 */
export function openFile(path: string, symlinks: SymlinkPolicy, trustedLength: number): FoundFile {
  const name = filePath(path);
  let descriptor: number | undefined;
  try {
    const found = statSync(name, { throwIfNoEntry: false });
    if (!found) return reasonOfAbsence(path);
    if (found.isFile()) {
      descriptor = openSync(name, constants.O_RDONLY | constants.O_NONBLOCK);
      const facts = fstatSync(descriptor);
      if (facts.isFile() && isAllowed(path, descriptor, symlinks, trustedLength)) {
        return { kind: 'file', facts: factsOf(facts), descriptor };
      }
      closeSync(descriptor);
      return facts.isFile() ? linked : { kind: 'special' };
    }
    if (!isAllowed(path, undefined, symlinks, trustedLength)) return linked;
    return { kind: found.isDirectory() ? 'folder' : 'special' };
  } catch (error) {
    if (descriptor !== undefined) closeSync(descriptor);
    return failureOf(error);
  }
}

/** What stands at a path, without opening it; undefined for nothing. */
export function lookAt(path: string, symlinks: SymlinkPolicy, trustedLength: number): Stats | FileFailure | undefined {
  try {
    const found = statSync(filePath(path), { throwIfNoEntry: false });
    return found && !isAllowed(path, undefined, symlinks, trustedLength) ? linked : found;
  } catch (error) {
    return failureOf(error);
  }
}

/** Whether that is a failure to look. */
export function isFailure(found: Stats | FileFailure | undefined): found is FileFailure {
  return found !== undefined && 'kind' in found;
}

/** Whether the file at a path is still the one of those facts, and may still be read. It is not opened. */
export function isUnchanged(path: string, facts: FileFacts, symlinks: SymlinkPolicy, trustedLength: number): boolean {
  const found = lookAt(path, symlinks, trustedLength);
  return (
    found !== undefined &&
    !isFailure(found) &&
    found.ino === facts.inode &&
    found.ctimeMs === facts.changedMs &&
    found.size === facts.size
  );
}

/** What of `stat` tells one state of a file from another. */
function factsOf({ size, mtimeMs, ctimeMs, ino }: Stats): FileFacts {
  return { size, modifiedSeconds: Math.floor(mtimeMs / 1000), changedMs: ctimeMs, inode: ino };
}

/** What an error of the file system means for the request. */
export function failureOf(error: unknown): FileFailure {
  const { code = '', errno = 0, message } = error as NodeJS.ErrnoException;
  return failures[code] ?? { kind: 'failure', status: 500, reason: `${-errno}: ${message}` };
}

/** Nothing was found without an error being thrown, which costs more; nginx tells the two kinds of it apart. */
function reasonOfAbsence(path: string): FileFailure {
  const folder = statSync(filePath(dirname(path.endsWith('/') ? `${path}.` : path)), { throwIfNoEntry: false });
  return folder && !folder.isDirectory() ? (failures['ENOTDIR'] ?? missing) : missing;
}

/**
 * Whether the symbolic links on the way to a file may be followed. Where the system tells what is open, `descriptor` is asked: who changes
 * the folders meanwhile gains nothing. What stands before the last slash of the first `trustedLength` characters is not looked at.
 */
export function isAllowed(
  path: string,
  descriptor: number | undefined,
  symlinks: SymlinkPolicy,
  trustedLength: number,
): boolean {
  if (symlinks === 'allow') return true;
  const start = path.length <= trustedLength ? path.length : Math.max(0, path.lastIndexOf('/', trustedLength - 1));
  const trusted = realPath(path.slice(0, start) || '/');
  const actual =
    descriptor !== undefined && process.platform === 'linux'
      ? readlinkSync(`/proc/self/fd/${descriptor}`, 'latin1')
      : realPath(path);
  const names = path.slice(start).split('/').filter(Boolean);
  if (names.reduce(joined, trusted) === actual) return true;
  return symlinks === 'same-owner' && ownedTarget(trusted, names) === actual;
}

/** Where a path leads by links that each belong to whom its target belongs; undefined where one does not. */
function ownedTarget(trusted: string, names: readonly string[]): string | undefined {
  let folder = trusted;
  for (const name of names) {
    const path = joined(folder, name);
    const facts = lstatSync(filePath(path));
    folder = facts.isSymbolicLink() ? realPath(path) : path;
    if (folder !== path && facts.uid !== lstatSync(filePath(folder)).uid) return undefined;
  }
  return folder;
}

function joined(folder: string, name: string): string {
  return folder === '/' ? `/${name}` : `${folder}/${name}`;
}

function realPath(path: string): string {
  return realpathSync.native(filePath(path), 'latin1');
}
