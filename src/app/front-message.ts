import type { Hello } from './dispatch/worker-link.ts';

/** A request as reports name it. */
export interface RequestName {
  /** Exchange.id. */
  readonly id: string;
  /** Method and target. */
  readonly line: string;
  /** How long it had been at the worker, in milliseconds. */
  readonly elapsedMs: number;
}

/** What the supervisor of an app tells the front threads of its workers. */
export type ToWorkers =
  /** The worker may have requests; its counters are in that slot. */
  | { readonly kind: 'serve'; readonly worker: number; readonly slot: number }
  /** It gets no more requests, finishes what it has and exits. `isStop`: all of them do, so that what it was sent ahead is for nobody else. */
  | { readonly kind: 'drain'; readonly worker: number; readonly isStop: boolean }
  /** Closes the WebSockets there with 1012. */
  | { readonly kind: 'restart-websockets'; readonly worker: number }
  /** The link to it is cut: it is gone, or not wanted. */
  | { readonly kind: 'cut'; readonly worker: number }
  /** A request that was reported late is cancelled in the worker now. */
  | { readonly kind: 'cancel'; readonly worker: number; readonly stream: number }
  /** It is to connect to that socket too: that of a front thread which came later. */
  | { readonly kind: 'invite'; readonly worker: number; readonly socket: string };

/** What a front thread tells the supervisor of an app's workers. */
export type FromFront =
  | { readonly kind: 'hello'; readonly hello: Hello }
  /** The link is gone, with what was on it. `error`: what was wrong with what the worker sent. */
  | {
      readonly kind: 'link-closed';
      readonly worker: number;
      readonly error: string | undefined;
      readonly lost: readonly RequestName[];
    }
  /** A request has no answer after the request timeout; the client has got its 504. */
  | { readonly kind: 'late'; readonly worker: number; readonly stream: number; readonly request: RequestName }
  /** One that was cancelled for being late has not ended within the grace. `silentMs`: how long nothing at all has come from the worker. */
  | { readonly kind: 'stuck'; readonly worker: number; readonly request: RequestName; readonly silentMs: number }
  /** A request was interrupted there in a way that may have left something locked. */
  | { readonly kind: 'tainted'; readonly worker: number };
