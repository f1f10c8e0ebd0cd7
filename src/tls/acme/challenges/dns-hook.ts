import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { AcmeError } from '../acme-error.ts';

/** One TXT record. */
export interface DnsRecord {
  /** `_acme-challenge.example.com` */
  readonly name: string;
  readonly value: string;
}

/** How long the program may take: it returns when all servers of the zone have the record. lego 60 s, with propagation on top. */
const hookTimeoutMs = 300_000;

/** What is taken of what the program says, in characters. */
const maxOutput = 2_000;

/**
 * Runs the program that sets and removes TXT records: `PROGRAM … present|cleanup NAME VALUE`, without a shell. The same is in
 * GALLEY_DNS_ACTION, GALLEY_DNS_NAME and GALLEY_DNS_VALUE of its environment. Several records of one name may be there at a time. It is ended when the signal is aborted. Throws
 * an AcmeError with what the program says where it fails.
 */
export async function runDnsHook(
  hook: readonly string[],
  action: 'present' | 'cleanup',
  { name, value }: DnsRecord,
  aborted: AbortSignal,
  timeoutMs: number = hookTimeoutMs,
): Promise<void> {
  const [program = '', ...before] = hook;
  const failed = (reason: string): AcmeError => new AcmeError(`"${program} ${action} ${name}" has failed: ${reason}`);
  if (aborted.aborted) throw failed('it is not wanted any more');
  const env = { ...process.env, GALLEY_DNS_ACTION: action, GALLEY_DNS_NAME: name, GALLEY_DNS_VALUE: value };
  // It leads a group of processes: what it has started ends with it.
  const child = spawn(program, [...before, action, name, value], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  let end: string | undefined;
  const kill = (reason: string): void => {
    end = reason;
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It has ended just now.
    }
  };
  const timer = setTimeout(() => kill(`ended after ${timeoutMs} ms`), timeoutMs);
  const stop = (): void => kill('it is not wanted any more');
  aborted.addEventListener('abort', stop);
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-maxOutput);
  });
  // What the program has started may keep its output open: its own end counts.
  const ended = once(child, 'exit').catch((error: Error) => error);
  const outcome = await ended;
  clearTimeout(timer);
  aborted.removeEventListener('abort', stop);
  await new Promise(setImmediate);
  child.stderr.destroy();
  if (outcome instanceof Error) throw failed(outcome.message);
  const [code, signal] = outcome as [number | null, NodeJS.Signals | null];
  if (code === 0) return;
  const how = end ?? `exit code ${code ?? signal}`;
  throw failed(said.trim() === '' ? how : `${how}: ${said.trim()}`);
}
