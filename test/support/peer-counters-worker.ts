import { parentPort, workerData } from 'node:worker_threads';
import { PeerCounters } from '../../src/upstream/peer-counters.ts';

/** What a thread that sends requests to one member again and again is given. */
export interface PeerCountersWorkerData {
  readonly buffer: SharedArrayBuffer;
  readonly frontCount: number;
  readonly front: number;
  /** How many are under way of all threads; how many of these try a member whose breaker is open; how many threads have begun. */
  readonly inside: Int32Array;
  readonly most: number;
  readonly rounds: number;
}

/** How often it was let in, how many of these failed, and the most that it has seen at a time. */
export interface PeerCountersWorkerAnswer {
  readonly entered: number;
  readonly failures: number;
  readonly seen: number;
  readonly trials: number;
}

const { buffer, frontCount, front, inside, most, rounds } = workerData as PeerCountersWorkerData;
const counters = new PeerCounters(frontCount, buffer);
/** Opens at the first failure, and may be tried again at once: a time ago is when requests end. */
const plan = { failureRate: 0.1, windowMs: 1_000_000, minRequests: 1, openMs: 1_000_000 };
const [begins, ends] = [3_000_000, 1_500_000];
const answer = { entered: 0, failures: 0, seen: 0, trials: 0 };

Atomics.add(inside, 2, 1);
while (Atomics.load(inside, 2) < frontCount) {
  // All begin at once.
}
for (let round = 0; round < rounds; round++) {
  const hasFailed = round % 3 === 0;
  enter(hasFailed);
  tryAgain(hasFailed);
}
parentPort?.postMessage(answer satisfies PeerCountersWorkerAnswer);

/** At the member in slot 5 there is little room. */
function enter(hasFailed: boolean): void {
  if (!counters.begin(front, 5, most)) return;
  answer.entered++;
  if (hasFailed) answer.failures++;
  answer.seen = Math.max(answer.seen, Atomics.add(inside, 0, 1) + 1);
  Atomics.sub(inside, 0, 1);
  counters.end(front, 5, hasFailed);
}

/** The one in slot 6 has a breaker. */
function tryAgain(hasFailed: boolean): void {
  const entry = counters.breakers.enter(6, front, begins, plan);
  if (entry === 'free') counters.breakers.count(6, front, plan, ends, hasFailed);
  if (entry !== 'trial') return;
  answer.trials = Math.max(answer.trials, Atomics.add(inside, 1, 1) + 1);
  Atomics.sub(inside, 1, 1);
  counters.breakers.settle(6, front, plan, ends, hasFailed ? 'failed' : 'passed');
}
