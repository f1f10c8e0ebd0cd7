import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { json } from 'node:stream/consumers';
import type { GalleyStatus } from '../../server/control/galley-status.ts';
import { ControlFailure } from './control-failure.ts';

/** A control socket on which nobody listens, or whose Galley ended before it answered. */
export class ControlGone extends ControlFailure {}

/** What a control socket answered. */
export interface ControlReply {
  readonly status: number;
  readonly body: unknown;
}

/** What comes after that many milliseconds is too late, where the answer does not wait for a worker. */
const promptMs = 5_000;

/** Of a large cache every file is looked into; a CA looks at what proves a name. */
const slowPaths: ReadonlySet<string> = new Set(['/reload', '/purge', '/certificates/renew', '/certificates/revoke']);

/** What these errors of a connection mean. */
const gone: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'No Galley listens on',
  ENOENT: 'No Galley listens on',
  ENOTDIR: 'No Galley listens on',
  ECONNRESET: 'Galley ended before it answered on',
  EPIPE: 'Galley ended before it answered on',
};

/** Asks over a control socket. Rejects with {@link ControlFailure} where no answer comes. */
export async function askControl(
  socketPath: string,
  method: 'GET' | 'POST' | 'PUT',
  path: string,
  body?: unknown,
): Promise<ControlReply> {
  const isPrompt = !slowPaths.has(path);
  const signal = isPrompt ? { signal: AbortSignal.timeout(promptMs) } : {};
  try {
    const outgoing = request({ socketPath, method, path, agent: false, ...signal });
    outgoing.end(body === undefined ? '' : JSON.stringify(body));
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    return { status: response.statusCode ?? 0, body: await json(response) };
  } catch (error) {
    const { code = '', name } = error as NodeJS.ErrnoException;
    // HPE_ are llhttp's: it does not speak HTTP.
    if (name === 'SyntaxError' || code.startsWith('HPE_')) throw noGalley(socketPath);
    if (gone[code]) throw new ControlGone(`${gone[code]} ${socketPath}`);
    if (code === 'EACCES') throw new ControlFailure(`The Galley of ${socketPath} is another user's`);
    if (name === 'AbortError') throw new ControlFailure(`The Galley of ${socketPath} does not answer`);
    throw new ControlFailure(`Cannot ask the Galley of ${socketPath}: ${String(error)}`);
  }
}

/** The status of the Galley of that control socket. Rejects with {@link ControlFailure}. */
export async function askStatus(socketPath: string): Promise<GalleyStatus> {
  const { status, body } = await askControl(socketPath, 'GET', '/status');
  if (status !== 200) throw new ControlFailure(textOf(socketPath, body));
  const { pid, apps, addresses, frontThreads } = (body ?? {}) as Partial<GalleyStatus>;
  if (typeof pid === 'number' && [apps, addresses, frontThreads].every(Array.isArray)) return body as GalleyStatus;
  throw noGalley(socketPath);
}

/** Tells a Galley to do something, and resolves with what it says of it. Rejects with {@link ControlFailure}, also where it refuses. */
export async function tellControl(
  socketPath: string,
  method: 'POST' | 'PUT',
  path: string,
  body?: unknown,
): Promise<string> {
  const reply = await askControl(socketPath, method, path, body);
  const text = textOf(socketPath, reply.body);
  const { apps } = reply.body as { readonly apps?: unknown };
  if (reply.status >= 400 && Array.isArray(apps)) {
    throw new ControlFailure(`Name the app with --app NAME, one of ${apps.join(', ')}`);
  }
  if (reply.status >= 400) throw new ControlFailure(text);
  return text;
}

/** What a Galley says of what it did, in one sentence. Throws {@link ControlFailure} where the answer is none of a Galley. */
export function textOf(socketPath: string, body: unknown): string {
  const { text } = (body ?? {}) as { readonly text?: unknown };
  if (typeof text !== 'string') throw noGalley(socketPath);
  return text;
}

function noGalley(socketPath: string): ControlFailure {
  return new ControlFailure(
    `What listens on ${socketPath} is no Galley: name the control socket of one with --control, or none`,
  );
}
