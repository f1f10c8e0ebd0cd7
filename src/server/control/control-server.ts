import { once } from 'node:events';
import { chmodSync, lstatSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { dirname, join } from 'node:path';
import { type ControlAnswer, refused } from './control-answer.ts';
import { answerControl } from './control-routes.ts';
import type { ControlTarget } from './control-target.ts';
import { controlSocketOf, controlSocketsIn, isDead, makeRuntimeFolder, runtimeFolder } from './runtime-folder.ts';

/** A control socket that cannot be opened; the message says why and what to do. */
export class ControlSocketError extends Error {}

/** A control socket that is open. */
export interface OpenControl {
  readonly path: string;
  /** Ends the connections and removes the socket. */
  close(): Promise<void>;
}

/** What a request to the control socket may have as its body, in bytes. */
const maxBodySize = 4096;
/** The longest path that a Unix socket can have, in bytes; unix(7). */
const longestPath = 107;
/** Who may connect: our user. */
const socketMode = 0o600;

/**
 * Opens the control socket, by which our user sees and steers this Galley: at a path, or at its own in the runtime folder, from
 * which sockets of Galleys that have ended are removed. With `takesOver` another Galley may still listen at the path: it is an upgrade.
 * Throws {@link ControlSocketError} and RuntimeFolderError.
 */
export async function openControl(
  target: ControlTarget,
  where: 'default' | { readonly path: string },
  takesOver = false,
): Promise<OpenControl> {
  const path = where === 'default' ? await ownSocket() : where.path;
  await checkFree(path, takesOver);
  const server = createServer({ requestTimeout: 10_000 }, (request, response) => {
    void answer(target, request, response);
  });
  await listenAt(server, path);
  const { ino } = lstatSync(path);
  const remove = (): void => {
    // Another Galley may have put its own in this place.
    if (lstatSync(path, { throwIfNoEntry: false })?.ino === ino) rmSync(path);
  };
  // For a process that ends without waiting for `close`.
  process.once('exit', remove);
  return {
    path,
    async close() {
      process.off('exit', remove);
      remove();
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function ownSocket(): Promise<string> {
  const folder = runtimeFolder();
  makeRuntimeFolder(folder);
  await controlSocketsIn(folder);
  return controlSocketOf(folder, process.pid);
}

async function checkFree(path: string, takesOver: boolean): Promise<void> {
  if (Buffer.byteLength(path) > longestPath) {
    throw new ControlSocketError(
      `Cannot open the control socket "${path}": a socket's path has at most ${longestPath} bytes`,
    );
  }
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return;
  if (!stats.isSocket())
    throw new ControlSocketError(`Cannot open the control socket "${path}": another file is there`);
  if (takesOver || (await isDead(path))) return;
  throw new ControlSocketError(`Cannot open the control socket "${path}": another program listens there`);
}

/** A socket is made with the mode that the umask gives. In a folder that only we may enter, nobody can use it until it has its own. */
async function listenAt(server: Server, path: string): Promise<void> {
  try {
    const folder = mkdtempSync(join(dirname(path), '.g'));
    try {
      const first = join(folder, 's');
      server.listen(first);
      await once(server, 'listening');
      chmodSync(first, socketMode);
      renameSync(first, path);
    } finally {
      rmSync(folder, { recursive: true });
    }
  } catch (error) {
    server.close();
    const code = (error as NodeJS.ErrnoException).code ?? '';
    throw new ControlSocketError(`Cannot open the control socket "${path}": ${reasons[code] ?? String(error)}`);
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'its folder does not exist',
  ENOTDIR: 'part of its path is not a folder',
  EACCES: 'permission denied',
  EROFS: 'the file system is read-only',
  EINVAL: 'its folder has too long a path',
};

async function answer(target: ControlTarget, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { status, text, allow } = await answerTo(target, request);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    ...(allow ? { allow } : {}),
  });
  response.end(text);
}

type Written = Pick<ControlAnswer, 'status' | 'allow'> & { readonly text: string };

/** Whatever goes wrong here must not end the server that is controlled. */
async function answerTo(target: ControlTarget, request: IncomingMessage): Promise<Written> {
  try {
    const text = await readBody(request);
    if (text === undefined) return written(refused(413, `The body may have ${maxBodySize} bytes`));
    const [path = ''] = (request.url ?? '').split('?');
    return written(await answerControl(target, request.method ?? '', path, text));
  } catch (error) {
    return written(refused(500, `It failed: ${String(error)}`));
  }
}

function written(answered: ControlAnswer): Written {
  return { ...answered, text: `${JSON.stringify(answered.body)}\n` };
}

/** The body, undefined where it is too long. Rejects where the client leaves. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    size += piece.length;
    if (size <= maxBodySize) pieces.push(piece);
  }
  return size <= maxBodySize ? Buffer.concat(pieces).toString() : undefined;
}
