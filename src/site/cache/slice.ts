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
import { answerOf, answerRules } from './representation.ts';
import { traitsOf } from './request-traits.ts';

/** One piece as it came. */
interface Piece {
  readonly reply: Reply;
  readonly start: number;
  /** Not counted. */
  readonly end: number;
  /** Bytes of the whole. */
  readonly total: number;
}

/**
 * nginx's `slice`: large answers are asked for and kept in pieces of one size, each at a multiple of it, and put together for whoever asks for
 * all of it or for a range. The pieces of another state of the resource end an answer that is on its way. What does not come in pieces is
 * given as it is.
 */
export function createSlices(
  cached: CachedContent,
  content: Content,
  plan: CacheSettings,
  settings: Settings,
): Content {
  const size = plan.sliceSize ?? 0;
  // Where the key does not name the range itself, it is put behind it.
  const isInKey = plan.key !== undefined && /\$\{?slice_range\b/.test(plan.key);
  const rules = { ...answerRules(plan.rules, settings), isRangeable: () => true };

  async function pieceAt(request: SiteRequest, index: number): Promise<SiteOutcome> {
    const range = `bytes=${index * size}-${index * size + size - 1}`;
    const { exchange } = request;
    const fields = exchange.request.headers.without(...conditionFields).with('range', range);
    const head = { ...exchange.request, method: 'GET', headers: fields };
    const copy = request.withExchange(new ChangedExchange(exchange, head, emptyBody));
    copy.method = 'GET';
    copy.sliceRange = range;
    const outcome = await cached.handle(copy, true, isInKey ? '' : ` ${range}`);
    request.cacheStatus = copy.cacheStatus;
    request.attempts = copy.attempts;
    return outcome;
  }

  return async (request) => {
    const { method, exchange } = request;
    if (method !== 'GET' && method !== 'HEAD') return cached.handle(request);
    if (exchange.isWebSocket || exchange.hasUpgrade) return content(request);
    const { headers } = exchange.request;
    const first = await pieceAt(request, Math.floor(firstByte(headers.get('range')) / size));
    if (!('headers' in first) || !('status' in first)) return first;
    const piece = pieceOf(first, size);
    if (!piece) return first;
    const { total } = piece;
    const fields = first.headers.without('content-range', 'content-length');
    const body = (from = 0, to = total): Body =>
      new SlicedBody(request, piece, size, from, to, (index) => pieceAt(request, index));
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
  const [, first, last, all] =
    /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/.exec(reply.headers.get('content-range') ?? '') ?? [];
  const start = Number(first);
  const end = Number(last) + 1;
  const total = Number(all);
  if (all === undefined || start % size !== 0 || end !== Math.min(start + size, total)) return undefined;
  return { reply, start, end, total };
}

/** Bytes `from` to `to` of a whole that comes in pieces; the first one that is needed may be at hand. */
class SlicedBody implements AsyncIterable<Uint8Array>, AsyncIterator<Uint8Array, undefined> {
  readonly #request: SiteRequest;
  readonly #first: Piece;
  readonly #size: number;
  readonly #to: number;
  readonly #fetch: (index: number) => Promise<SiteOutcome>;
  #at: number;
  #isFirstUsed = false;
  #isOver = false;
  #current: AsyncIterator<Uint8Array, unknown> | undefined;
  /** Where the piece that is read begins. */
  #offset = 0;

  constructor(
    request: SiteRequest,
    first: Piece,
    size: number,
    from: number,
    to: number,
    fetch: (index: number) => Promise<SiteOutcome>,
  ) {
    this.#request = request;
    this.#first = first;
    this.#size = size;
    this.#at = from;
    this.#to = to;
    this.#fetch = fetch;
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
    if (this.#first.start === this.#offset && !this.#isFirstUsed) {
      this.#isFirstUsed = true;
      return iteratorOf(this.#first.reply.body);
    }
    const outcome = await this.#fetch(index);
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
    this.#request.log('error', message);
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
