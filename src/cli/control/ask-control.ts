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
  const isPrompt = path !== '/reload';
  const signal = isPrompt ? { signal: AbortSignal.timeout(promptMs) } : {};
  try {
    const outgoing = request({ socketPath, method, path, agent: false, ...signal });
    outgoing.end(body === undefined ? '' : JSON.stringify(body));
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    return { status: response.statusCode ?? 0, body: await json(response) };
  } catch (error) {
    const { code = '', name } = error as NodeJS.ErrnoException;
    if (gone[code]) throw new ControlGone(`${gone[code]} ${socketPath}`);
    if (code === 'EACCES') throw new ControlFailure(`The Galley of ${socketPath} is another user's`);
    if (name === 'AbortError') throw new ControlFailure(`The Galley of ${socketPath} does not answer`);
    throw new ControlFailure(`Cannot ask the Galley of ${socketPath}: ${String(error)}`);
  }
}

/** The status of the Galley of that control socket. Rejects with {@link ControlFailure}. */
export async function askStatus(socketPath: string): Promise<GalleyStatus> {
  const { status, body } = await askControl(socketPath, 'GET', '/status');
  if (status !== 200) throw new ControlFailure(textOf(body));
  return body as GalleyStatus;
}

/** Tells a Galley to do something, and resolves with what it says of it. Rejects with {@link ControlFailure}, also where it refuses. */
export async function tellControl(
  socketPath: string,
  method: 'POST' | 'PUT',
  path: string,
  body?: unknown,
): Promise<string> {
  const reply = await askControl(socketPath, method, path, body);
  if (reply.status >= 400) throw new ControlFailure(textOf(reply.body));
  return textOf(reply.body);
}

function textOf(body: unknown): string {
  const { text } = body as { readonly text?: unknown };
  return typeof text === 'string' ? text : `It answered ${JSON.stringify(body)}`;
}
