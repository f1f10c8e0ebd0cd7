import { readFileSync } from 'node:fs';
import { TlsFileError } from './tls-file-error.ts';

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'file does not exist',
  EACCES: 'permission denied',
  EISDIR: 'it is a folder',
  ENOTDIR: 'what should be a folder above it is a file',
};

/** The content of a file; `what` it is, is told in the TlsFileError. */
export function readBytes(what: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    throw new TlsFileError(`Cannot read the ${what} "${path}": ${reasons[code] ?? messageOf(error)}`, { cause: error });
  }
}

/** The same as latin-1. */
export function readText(what: string, path: string): string {
  return readBytes(what, path).toString('latin1');
}

/** OpenSSL's reasons without its numbers: `error:0A000…:SSL routines::no cipher match` is "no cipher match". */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { reason } = error as { readonly reason?: unknown };
  return typeof reason === 'string' && reason !== '' ? reason : error.message;
}
