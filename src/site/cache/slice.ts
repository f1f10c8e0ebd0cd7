import type { CacheStore } from '../../cache/cache-store.ts';
import { cacheWish, noWish } from '../../cache/policy/reuse.ts';
import { conditionFields } from '../../cache/policy/validation.ts';
import { type Body, emptyBody } from '../../core/body.ts';
import { PeerError } from '../../core/errors.ts';
import type { Reply } from '../../core/reply.ts';
import type { CacheSettings } from '../../plan/cache-plan.ts';
import type { Settings } from '../../plan/settings.ts';
import { ChangedExchange } from '../content/changed-exchange.ts';
import { type SiteOutcome, statusOutcome } from '../outcome.ts';
import { cancelReply } from '../reply/content-change.ts';
import type { CacheStatus, SiteRequest } from '../site-request.ts';
import type { Content } from '../steps.ts';
import type { CachedContent } from './cached-content.ts';
import { type ContentRange, pieceRangeOf } from './content-range.ts';
import { answerOf, answerRules } from './representation.ts';
import { trait, traitsOf } from './request-traits.ts';
import { type SliceState, SliceStates } from './slice-states.ts';

/** What was given out of the cache. */
const keptStatuses: ReadonlySet<CacheStatus | undefined> = new Set(['HIT', 'STALE', 'UPDATING']);

/** One piece as it came. */
interface Piece extends ContentRange {
  readonly reply: Reply;
}

/**
 * nginx's `slice`: large answers are asked for and kept in pieces of one size, each at a multiple of it, and put together for whoever asks for
 * all of it or for a range. The pieces of another state of the resource end an answer that is on its way, and the next one begins anew. What does
 * not come in pieces is given as it is.
 */
