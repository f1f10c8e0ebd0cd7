/** Why a worker is being drained. */
export type DrainReason = 'stop' | 'reload';

/** Where a worker is in its life. */
export type WorkerState =
  | { readonly name: 'starting' }
  | { readonly name: 'ready' }
  | { readonly name: 'draining'; readonly reason: DrainReason }
  | {
      readonly name: 'exited';
      readonly code: number | null;
      readonly signal: string | null;
      readonly expected: boolean;
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
        return { name: 'exited', code: event.code, signal: event.signal, expected: state.name === 'draining' };
      }
      break;
  }
  throw new Error(`A worker that is ${state.name} cannot take the event ${event.name}`);
}
