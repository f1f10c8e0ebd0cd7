import type { FromFront, ToWorkers } from '../app/front-message.ts';
import type { Bind } from '../core/bind.ts';
import type { LogLevel } from '../observe/log.ts';
import type { StartFailure } from '../site/start-failure.ts';

/** One address for a front thread to listen on. */
export interface ListenRequest {
  /** Which of the addresses to listen on it is. */
  readonly plan: number;
  /** With the port that another thread was given, where any was asked for. */
  readonly bind: Bind;
  /** See ListenOptions in front/listen.ts. */
  readonly reusePort: 'first' | 'join' | undefined;
  /** Inherited sockets, in place of opening one. */
  readonly fds: readonly number[];
}

/** A listening socket of a front thread. */
export interface ListeningSocket {
  /** Which of the addresses to listen on it is for. */
  readonly plan: number;
  /** Where it is. */
  readonly bind: Bind;
  readonly fd: number;
}

/** What the main thread tells a front thread. */
export type ToFrontThread =
  | { readonly kind: 'workers'; readonly message: ToWorkers }
  /** Why the newest version of the app cannot start; undefined when one has started. */
  | { readonly kind: 'start-failure'; readonly failure: StartFailure | undefined }
  | { readonly kind: 'log-level'; readonly level: LogLevel }
  /** Answered by `listening`. */
  | { readonly kind: 'listen'; readonly requests: readonly ListenRequest[] }
  /** No more connections; requests under way may end. Answered by `closed`. */
  | { readonly kind: 'close'; readonly graceMs: number; readonly lastCallMs: number }
  /** The workers are gone. Answered by `ended`; the thread ends. */
  | { readonly kind: 'end' };

/** What a front thread tells the main thread. */
export type FromFrontThread =
  /** Workers may connect. */
  | { readonly kind: 'open' }
  | { readonly kind: 'workers'; readonly message: FromFront }
  /** `error`: the message of a ListenError; `sockets` were opened before. */
  | { readonly kind: 'listening'; readonly sockets: readonly ListeningSocket[]; readonly error: string | undefined }
  /** `cut`: connections that had not ended in time. */
  | { readonly kind: 'closed'; readonly cut: number }
  | { readonly kind: 'ended' };
