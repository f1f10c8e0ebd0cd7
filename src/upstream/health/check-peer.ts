import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { request as requestOverTls } from 'node:https';
import { connect, isIP } from 'node:net';
import type { HealthCheckPlan } from '../../plan/upstream-plan.ts';
import type { Member, SocketAddress } from '../member.ts';

/** The text of a body is looked for in so many bytes. */
const mostBody = 65_536;

/** How a member is checked. */
export interface Check {
  readonly plan: HealthCheckPlan;
  /** As requests go there. Certificates are not looked at. */
  readonly isOverTls: boolean;
}

/** Asks a member once. Gives why it has failed, in a few words; undefined where it has passed. It is given up when the signal says so. */
export function checkPeer(
  { plan, isOverTls }: Check,
  { address, name }: Pick<Member, 'address' | 'name'>,
  signal: AbortSignal,
): Promise<string | undefined> {
  const to = plan.port === undefined || address.kind === 'unix' ? address : { ...address, port: plan.port };
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const attempt = begin(() => {
    return plan.kind === 'tcp' ? connectTo(to, resolve) : ask(plan, to, plan.host ?? name, isOverTls, resolve);
  }, resolve);
  const late = setTimeout(() => resolve(`nothing within ${plan.timeoutMs} ms`), plan.timeoutMs);
  const stop = (): void => resolve('the check was given up');
  signal.addEventListener('abort', stop);
  if (signal.aborted) stop();
  return promise.finally(() => {
    clearTimeout(late);
    signal.removeEventListener('abort', stop);
    attempt?.destroy();
  });
}

type Verdict = (problem: string | undefined) => void;

interface CheckUnderWay {
  destroy(): unknown;
}

/** Node throws where it cannot send a path, a host or a port: that says nothing good of the member. */
function begin(start: () => CheckUnderWay, over: Verdict): CheckUnderWay | undefined {
  try {
    return start();
  } catch (error) {
    over(`it cannot be asked: ${(error as Error).message}`);
    return undefined;
  }
}

function connectTo(address: SocketAddress, over: Verdict): CheckUnderWay {
  const socket = connect(address.kind === 'unix' ? { path: address.path } : { host: address.host, port: address.port });
  socket.on('connect', () => over(undefined));
  socket.on('error', (error) => over(errorText(error)));
  return socket;
}

function ask(
  plan: HealthCheckPlan,
  address: SocketAddress,
  host: string,
  isOverTls: boolean,
  over: Verdict,
): ClientRequest {
  const where = address.kind === 'unix' ? { socketPath: address.path } : { host: address.host, port: address.port };
  const headers = { host: address.kind === 'unix' && plan.host === undefined ? 'localhost' : host };
  const options = { ...where, path: plan.uri, headers, agent: false };
  const servername = host.replace(/:\d*$/, '');
  const tls = { rejectUnauthorized: false, servername: isIP(servername) === 0 ? servername : '' };
  const asking = isOverTls ? requestOverTls({ ...options, ...tls }) : request(options);
  asking.on('error', (error) => over(errorText(error)));
  asking.on('upgrade', () => over('it changes protocols'));
  asking.on('response', (response) => {
    const { statusCode = 0 } = response;
    if (!plan.statuses.some(([from, to]) => statusCode >= from && statusCode <= to)) {
      over(`it answers ${statusCode}`);
    } else if (plan.body === undefined) {
      over(undefined);
    } else {
      lookFor(plan.body, response, over);
    }
  });
  asking.end();
  return asking;
}

function lookFor(text: string, response: IncomingMessage, over: Verdict): void {
  const wanted = Buffer.from(text);
  const pieces: Buffer[] = [];
  let size = 0;
  const isThere = (): boolean => Buffer.concat(pieces).subarray(0, mostBody).includes(wanted);
  response.on('data', (piece: Buffer) => {
    pieces.push(piece);
    size += piece.length;
    if (size >= mostBody) over(isThere() ? undefined : 'its body has not the text');
  });
  response.on('end', () => over(isThere() ? undefined : 'its body has not the text'));
  response.on('error', (error) => over(errorText(error)));
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'it refuses connections',
  ECONNRESET: 'it ends the connection',
  ENOENT: 'its socket does not exist',
  EHOSTUNREACH: 'it cannot be reached',
  ENETUNREACH: 'it cannot be reached',
  ETIMEDOUT: 'it cannot be reached',
};

function errorText(error: Error): string {
  const { code = '' } = error as NodeJS.ErrnoException;
  // HPE_ are of the parser of heads.
  return reasons[code] ?? (code.startsWith('HPE_') ? 'its answer is not HTTP' : code || error.message);
}