export function createSlices(
  cached: CachedContent,
  content: Content,
  plan: CacheSettings,
  settings: Settings,
  store: CacheStore,
): Content {
  const size = plan.sliceSize ?? 0;
  // Where the key does not name the range itself, it is put behind it.
  const isInKey = plan.key !== undefined && /\$\{?slice_range\b/.test(plan.key);
  const rules = { ...answerRules(plan.rules, settings), isRangeable: () => true };
  const states = new SliceStates(store, plan);

  async function pieceAt(
    request: SiteRequest,
    index: number,
    { name }: SliceState,
    isFirst: boolean,
  ): Promise<SiteOutcome> {
    const range = rangeOf(index, size);
    const { exchange } = request;
    const fields = exchange.request.headers.without(...conditionFields).with('range', range);
    const head = { ...exchange.request, method: 'GET', headers: fields };
    const copy = request.withExchange(new ChangedExchange(exchange, head, emptyBody));
    copy.method = 'GET';
    copy.sliceRange = range;
    copy.isAmongPieces = !isFirst;
    const suffix = isInKey ? ` ${name}` : ` ${range} ${name}`;
    const outcome = await (name === undefined ? cached.handleOwnPiece(copy) : cached.handle(copy, true, suffix));
    request.cacheStatus = copy.cacheStatus;
    request.attempts = copy.attempts;
    request.stickyCookie ??= copy.stickyCookie;
    request.isKept = copy.isKept;
    return outcome;
  }

  async function firstPiece(request: SiteRequest, index: number, state: SliceState): Promise<SiteOutcome> {
    try {
      return await pieceAt(request, index, state, state.isNew);
    } finally {
      state.settle(request.isKept);
    }
  }

  /** Whether all pieces from one byte to another are kept, besides one. */
  async function areKept(
    request: SiteRequest,
    { from, to }: SlicedBody,
    besides: number,
    state: SliceState,
  ): Promise<boolean> {
    for (let index = Math.floor(from / size); index * size < to; index++) {
      if (index === besides) continue;
      const outcome = await pieceAt(request, index, state, false);
      if ('body' in outcome) cancelReply(outcome);
      if (!pieceOf(outcome, index, size)) return false;
    }
    return true;
  }

  return async (request) => {
    const { method, exchange } = request;
    if (method !== 'GET' && method !== 'HEAD') return cached.handle(request);
    if (exchange.isWebSocket || exchange.hasUpgrade) return content(request);
    const { headers } = exchange.request;
    const traits = traitsOf(headers);
    if (cached.passes(request, traits)) return cached.handle(request);
    const wish = plan.rules === 'rfc' && (traits & trait.wish) !== 0 ? cacheWish(headers) : noWish;
    const key = cached.keyOf(request);
    const state = wish.onlyIfCached ? await states.find(key) : await states.of(key, request, wish.noStore);
    if (!state) return statusOutcome(504);
    const index = Math.floor(firstByte(headers.get('range')) / size);
    const first = await firstPiece(request, index, state);
    if (!('headers' in first) || !('status' in first) || first.status !== 206) return first;
    const piece = pieceOf(first, index, size);
    if (!piece) {
      cancelReply(first);
      throw new PeerError('upstream-response-invalid', `What came is not the piece ${rangeOf(index, size)}`);
    }
    let sliced: SlicedBody | undefined;
    const outcome = answerOf(
      request,
      {
        status: 200,
        reason: '',
        headers: first.headers.without('content-range', 'content-length'),
        length: piece.total,
        body: (from = 0, to = piece.total) => {
          sliced = new SlicedBody(piece, size, from, to, {
            fetch: (index) => pieceAt(request, index, state, false),
            isKept: () => keptStatuses.has(request.cacheStatus),
            forget: () => void states.forget(key, state),
            broken: (message) => request.log('error', message),
          });
          return sliced;
        },
        release: () => cancelReply(first),
        canRepeat: false,
      },
      traits,
      rules,
    );
    if (!sliced || !wish.onlyIfCached || (await areKept(request, sliced, index, state))) return outcome;
    void sliced.return();
    return statusOutcome(504);
  };
}

function rangeOf(index: number, size: number): string {
  return `bytes=${index * size}-${index * size + size - 1}`;
}

/** Where a request's only range begins; 0 where it has none. */
function firstByte(range: string | undefined): number {
  const start = /^bytes= *(\d{1,15}) *-[ \d]*$/i.exec(range ?? '')?.[1];
  return start === undefined ? 0 : Number(start);
}

/** Undefined for an answer that is not the piece that was asked for. */
function pieceOf(outcome: SiteOutcome, index: number, size: number): Piece | undefined {
  if (!('headers' in outcome) || !('status' in outcome) || outcome.status !== 206) return undefined;
  const range = pieceRangeOf(outcome.headers, rangeOf(index, size));
  return range && { reply: outcome, ...range };
}

interface PieceSource {
  fetch(index: number): Promise<SiteOutcome>;
  /** Whether what was fetched last came out of the cache. */
  isKept(): boolean;
  /** What is kept does not go together. */
  forget(): void;
  broken(message: string): void;
}

/** Bytes `from` to `to` of a whole that comes in pieces; the first one that is needed may be at hand. */
class SlicedBody implements AsyncIterable<Uint8Array>, AsyncIterator<Uint8Array, undefined> {
  readonly #first: Piece;
  readonly #size: number;
  readonly from: number;
  readonly to: number;
  readonly #source: PieceSource;
  #at: number;
  #isFirstUsed = false;
  #isOver = false;
  #current: AsyncIterator<Uint8Array, unknown> | undefined;
  /** Where the piece that is read goes on, and where it ends. */
  #offset = 0;
  #end = 0;

  constructor(first: Piece, size: number, from: number, to: number, source: PieceSource) {
    this.#first = first;
    this.#size = size;
    this.from = from;
    this.to = to;
    this.#at = from;
    this.#source = source;
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    while (!this.#isOver && this.#at < this.to) {
      if (!this.#current) {
        const opened = await this.#open();
        if (this.#isOver) {
          void opened.return?.();
          break;
        }
        this.#current = opened;
      }
      const result = await this.#current.next();
      if (this.#isOver) break;
      if (result.done) {
        this.#current = undefined;
        if (this.#at % this.#size !== 0) throw this.#unfit('a piece is shorter than it was said to be');
        continue;
      }
      if (this.#offset + result.value.length > this.#end) {
        void this.return();
        throw this.#unfit('a piece is longer than it was said to be');
      }
      const from = Math.max(0, this.#at - this.#offset);
      const bytes = result.value.subarray(from, this.to - this.#offset);
      this.#offset += result.value.length;
      if (bytes.length === 0) continue;
      this.#at += bytes.length;
      return { done: false, value: bytes };
    }
    return this.return();
  }

  return(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (!this.#isOver) {
      this.#isOver = true;
      void this.#current?.return?.();
      if (!this.#isFirstUsed) cancelReply(this.#first.reply);
    }
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #open(): Promise<AsyncIterator<Uint8Array, unknown>> {
    const index = Math.floor(this.#at / this.#size);
    this.#offset = index * this.#size;
    this.#end = Math.min(this.#offset + this.#size, this.#first.total);
    if (this.#first.start === this.#offset && !this.#isFirstUsed) {
      this.#isFirstUsed = true;
      return iteratorOf(this.#first.reply.body);
    }
    const outcome = await this.#source.fetch(index);
    const piece = pieceOf(outcome, index, this.#size);
    if (piece?.total === this.#first.total && tagOf(piece) === tagOf(this.#first)) return iteratorOf(piece.reply.body);
    if ('body' in outcome) cancelReply(outcome);
    if (piece || isPastEnd(outcome)) throw this.#unfit('the resource has changed between two pieces');
    // What one request makes of it must not cost the others what is kept.
    if (this.#source.isKept()) throw this.#unfit('what is kept is no piece of it');
    throw this.#broken('what came is no piece of it');
  }

  #unfit(why: string): PeerError {
    this.#source.forget();
    return this.#broken(why);
  }

  #broken(why: string): PeerError {
    const message = `Cannot put an answer together: ${why}`;
    this.#source.broken(message);
    return new PeerError('upstream-incomplete', message);
  }
}

/** The resource has become so short that there is nothing of the piece. */
function isPastEnd(outcome: SiteOutcome): boolean {
  return 'status' in outcome && outcome.status === 416;
}

function tagOf({ reply: { headers } }: Piece): string {
  return headers.get('etag') ?? headers.get('last-modified') ?? '';
}

function iteratorOf(body: Body): AsyncIterator<Uint8Array, unknown> {
  return body instanceof Uint8Array ? once(body) : body[Symbol.asyncIterator]();
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, undefined> {
  if (bytes.length > 0) yield bytes;
}
