import type { NextCondition } from '../site/plan/proxy-plan.ts';
import { AttemptRecord } from './attempt-record.ts';
import type { QueuedLease } from './balancer.ts';
import type { Lease } from './lease.ts';
import type { Member } from './member.ts';
import { mayTryNext } from './retry.ts';
import type { ConnectionWish } from './transport.ts';
import type { Upstream } from './upstream.ts';
import { type Sending, type UpstreamAnswer, UpstreamFailure, type UpstreamRequest } from './upstream-request.ts';

/** What is to be sent, and to whom. */
export interface ForwardOptions {
  readonly upstream: Upstream;
  readonly request: UpstreamRequest;
  readonly wish: ConnectionWish;
  /** See Choice. */
  readonly key: string | undefined;
  readonly route: string | undefined;
  readonly next: readonly NextCondition[];
  readonly nextTries: number;
  readonly nextTimeoutMs: number;
  /** Whether the body can be sent once more. */
  isBodyReplayable(): boolean;
  /** An attempt begins. */
  began(attempt: AttemptRecord, member: Member): void;
  /** It has failed; another one may follow. */
  failed(failure: UpstreamFailure, member: Member): void;
}

/** An answer, and who gave it. */
export interface Forwarded {
  readonly answer: UpstreamAnswer;
  readonly attempt: AttemptRecord;
  readonly member: Member;
}

/** A stale connection is no attempt: how many of them in a row are not held against a request. */
const mostStale = 3;

/** Sends one request to a peer, and where that fails to others, as far as it may be sent more than once. */
export class Forward {
  readonly #options: ForwardOptions;
  readonly #tried: Set<Member> = new Set();
  #queued: QueuedLease | undefined;
  #sending: Sending | undefined;
  #isCancelled = false;

  constructor(options: ForwardOptions) {
    this.#options = options;
  }

  /** Rejects with an UpstreamFailure, or another PeerError where there is no peer to ask. To be called once. */
  async run(): Promise<Forwarded> {
    const { upstream, request, wish, next, nextTries, nextTimeoutMs } = this.#options;
    const { now } = upstream;
    const startedAt = now();
    let tries = 0;
    let stale = 0;
    let last: UpstreamFailure | undefined;
    for (;;) {
      const taken = this.#take(last);
      const lease = taken instanceof Promise ? await taken : taken;
      const { member } = lease;
      const attempt = new AttemptRecord(lease, now);
      this.#options.began(attempt, member);
      this.#sending = upstream.transportFor(wish.profile).send(member.address, wish, request, attempt);
      if (this.#isCancelled) this.#sending.cancel();
      let why: UpstreamFailure | { readonly status: number };
      let answer: UpstreamAnswer | undefined;
      try {
        answer = await this.#sending.answer;
        attempt.status = answer.kind === 'reply' ? answer.status : 101;
        if (answer.kind === 'reply') attempt.reply = answer;
        if (answer.kind === 'tunnel' || !isWorse(answer.status, next)) return { answer, attempt, member };
        why = { status: answer.status };
        // As in nginx, a peer may well forbid, or not have something.
        if (answer.status !== 403 && answer.status !== 404) attempt.fail();
      } catch (error) {
        if (!(error instanceof UpstreamFailure)) throw error;
        attempt.status = error.status;
        this.#options.failed(error, member);
        why = error;
        last = error;
      }
      const isStale = why instanceof UpstreamFailure && why.isStaleConnection && ++stale <= mostStale;
      if (!isStale) {
        tries++;
        this.#tried.add(member);
      }
      const mayGoOn =
        !this.#isCancelled &&
        mayTryNext({
          next,
          tries,
          nextTries,
          elapsedMs: now() - startedAt,
          nextTimeoutMs,
          method: request.method,
          failure: why,
          isBodyReplayable: this.#options.isBodyReplayable(),
          membersLeft: upstream.size - this.#tried.size,
        });
      if (mayGoOn) {
        if (answer) this.#sending.cancel();
        continue;
      }
      if (answer) return { answer, attempt, member };
      throw why;
    }
  }

  /** Nobody waits for an answer any more. */
  cancel(): void {
    this.#isCancelled = true;
    this.#queued?.cancel();
    this.#sending?.cancel();
  }

  /** Throws what the last attempt failed with where there is nobody else to ask. */
  #take(last: UpstreamFailure | undefined): Lease | Promise<Lease> {
    const { upstream, key, route } = this.#options;
    let taken: Lease | QueuedLease;
    try {
      taken = upstream.balancer.take({ key, route, tried: this.#tried });
    } catch (error) {
      throw last ?? error;
    }
    if (!('lease' in taken)) return taken;
    this.#queued = taken;
    return taken.lease.finally(() => {
      this.#queued = undefined;
    });
  }
}

/** Whether an answer is one for which another peer is asked. */
function isWorse(status: number, next: readonly NextCondition[]): boolean {
  return status >= 403 && next.includes(`http_${status}` as NextCondition);
}
