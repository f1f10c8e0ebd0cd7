import type { CacheStore } from '../../cache/cache-store.ts';
import { conditionFields } from '../../cache/policy/validation.ts';
import { type Body, emptyBody } from '../../core/body.ts';
import { PeerError } from '../../core/errors.ts';
import type { Reply } from '../../core/reply.ts';
import { ChangedExchange } from '../content/changed-exchange.ts';
import type { SiteOutcome } from '../outcome.ts';
import type { CacheSettings } from '../plan/cache-plan.ts';
import type { Settings } from '../plan/settings.ts';
import { cancelReply } from '../reply/content-change.ts';
import type { SiteRequest } from '../site-request.ts';
import type { Content } from '../steps.ts';
import type { CachedContent } from './cached-content.ts';
import { type ContentRange, contentRangeOf } from './content-range.ts';
import { answerOf, answerRules } from './representation.ts';
import { traitsOf } from './request-traits.ts';
import { type SliceState, SliceStates } from './slice-states.ts';

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

  async function pieceAt(request: SiteRequest, index: number, { name }: SliceState): Promise<SiteOutcome> {
    const range = `bytes=${index * size}-${index * size + size - 1}`;
    const { exchange } = request;
    const fields = exchange.request.headers.without(...conditionFields).with('range', range);
    const head = { ...exchange.request, method: 'GET', headers: fields };
    const copy = request.withExchange(new ChangedExchange(exchange, head, emptyBody));
    copy.method = 'GET';
    copy.sliceRange = range;
    const outcome = await cached.handle(copy, true, isInKey ? ` ${name}` : ` ${range} ${name}`);
    request.cacheStatus = copy.cacheStatus;
    request.attempts = copy.attempts;
    request.stickyCookie ??= copy.stickyCookie;
    request.isKept = copy.isKept;
    return outcome;
  }

  async function firstPiece(request: SiteRequest, index: number, state: SliceState): Promise<SiteOutcome> {
    try {
      return await pieceAt(request, index, state);
    } finally {
      state.settle(request.isKept);
    }
  }

  return async (request) => {
    const { method, exchange } = request;
    if (method !== 'GET' && method !== 'HEAD') return cached.handle(request);
    if (exchange.isWebSocket || exchange.hasUpgrade) return content(request);
    const { headers } = exchange.request;
    const key = cached.keyOf(request);
    const state = await states.of(key, request);
    const first = await firstPiece(request, Math.floor(firstByte(headers.get('range')) / size), state);
    if (!('headers' in first) || !('status' in first)) return first;
    const piece = pieceOf(first, size);
    if (!piece) return first;
    const { total } = piece;
    const fields = first.headers.without('content-range', 'content-length');
    const body = (from = 0, to = total): Body =>
      new SlicedBody(piece, size, from, to, {
        fetch: (index) => pieceAt(request, index, state),
        broken: (message) => {
          states.forget(key);
          request.log('error', message);
        },
      });
    return answerOf(
      request,
      {
        status: 200,
        reason: '',
        headers: fields,
        length: total,
        body,
        release: () => cancelReply(first),
        canRepeat: false,
      },
      traitsOf(headers),
      rules,
    );
  };
}

/** Where a request's only range begins; 0 where it has none. */
function firstByte(range: string | undefined): number {
  const start = /^bytes= *(\d{1,15}) *-[ \d]*$/i.exec(range ?? '')?.[1];
  return start === undefined ? 0 : Number(start);
}

/** Undefined for an answer that is no piece as it was asked for. */
function pieceOf(reply: Reply, size: number): Piece | undefined {
  if (reply.status !== 206) return undefined;
  const range = contentRangeOf(reply.headers);
  if (!range || range.start % size !== 0 || range.end !== Math.min(range.start + size, range.total)) return undefined;
  return { reply, ...range };
}

interface PieceSource {
  fetch(index: number): Promise<SiteOutcome>;
  /** What is kept does not go together. */
  broken(message: string): void;
}

/** Bytes `from` to `to` of a whole that comes in pieces; the first one that is needed may be at hand. */
class SlicedBody implements AsyncIterable<Uint8Array>, AsyncIterator<Uint8Array, undefined> {
  readonly #first: Piece;
  readonly #size: number;
  readonly #to: number;
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
    this.#at = from;
    this.#to = to;
    this.#source = source;
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    while (!this.#isOver && this.#at < this.#to) {
      this.#current ??= await this.#open();
      const result = await this.#current.next();
      if (result.done) {
        this.#current = undefined;
        if (this.#at % this.#size !== 0) throw this.#broken('a piece is shorter than it was said to be');
        continue;
      }
      if (this.#offset + result.value.length > this.#end) {
        void this.return();
        throw this.#broken('a piece is longer than it was said to be');
      }
      const from = Math.max(0, this.#at - this.#offset);
      const bytes = result.value.subarray(from, this.#to - this.#offset);
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
    const piece = 'headers' in outcome && 'status' in outcome ? pieceOf(outcome, this.#size) : undefined;
    const isSame =
      piece?.start === this.#offset && piece.total === this.#first.total && tagOf(piece) === tagOf(this.#first);
    if (!piece || !isSame) {
      if ('body' in outcome) cancelReply(outcome);
      throw this.#broken(piece ? 'the resource has changed between two pieces' : 'what came is no piece of it');
    }
    return iteratorOf(piece.reply.body);
  }

  #broken(why: string): PeerError {
    const message = `Cannot put an answer together: ${why}`;
    this.#source.broken(message);
    return new PeerError('upstream-incomplete', message);
  }
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
