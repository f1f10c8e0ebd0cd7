import { accessSync, constants, lstatSync, mkdirSync, readdirSync, rmSync, type Stats } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A runtime folder that cannot be used; the message says why and what to do. */
export class RuntimeFolderError extends Error {}

/** The control socket of one Galley. */
export interface ControlSocket {
  readonly pid: number;
  readonly path: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The folder that holds a control socket for each Galley of this user: GALLEY_RUNTIME_DIR, else `galley` in XDG_RUNTIME_DIR
 * (where that is ours, which it is not after `su`), else /run/galley for root, else `galley-UID` in the folder for temporary files.
 */
export function runtimeFolder(environment: Environment = process.env): string {
  const { GALLEY_RUNTIME_DIR: own, XDG_RUNTIME_DIR: session } = environment;
  if (own) return own;
  if (session && isOurs(session)) return join(session, 'galley');
  if (userId() === 0 && isWritable('/run')) return '/run/galley';
  return join(tmpdir(), `galley-${userId()}`);
}

/** Where the Galley with this process id has its control socket. */
export function controlSocketOf(folder: string, pid: number): string {
  return join(folder, `${pid}.sock`);
}

/** Makes the folder, for nobody but us. Throws {@link RuntimeFolderError}, also where others could have put something in it. */
export function makeRuntimeFolder(folder: string): void {
  try {
    // Not recursive: where a file system refuses every folder, as /proc does, Node would then try for ever.
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST')
      throw new RuntimeFolderError(`Cannot make the runtime folder "${folder}": ${String(error)}. ${another}`);
  }
  checkRuntimeFolder(folder);
}

/**
 * The control sockets in the folder that somebody listens on, by process id; the others are removed. None where there is no folder.
 * Throws {@link RuntimeFolderError} where others could have put something in it.
 */
export async function controlSocketsIn(folder: string): Promise<readonly ControlSocket[]> {
  if (lookAt(folder) === undefined) return [];
  checkRuntimeFolder(folder);
  const sockets = readdirSync(folder).flatMap((name) => {
    const [, pid] = /^(\d+)\.sock$/.exec(name) ?? [];
    return pid === undefined ? [] : [{ pid: Number(pid), path: join(folder, name) }];
  });
  const alive: ControlSocket[] = [];
  for (const socket of sockets.sort((a, b) => a.pid - b.pid)) {
    if (await isDead(socket.path)) rmSync(socket.path, { force: true });
    else alive.push(socket);
  }
  return alive;
}

/** Whether a socket is what a process left that has ended. Its process id would not say: it may be another's by now. */
export function isDead(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(false);
    });
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'));
  });
}

const another = 'Name another with GALLEY_RUNTIME_DIR';

/** In a folder that all may write to, such as /tmp, anybody can make this one first, or a link in its place. */
function checkRuntimeFolder(folder: string): void {
  const stats = lookAt(folder);
  const problem = !stats?.isDirectory()
    ? 'it is not a folder'
    : stats.uid !== userId()
      ? 'it belongs to another user'
      : (stats.mode & 0o077) !== 0
        ? `others may use it. Run "chmod 700 ${folder}"`
        : undefined;
  if (problem) throw new RuntimeFolderError(`Cannot use the runtime folder "${folder}": ${problem}. ${another}`);
}

/** Throws {@link RuntimeFolderError} where it cannot be seen what is there. */
function lookAt(folder: string): Stats | undefined {
  try {
    return lstatSync(folder, { throwIfNoEntry: false });
  } catch (error) {
    throw new RuntimeFolderError(`Cannot use the runtime folder "${folder}": ${String(error)}. ${another}`);
  }
}

function isOurs(folder: string): boolean {
  try {
    return lstatSync(folder).uid === userId();
  } catch {
    return false;
  }
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function userId(): number {
  return process.getuid?.() ?? 0;
}
