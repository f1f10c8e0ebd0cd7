import type { WorkerRange } from '../options.ts';

/** How the workers of an app are doing; taken about every 500 ms. */
export interface ScalingSample {
  /** In milliseconds, of a monotonic clock. */
  readonly now: number;
  /** Workers that take requests. */
  readonly ready: number;
  /** Workers that there are to be, by the last decision. */
  readonly wanted: number;
  /**
   * The busy share of a ready worker since the last sample, from 0 to 1, as the mean of all: for WSGI how many of its threads ran
   * a request, for ASGI how much of its CPU its one event loop took or how much of its concurrency was used, whichever is more.
   */
  readonly busy: number;
  /** Requests in the queue. */
  readonly queueDepth: number;
  /** How long the first in the queue has waited, in milliseconds; 0 where none waits. */
  readonly longestWaitMs: number;
}

/** What decisions remember of the samples before. */
export interface ScalingState {
  /** Since when every sample asked for more workers. */
  readonly pressedSince: number | undefined;
  readonly lastWait: { readonly at: number; readonly waitMs: number };
  /** The load of the last `calmMs`, in workers that are fully busy. */
  readonly loads: readonly { readonly at: number; readonly workers: number }[];
  /** Until when no worker may go. */
  readonly keepUntil: number;
}

export interface ScalingDecision {
  readonly wanted: number;
  readonly state: ScalingState;
  /** Why the number changed, for the log; undefined where it did not. */
  readonly reason: string | undefined;
}

const noticeableWaitMs = 50; // half of the 100 ms from which people notice a delay
const highBusy = 0.8; // AWS target tracking and Kubernetes examples 0.5 to 0.8; above it waits grow steeply
const targetBusy = 0.6; // Knative 0.7; the distance to `highBusy` keeps the number from swinging
/** How long more must be asked for: two samples in a row, since one may be chance. */
const pressedMs = 400;
/** A queue that is gone in so long needs no more workers. */
const drainMs = 5_000;
/** How long the load must have fitted in fewer workers. */
const calmMs = 30_000; // Knative 60 s, Kubernetes 5 min: those start containers
/** From one worker that goes to the next. */
const stepMs = 5_000;

/** The state before the first sample. */
export function startScaling(now: number): ScalingState {
  return { pressedSince: undefined, lastWait: { at: now, waitMs: 0 }, loads: [], keepUntil: now + calmMs };
}

/**
 * How many workers there are to be after a sample. More come quickly, as many as the load needs or twice as many where it cannot
 * be seen, but none while those asked for before are still to come. They go one by one after a long calm.
 */
export function scale(range: WorkerRange, state: ScalingState, sample: ScalingSample): ScalingDecision {
  const { now, ready, wanted, busy, queueDepth, longestWaitMs } = sample;
  const hasWaited = longestWaitMs >= noticeableWaitMs;
  // Those that are still to come may suffice.
  const isPressed = ready >= wanted && (hasWaited ? !isDraining(state, sample) : busy >= highBusy);
  const pressedSince = isPressed ? (state.pressedSince ?? now) : undefined;
  const load = ready * busy;
  const recent = state.loads.filter(({ at }) => at > now - calmMs);
  const next: ScalingState = {
    pressedSince,
    lastWait: { at: now, waitMs: longestWaitMs },
    loads: [...recent, { at: now, workers: hasWaited ? Number.POSITIVE_INFINITY : load }],
    keepUntil: state.keepUntil,
  };
  const decide = (count: number, changes: Partial<ScalingState>, reason: string): ScalingDecision => {
    const bounded = Math.min(Math.max(count, range.min), range.max);
    if (bounded === wanted) return { wanted, state: next, reason: undefined };
    return { wanted: bounded, state: { ...next, ...changes }, reason };
  };

  if (wanted < range.min || wanted > range.max) return decide(wanted, {}, 'the limits have changed');
  if (pressedSince !== undefined && now - pressedSince >= pressedMs) {
    const needed = hasWaited ? 2 * wanted : Math.ceil(load / targetBusy);
    const count = Math.min(Math.max(needed, wanted + 1), 2 * wanted);
    const reason = hasWaited
      ? `the first of ${queueDepth} in the queue has waited for ${Math.round(longestWaitMs)} ms`
      : `the workers are busy for ${percent(busy)} of the time`;
    return decide(count, { pressedSince: undefined }, reason);
  }
  const peak = Math.max(...next.loads.map(({ workers }) => workers));
  if (now >= state.keepUntil && peak <= (wanted - 1) * targetBusy) {
    const reason = `the workers were busy for at most ${percent(peak / wanted)} of the last ${calmMs / 1000} s`;
    return decide(wanted - 1, { keepUntil: now + stepMs }, reason);
  }
  return { wanted, state: next, reason: undefined };
}

/** Whether the queue gets shorter fast enough. */
function isDraining({ lastWait }: ScalingState, { now, longestWaitMs }: ScalingSample): boolean {
  const fallen = lastWait.waitMs - longestWaitMs;
  return fallen > 0 && (fallen / (now - lastWait.at)) * drainMs >= longestWaitMs;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
