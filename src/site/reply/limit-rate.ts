import type { Body } from '../../core/body.ts';
import { PeerError } from '../../core/errors.ts';
import type { LimitSettings } from '../../plan/settings.ts';
import type { CompileContext } from '../compile-context.ts';
import type { SiteRequest } from '../site-request.ts';
import type { ReplyFilter } from '../steps.ts';
import { sizeOf } from '../variables/size.ts';
import { asStream } from './transformed-body.ts';

/** What is waited for at least, as a part of a second, so that a slow rate is not made of tiny pieces. */
const leastWait = 1 / 8;

/**
 * nginx's `limit_rate` and `limit_rate_after`, the rate that `set $limit_rate` chose, and the one that an app asked for by
 * `x-accel-limit-rate`. Throws PlanError.
 */
export function createRateLimit(
  { limitRate, limitRateAfter }: Pick<LimitSettings, 'limitRate' | 'limitRateAfter'>,
  context: CompileContext,
): ReplyFilter {
  const rate = limitRate === undefined ? undefined : context.template(limitRate);
  const after = limitRateAfter === undefined ? undefined : context.template(limitRateAfter);
  return (request, reply) => {
    const wanted = request.limitRate ?? rate?.evaluate(request);
    if (wanted === undefined || request.parent || request.method === 'HEAD') return reply;
    const bytesPerSecond = sizeOf(wanted) ?? 0;
    const { headers, body } = reply;
    if (bytesPerSecond === 0 || (body instanceof Uint8Array && body.length === 0)) return reply;
    const free = sizeOf(after?.evaluate(request) ?? '') ?? 0;
    if (body instanceof Uint8Array && body.length <= free) return reply;
    const fields = body instanceof Uint8Array ? headers.replaced('content-length', `${body.length}`) : headers;
    return { ...reply, headers: fields, body: new PacedBody(request, body, bytesPerSecond, free) };
  };
}

/** A body no faster than so many bytes a second. */
export function paced(request: SiteRequest, body: Body, bytesPerSecond: number): Body {
  return bytesPerSecond === 0 ? body : new PacedBody(request, body, bytesPerSecond, 0);
}

/** A body that is given no faster than so many bytes a second, but for the first second's, and what is free besides. */
class PacedBody implements AsyncIterable<Uint8Array>, AsyncIterator<Uint8Array, undefined> {
  readonly #request: SiteRequest;
  readonly #source: AsyncIterator<Uint8Array, unknown>;
  readonly #rate: number;
  readonly #free: number;
  #startedAt: number | undefined;
  #sent = 0;
  #piece: Uint8Array | undefined;
  #isOver = false;
  #timer: NodeJS.Timeout | undefined;
  #wake: () => void = () => {};

  constructor(request: SiteRequest, body: Body, rate: number, free: number) {
    this.#request = request;
    this.#source = asStream(body)[Symbol.asyncIterator]();
    this.#rate = rate;
    this.#free = free;
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (this.#startedAt === undefined) {
      this.#startedAt = this.#request.services.now();
      this.#request.exchange.onAbort(() => this.#stop());
    }
    if (!this.#piece) {
      const { done, value } = await this.#source.next();
      if (done) return { done: true, value: undefined };
      this.#piece = value as Uint8Array;
    }
    const piece = this.#piece;
    const least = Math.min(piece.length, Math.max(1, Math.floor(this.#rate * leastWait)));
    while (!this.#isOver && this.#allowed() < least) await this.#pause(((least - this.#allowed()) * 1000) / this.#rate);
    if (this.#isOver) throw new PeerError('client-closed', 'Nobody reads the answer any more');
    const value = piece.subarray(0, Math.floor(this.#allowed()));
    this.#piece = value.length < piece.length ? piece.subarray(value.length) : undefined;
    this.#sent += value.length;
    return { done: false, value };
  }

  return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.#stop();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Bytes that may be sent by now. */
  #allowed(): number {
    const elapsed = this.#request.services.now() - (this.#startedAt ?? 0);
    return (this.#rate * (Math.max(0, elapsed) + 1000)) / 1000 + this.#free - this.#sent;
  }

  #pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      this.#timer = setTimeout(resolve, Math.ceil(milliseconds));
    });
  }

  #stop(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#wake();
    void this.#source.return?.();
  }
}
