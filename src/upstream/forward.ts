import { PeerError } from '../core/errors.ts';
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
  readonly #startedAt: number;
  #tried: Set<Member> = nobody;
  #tries = 0;
  #stale = 0;
  #queued: QueuedLease | undefined;
  #sending: Sending | undefined;
  #isCancelled = false;

  constructor(options: ForwardOptions) {
    this.#options = options;
    this.#startedAt = options.upstream.now();
  }

  /** Rejects with an UpstreamFailure, or another PeerError where there is no peer to ask. To be called once. */
  async run(): Promise<Forwarded> {
    const first = this.#take();
    let lease = first instanceof Promise ? await first : first;
    for (;;) {
      const attempt = this.#begin(lease);
      const { member } = lease;
      let answer: UpstreamAnswer | undefined;
      let failure: UpstreamFailure | undefined;
      try {
        answer = await (this.#sending as Sending).answer;
        if (this.#isGood(answer, attempt)) return { answer, attempt, member };
      } catch (error) {
        if (!(error instanceof UpstreamFailure)) throw error;
        attempt.status = error.status;
        this.#options.failed(error, member);
        failure = error;
      }
      const next = this.#mayGoOn(member, failure ?? { status: attempt.status ?? 0 })
        ? await this.#another()
        : undefined;
      if (next) {
        if (answer) this.#sending?.cancel();
        lease = next;
      } else {
        if (answer) return { answer, attempt, member };
        throw failure;
      }
    }
  }

  /** Nobody waits for an answer any more. */
  cancel(): void {
    this.#isCancelled = true;
    this.#queued?.cancel();
    this.#sending?.cancel();
  }

  #begin(lease: Lease): AttemptRecord {
    const { upstream, request, wish, began } = this.#options;
    const attempt = new AttemptRecord(lease, upstream.now);
    began(attempt, lease.member);
    this.#sending = upstream.transportFor(wish.profile).send(lease.member.address, wish, request, attempt);
    if (this.#isCancelled) this.#sending.cancel();
    return attempt;
  }

  /** Whether no other answer is looked for. */
  #isGood(answer: UpstreamAnswer, attempt: AttemptRecord): boolean {
    if (answer.kind === 'tunnel') {
      attempt.status = 101;
      return true;
    }
    attempt.status = answer.status;
    attempt.reply = answer;
    if (!isWorse(answer.status, this.#options.next)) return true;
    // As in nginx, a peer may well forbid, or not have something.
    if (answer.status !== 403 && answer.status !== 404) attempt.fail();
    return false;
  }

  #mayGoOn(member: Member, why: UpstreamFailure | { readonly status: number }): boolean {
    const { upstream, request, next, nextTries, nextTimeoutMs, isBodyReplayable } = this.#options;
    const isStale = why instanceof UpstreamFailure && why.isStaleConnection && ++this.#stale <= mostStale;
    if (!isStale) {
      this.#tries++;
      if (this.#tried === nobody) this.#tried = new Set();
      this.#tried.add(member);
    }
    if (this.#isCancelled) return false;
    return mayTryNext({
      next,
      tries: this.#tries,
      nextTries,
      elapsedMs: upstream.now() - this.#startedAt,
      nextTimeoutMs,
      method: request.method,
      failure: why,
      isBodyReplayable: isBodyReplayable(),
      membersLeft: upstream.untried(this.#tried),
    });
  }

  #take(): Lease | Promise<Lease> {
    const { upstream, key, route } = this.#options;
    const taken = upstream.balancer.take({ key, route, tried: this.#tried });
    if (!('lease' in taken)) return taken;
    this.#queued = taken;
    if (this.#isCancelled) taken.cancel();
    return taken.lease.finally(() => {
      this.#queued = undefined;
    });
  }

  /** The next one to ask; undefined where there is nobody, and what there is has to do. */
  async #another(): Promise<Lease | undefined> {
    try {
      return await this.#take();
    } catch (error) {
      if (error instanceof PeerError) return undefined;
      throw error;
    }
  }
}

/** Nothing is put in here. */
const nobody: Set<Member> = new Set();

/** Whether an answer is one for which another peer is asked. */
function isWorse(status: number, next: readonly NextCondition[]): boolean {
  return status >= 403 && next.includes(`http_${status}` as NextCondition);
}
