import { lstatSync, readdirSync, readFileSync } from 'node:fs';

/** What reading a config needs of the file system; paths are absolute. */
export interface FileSystem {
  /** A file's text, decoded from UTF-8 with a byte order mark kept. Throws as `node:fs` does. */
  readText(path: string): string;
  /** The names in a folder; none where there is no such folder. */
  names(path: string): readonly string[];
  /** A symbolic link exists, whatever it leads to. */
  exists(path: string): boolean;
}

export const fileSystem: FileSystem = {
  // toString keeps a byte order mark.
  readText: (path) => readFileSync(path).toString('utf8'),
  names: (path) => {
    try {
      return readdirSync(path);
    } catch {
      return [];
    }
  },
  exists: (path) => lstatSync(path, { throwIfNoEntry: false }) !== undefined,
};

/** What the C library calls errors that opening a file meets. */
const errorTexts: Readonly<Record<string, string>> = {
  EACCES: '13: Permission denied',
  EISDIR: '21: Is a directory',
  ELOOP: '40: Too many levels of symbolic links',
  EMFILE: '24: Too many open files',
  ENAMETOOLONG: '36: File name too long',
  ENOENT: '2: No such file or directory',
  ENOTDIR: '20: Not a directory',
};

/** Why a file could not be read, in nginx's words. */
export function readFailure(path: string, error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  // A folder can be opened; nginx fails when it reads from it.
  const call = code === 'EISDIR' ? 'pread' : 'open';
  return `${call}() "${path}" failed (${errorTexts[code] ?? (code || String(error))})`;
}
