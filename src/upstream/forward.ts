import { PeerError } from '../core/errors.ts';
import type { NextCondition } from '../plan/proxy-plan.ts';
import { type AttemptOwner, AttemptRecord } from './attempt-record.ts';
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
  began(attempt: AttemptRecord): void;
  /** It has failed; another one may follow. */
  failed(failure: UpstreamFailure, member: Member): void;
  /** What comes of it in the end, unless it is cancelled: this or `gaveUp`, once. */
  answered(answer: UpstreamAnswer, member: Member): void;
  /** `error`: an UpstreamFailure, or another PeerError where there is no peer to ask. */
  gaveUp(error: unknown): void;
}

/** A stale connection is no attempt: how many of them in a row are not held against a request. */
const mostStale = 3;

/** Sends one request to a peer, and where that fails to others, as far as it may be sent more than once. */
export class Forward implements AttemptOwner {
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

  /** To be called once. */
  run(): void {
    try {
      const lease = this.#take();
      if (!(lease instanceof Promise)) this.#begin(lease);
      else lease.then((late) => this.#begin(late)).catch((error: unknown) => this.#options.gaveUp(error));
    } catch (error) {
      this.#options.gaveUp(error);
    }
  }

  answered(answer: UpstreamAnswer, attempt: AttemptRecord): void {
    const { member } = attempt;
    if (this.#isGood(answer, attempt)) this.#options.answered(answer, member);
    else void this.#goOn(member, { status: attempt.status ?? 0 }, () => this.#options.answered(answer, member));
  }

  failed(failure: UpstreamFailure, attempt: AttemptRecord): void {
    const { member } = attempt;
    attempt.status = failure.status;
    this.#options.failed(failure, member);
    void this.#goOn(member, failure, () => this.#options.gaveUp(failure));
  }

  /** Nobody waits for an answer any more. */
  cancel(): void {
    this.#isCancelled = true;
    this.#queued?.cancel();
    this.#sending?.cancel();
  }

  #begin(lease: Lease): void {
    const { upstream, request, wish } = this.#options;
    const attempt = new AttemptRecord(this, lease, upstream.now);
    this.#options.began(attempt);
    try {
      this.#sending = upstream.transportFor(wish.profile).send(lease.member.address, wish, request, attempt);
    } catch (error) {
      attempt.ended('cancelled');
      const reason = error instanceof Error ? error.message : String(error);
      this.failed(new UpstreamFailure('internal-error', `Cannot send the request: ${reason}`, 'connect'), attempt);
      return;
    }
    if (this.#isCancelled) this.#sending.cancel();
  }

  /** Asks another peer, if there is one that may be asked; what came before, an answer too, is given up then. Else `ended` is called. */
  async #goOn(member: Member, why: UpstreamFailure | { readonly status: number }, ended: () => void): Promise<void> {
    try {
      const next = this.#mayGoOn(member, why) ? await this.#another() : undefined;
      if (!next) {
        ended();
        return;
      }
      this.#sending?.cancel();
      this.#begin(next);
    } catch (error) {
      this.#options.gaveUp(error);
    }
  }

  /** Whether no other answer is looked for. */
  #isGood(answer: UpstreamAnswer, attempt: AttemptRecord): boolean {
    if (answer.kind === 'tunnel') {
      attempt.status = 101;
      attempt.judge(false);
      return true;
    }
    attempt.status = answer.status;
    attempt.reply = answer;
    const isGood = !isWorse(answer.status, this.#options.next);
    // As in nginx, a peer may well forbid, or not have something.
    attempt.judge(!isGood && answer.status !== 403 && answer.status !== 404);
    return isGood;
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
