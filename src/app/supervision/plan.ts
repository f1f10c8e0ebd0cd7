import type { DrainReason } from './lifecycle.ts';

/** What the plan needs to know of a worker. */
export interface PlannedWorker {
  readonly id: number;
  readonly state: 'starting' | 'ready' | 'draining';
  /** Why another one is to take its place; undefined where it is to stay. */
  readonly retire: DrainReason | undefined;
  readonly isLeader: boolean;
  readonly inFlight: number;
}

/** What is to be done so that there are as many workers as wanted. */
export interface Plan {
  /** How many to start. */
  readonly forks: number;
  /** Which ones to drain, and why. */
  readonly drains: readonly { readonly id: number; readonly reason: DrainReason }[];
}

/**
 * Brings the workers of an app to the wanted number, all of them such that are to stay. A new one is ready before an old one drains,
 * so there are never fewer ready than there were; and never more than `surge` beyond the wanted number, those that drain not counted.
 */
export function plan(workers: readonly PlannedWorker[], wanted: number, surge: number): Plan {
  const live = workers.filter(({ state }) => state !== 'draining');
  const staying = live.filter(({ retire }) => !retire);
  const ready = live.filter(({ state }) => state === 'ready').length;
  const drains: { readonly id: number; readonly reason: DrainReason }[] = [];

  let spare = ready - wanted;
  for (const { id, state, retire } of live) {
    if (!retire) continue;
    if (state === 'starting') drains.push({ id, reason: retire });
    else if (spare > 0) {
      drains.push({ id, reason: retire });
      spare--;
    }
  }
  const surplus = staying.length - wanted;
  if (surplus > 0)
    for (const { id } of leastMissed(staying).slice(0, surplus)) drains.push({ id, reason: 'scale-down' });

  const room = wanted + surge - (live.length - drains.length);
  return { forks: Math.max(0, Math.min(wanted - staying.length, room)), drains };
}

/** Those first that do not serve yet, then those with the least to do; the leader last. */
function leastMissed(workers: readonly PlannedWorker[]): readonly PlannedWorker[] {
  const weight = ({ state, isLeader, inFlight }: PlannedWorker): number =>
    state === 'starting' ? -1 : isLeader ? Number.POSITIVE_INFINITY : inFlight;
  return [...workers].sort((one, other) => weight(one) - weight(other) || other.id - one.id);
}
