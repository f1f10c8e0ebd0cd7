/** A path in latin-1 of its bytes, as the file system takes it. */
export function filePath(path: string): string | Buffer {
  return /[\x80-\xff]/.test(path) ? Buffer.from(path, 'latin1') : path;
}
