import type { Lease } from './lease.ts';
import type { Member } from './member.ts';
import { addressText } from './member.ts';
import type { Attempt, UpstreamAnswer, UpstreamFailure, UpstreamReply } from './upstream-request.ts';

/** Who makes attempts. */
export interface AttemptOwner {
  answered(answer: UpstreamAnswer, attempt: AttemptRecord): void;
  failed(failure: UpstreamFailure, attempt: AttemptRecord): void;
}

/** What became of one attempt to get an answer of a peer. Times in milliseconds since it began; undefined for what did not come about. */
export class AttemptRecord implements Attempt {
  readonly #owner: AttemptOwner;
  readonly #lease: Lease;
  readonly #startedAt: number;
  readonly #now: () => number;
  #isJudged = false;
  #hasFailed = false;
  #isOver = false;
  status: number | undefined;
  connectMs: number | undefined;
  headMs: number | undefined;
  /** To the last byte; known at the end. */
  totalMs: number | undefined;
  sentBytes = 0;
  receivedBytes = 0;
  /** Of the answer's content, without framing. */
  contentBytes = 0;
  /** What the peer answered. */
  reply: UpstreamReply | undefined;

  /** `now`: a monotonic clock. */
  constructor(owner: AttemptOwner, lease: Lease, now: () => number) {
    this.#owner = owner;
    this.#lease = lease;
    this.#now = now;
    this.#startedAt = now();
  }

  get member(): Member {
    return this.#lease.member;
  }

  /** As nginx's `$upstream_addr`. */
  get address(): string {
    return addressText(this.#lease.member.address);
  }

  /** How long it took, or takes by now. */
  get elapsedMs(): number {
    return this.totalMs ?? this.#now() - this.#startedAt;
  }

  /** Says once of an answer whether it counts as a failure of the peer. */
  judge(hasFailed: boolean): void {
    this.#isJudged = true;
    this.#hasFailed = hasFailed;
    if (this.#isOver) this.#release();
  }

  connected(tookMs: number): void {
    this.connectMs = tookMs;
  }

  sent(bytes: number): void {
    this.sentBytes += bytes;
  }

  received(bytes: number): void {
    this.receivedBytes += bytes;
  }

  headed(): void {
    this.headMs = this.#now() - this.#startedAt;
  }

  content(bytes: number): void {
    this.contentBytes += bytes;
  }

  answered(answer: UpstreamAnswer): void {
    this.#owner.answered(answer, this);
  }

  failed(failure: UpstreamFailure): void {
    this.#owner.failed(failure, this);
  }

  ended(how: 'complete' | 'cancelled' | 'failed' | 'stale'): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.totalMs = this.#now() - this.#startedAt;
    if (how === 'failed') this.#hasFailed = true;
    // An answer that is whole comes to its end before it is given to who judges it.
    if (how !== 'complete' || this.#isJudged) this.#release();
  }

  #release(): void {
    this.#lease.done({ hasFailed: this.#hasFailed, headMs: this.headMs, totalMs: this.elapsedMs });
  }
}
