import type { Log } from '../../observe/log.ts';
import type { AcmeChallengeKind } from '../../plan/tls-plan.ts';
import type { Clock } from '../managed/clock.ts';
import { listOf, recordOf, textOf } from '../managed/unknown-json.ts';
import type { AcmeAccount } from './acme-account.ts';
import { AcmeError, problemText, toProblem } from './acme-error.ts';
import { challengesFor } from './challenges/choose-challenge.ts';
import { type Provers, prove } from './challenges/prove.ts';
import { poll } from './poll.ts';

export interface AuthorizeOptions {
  readonly account: AcmeAccount;
  readonly challenges: readonly AcmeChallengeKind[];
  /** How many orders have failed before. */
  readonly failures: number;
  /** How often the order was gone on with. */
  readonly resumptions: number;
  readonly provers: Provers;
  readonly log: Log;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** A challenge of an authorization that is to be answered. */
interface Task {
  readonly authorization: string;
  /** With `*.` where it is for a wildcard. */
  readonly name: string;
  readonly kind: AcmeChallengeKind;
  readonly url: string;
  readonly token: string;
  /** The CA looks at it already: it was told before a sudden end. It is told again where that has come to nothing before. */
  readonly isBegun: boolean;
}

/**
 * Proves all names of an order (RFC 8555 §7.5). All proofs are there before the CA is told to look: a wildcard and its domain have two records of one
 * name. Throws an AcmeError that says which name could not be proven, and how.
 */
export async function authorize(authorizations: readonly string[], options: AuthorizeOptions): Promise<void> {
  const { account, provers, log, clock, signal } = options;
  const ends: (() => Promise<void> | void)[] = [];
  try {
    const tasks: Task[] = [];
    for (const url of authorizations) {
      const { json } = await account.post({ url, signal });
      const task = taskOf(url, json, options);
      if (!task) continue;
      tasks.push(task);
    }
    const byTls = tasks.filter(({ kind }) => kind === 'tls-alpn-01').map(({ name }) => name);
    ends.push(await provers.board.hold(byTls, signal));
    for (const { kind, name, token } of tasks) {
      const keyAuthorization = `${token}.${account.thumbprint}`;
      const challenge = { kind, name: name.replace('*.', ''), token, keyAuthorization };
      ends.push(await prove(challenge, provers, clock.now()));
      signal.throwIfAborted();
    }
    for (const task of tasks) if (!task.isBegun) await begin(task, options);
    for (const task of tasks) await proven(task, options);
  } finally {
    // A stop waits for no program: the next start removes its records.
    for (const end of ends.reverse()) await ended(end, signal, log);
  }
}

function taskOf(
  authorization: string,
  json: Readonly<Record<string, unknown>>,
  { challenges, failures, resumptions }: AuthorizeOptions,
): Task | undefined {
  const { status, identifier, wildcard } = json;
  const value = textOf(recordOf(identifier)['value']);
  const name = wildcard === true ? `*.${value}` : value;
  if (status === 'valid') return undefined;
  if (status !== 'pending')
    throw new AcmeError(`${name}: the CA's authorization is ${textOf(status) || 'none'}`, verdict);
  const offered = listOf(json['challenges']).map(recordOf);
  const fit = challengesFor(name, challenges).flatMap((kind) => {
    const challenge = offered.find(({ type }) => type === kind);
    return challenge ? [{ kind, challenge }] : [];
  });
  const isBegun = ({ challenge }: (typeof fit)[number]): boolean => challenge['status'] === 'processing';
  const chosen = fit.find(isBegun) ?? fit[failures % fit.length];
  if (!chosen) {
    const kinds = offered.map(({ type }) => textOf(type)).join(', ');
    const how = name.startsWith('*.') ? ': a wildcard takes dns-01, with a hook that sets its record' : '';
    throw new AcmeError(`Cannot prove ${name} in a way that the CA offers (${kinds})${how}`, verdict);
  }
  const { kind, challenge } = chosen;
  const token = tokenOf(challenge['token']);
  return {
    authorization,
    name,
    kind,
    url: textOf(challenge['url']),
    token,
    isBegun: isBegun(chosen) && resumptions < 2,
  };
}

/** The CA is told to look. What it refuses is no failure where it looks already, for an answer that was lost. */
async function begin({ authorization, url }: Task, { account, signal }: AuthorizeOptions): Promise<void> {
  try {
    await account.post({ url, payload: {}, signal });
  } catch (error) {
    if (!(error instanceof AcmeError) || !error.problem) throw error;
    const { json } = await account.post({ url: authorization, signal });
    const challenge = listOf(json['challenges'])
      .map(recordOf)
      .find((each) => each['url'] === url);
    if (json['status'] === 'pending' && (challenge?.['status'] ?? 'pending') === 'pending') throw error;
  }
}

/** The order is of no use any more. */
const verdict = { problem: { type: 'authorization', detail: '', subproblems: [] } };

/** RFC 8555 §8.1: base64url. It becomes part of a path and of a record. */
function tokenOf(value: unknown): string {
  const token = textOf(value);
  if (!/^[\w-]{1,512}$/.test(token)) throw new AcmeError("The CA's challenge has no token", verdict);
  return token;
}

async function proven(
  { authorization, name, kind }: Task,
  { account, clock, signal }: AuthorizeOptions,
): Promise<void> {
  const ask = (): ReturnType<AcmeAccount['post']> => account.post({ url: authorization, signal });
  const { json } = await poll(ask, ({ json }) => json['status'] !== 'pending', `proving ${name}`, clock, signal);
  if (json['status'] === 'valid') return;
  const challenges = listOf(json['challenges']).map(recordOf);
  const failed = challenges.find(({ error }) => error !== undefined);
  const problem = toProblem(failed?.['error']);
  throw new AcmeError(`The CA could not verify ${name} by ${kind}: ${problemText(problem)}`, {
    problem: { ...problem, type: problem.type || 'unauthorized' },
  });
}

async function ended(end: () => Promise<void> | void, signal: AbortSignal, log: Log): Promise<void> {
  try {
    await end();
  } catch (error) {
    if (!signal.aborted) log.warn((error as Error).message);
  }
}
