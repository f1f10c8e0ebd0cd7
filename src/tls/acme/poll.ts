import type { Clock } from '../managed/clock.ts';
import type { AcmeAnswer } from './acme-client.ts';
import { AcmeError } from './acme-error.ts';

const firstPauseMs = 500;
const longestPauseMs = 10_000;

/** How long a CA may take for what it is waited for; certbot 90 s, lego 60 s to minutes. */
const patienceMs = 300_000;

/** How often in a row a CA may be out of reach meanwhile. */
const maxFailures = 3;

/** Asks until the answer is what is waited for, in growing pauses or those that the CA wants. Throws AcmeError. */
export async function poll(
  ask: () => Promise<AcmeAnswer>,
  isDone: (answer: AcmeAnswer) => boolean,
  what: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<AcmeAnswer> {
  const deadline = clock.steadyMs() + patienceMs;
  let failures = 0;
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    let wantedMs: number | undefined;
    try {
      const answer = await ask();
      if (isDone(answer)) return answer;
      wantedMs = answer.retryAfterMs;
      failures = 0;
    } catch (error) {
      const isUnreachable = error instanceof AcmeError && !error.problem;
      if (signal.aborted || !isUnreachable || ++failures > maxFailures) throw error;
    }
    const waitMs = Math.max(wantedMs ?? pauseMs, firstPauseMs);
    if (clock.steadyMs() + waitMs > deadline) {
      throw new AcmeError(`The CA does not come to an end with ${what} in ${patienceMs / 60_000} minutes`);
    }
    await clock.wait(waitMs, signal);
  }
}
