import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import type { AppOptions } from './options.ts';

/** The interpreter that runs the app, and in a few words why that one. */
export interface PythonFound {
  readonly path: string;
  /** Such as `from .venv` or `python3 in PATH`. */
  readonly origin: string;
}

/** No interpreter where one was looked for; the message says where that was and how to name another. */
export class PythonNotFound extends Error {}

/** Folders of virtual environments that people make beside their app. */
const environmentFolders: readonly string[] = ['.venv', 'venv'];
const commands: readonly string[] = ['python3', 'python'];

/**
 * The interpreter to use, without running it: the one that was asked for; else the active virtual environment, one in
 * the app's folder or in the current folder; else the first in PATH. Throws {@link PythonNotFound}.
 */
export async function findPython(
  options: Pick<AppOptions, 'python' | 'directory'>,
  environment: NodeJS.ProcessEnv = process.env,
  currentFolder: string = process.cwd(),
): Promise<PythonFound> {
  const candidates = options.python
    ? named(options.python, environment, currentFolder)
    : usual(options.directory, environment, currentFolder);
  for (const candidate of candidates) {
    if (await isExecutableFile(candidate.path)) return candidate;
  }
  const { python } = options;
  if (python?.includes('/'))
    throw new PythonNotFound(`Cannot use the Python "${python}": it is not an executable file`);
  if (python) throw new PythonNotFound(`Cannot use the Python "${python}": PATH has no such command`);
  throw new PythonNotFound(
    `Cannot find Python: looked for ${lookedFor(options.directory, environment, currentFolder)}. Name the one to use`,
  );
}

function named(python: string, environment: NodeJS.ProcessEnv, currentFolder: string): readonly PythonFound[] {
  const paths = python.includes('/') ? [resolve(currentFolder, python)] : inPath(python, environment);
  return paths.map((path) => ({ path, origin: 'from --python' }));
}

function usual(directory: string, environment: NodeJS.ProcessEnv, currentFolder: string): readonly PythonFound[] {
  const active = environment['VIRTUAL_ENV'];
  const beside = foldersOf(directory, currentFolder).flatMap((folder) =>
    environmentFolders.map((name) => ({ path: join(folder, name, 'bin/python'), origin: `from ${name}` })),
  );
  const installed = commands.flatMap((command) =>
    inPath(command, environment).map((path) => ({ path, origin: `${command} in PATH` })),
  );
  return [
    ...(active ? [{ path: join(active, 'bin/python'), origin: 'from $VIRTUAL_ENV' }] : []),
    ...beside,
    ...installed,
  ];
}

function foldersOf(directory: string, currentFolder: string): readonly string[] {
  return [...new Set([directory, currentFolder])];
}

function inPath(command: string, environment: NodeJS.ProcessEnv): readonly string[] {
  const folders = (environment['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, command));
}

function lookedFor(directory: string, environment: NodeJS.ProcessEnv, currentFolder: string): string {
  const active = environment['VIRTUAL_ENV'];
  const folders = foldersOf(directory, currentFolder).join(' and ');
  return `${active ? `${join(active, 'bin/python')}, ` : ''}.venv and venv in ${folders}, and python3 and python in PATH`;
}

async function isExecutableFile(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
