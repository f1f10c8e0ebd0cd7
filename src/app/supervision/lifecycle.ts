import type { RecycleReason } from './recycling.ts';

/**
 * Why a worker is drained: Galley stops, a reload, fewer are wanted, it has reached a limit, it is stuck, a request was interrupted
 * in it, or somebody asked for it.
 */
export type DrainReason = 'stop' | 'reload' | 'scale-down' | RecycleReason | 'stuck' | 'interrupted' | 'asked';

/** Where a worker is in its life. */
export type WorkerState =
  | { readonly name: 'starting' }
  | { readonly name: 'ready' }
  | { readonly name: 'draining'; readonly reason: DrainReason }
  | {
      readonly name: 'exited';
      readonly code: number | null;
      readonly signal: string | null;
      /** Why it had been drained; undefined where nobody had asked it to end. */
      readonly reason: DrainReason | undefined;
    };

/** What happens to a worker. */
export type WorkerEvent =
  | { readonly name: 'hello' }
  | { readonly name: 'drain'; readonly reason: DrainReason }
  | { readonly name: 'exit'; readonly code: number | null; readonly signal: string | null };

/** The state after an event. Throws for a move that a worker cannot make: that is a bug of ours. */
export function nextState(state: WorkerState, event: WorkerEvent): WorkerState {
  switch (event.name) {
    case 'hello':
      if (state.name === 'starting') return { name: 'ready' };
      break;
    case 'drain':
      if (state.name === 'starting' || state.name === 'ready') return { name: 'draining', reason: event.reason };
      break;
    case 'exit':
      if (state.name !== 'exited') {
        const reason = state.name === 'draining' ? state.reason : undefined;
        return { name: 'exited', code: event.code, signal: event.signal, reason };
      }
      break;
  }
  throw new Error(`A worker that is ${state.name} cannot take the event ${event.name}`);
}
