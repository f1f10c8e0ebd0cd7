import type { CacheEntry, CacheLock, CachePurgeRequest, CacheStore } from '../../cache/cache-store.ts';
import type { CachePolicy } from '../../cache/policy/policy.ts';
import { type CacheWish, cacheWish, isReusable, noWish, takesStale } from '../../cache/policy/reuse.ts';
import { freshened, isSameByHead, mayChange } from '../../cache/policy/validation.ts';
import { matchesVary } from '../../cache/policy/vary.ts';
import { PeerError } from '../../core/errors.ts';
import type { ForwardReason } from '../../http/cache-status.ts';
import type { CacheSettings } from '../../plan/cache-plan.ts';
import type { Settings } from '../../plan/settings.ts';
import type { CompileContext } from '../compile-context.ts';
import { type SiteOutcome, statusOutcome } from '../outcome.ts';
import type { SiteRequest } from '../site-request.ts';
import type { Content } from '../steps.ts';
import type { CompiledTemplate } from '../variables/template.ts';
import { compileKey, type KeyOf, keyMark } from './cache-key.ts';
import { type CacheParts, fetchAnswer, isSet, type Miss, releaseBody } from './fetch.ts';
import { invalidateBy } from './invalidate.ts';
import { type KnownMisses, knownMissesOf, knownMissOf } from './known-misses.ts';
import { createPurge } from './purge.ts';
import { answerRules } from './representation.ts';
import { trait, traitsOf } from './request-traits.ts';
import { createSlices } from './slice.ts';
import { StoredAnswers } from './stored-answers.ts';

type Later<T> = T | Promise<T>;

/** How the range of a piece begins. */
const pieceStart = 'bytes=';

/** A request on its way through the cache. */
interface Lookup {
  readonly request: SiteRequest;
  readonly key: string;
  readonly traits: number;
  readonly wish: CacheWish;
  /** For which it has waited, since the first of them began: milliseconds since 1970, 0 where it has not. */
  readonly waitedSince: number;
}

/**
 * Puts a cache in front of the content of a location. What is fresh there is given without a promise where the store needs none. The content
 * itself where the settings have no cache. `scope`: see KeyOptions. Throws PlanError.
 */
export function createCachedContent(
  content: Content,
  settings: Settings,
  compile: CompileContext,
  store: CacheStore,
  scope = '',
): Content {
  const plan = settings.cache;
  if (!plan) return content;
  const cached = new CachedContent(content, plan, settings, compile, store, scope);
  if (plan.sliceSize !== undefined) return createSlices(cached, content, plan, settings, store);
  return (request) => cached.handle(request);
}

/** The cache of a location. */
export class CachedContent {
  readonly #parts: CacheParts;
  readonly #plan: CacheSettings;
  readonly #store: CacheStore;
  readonly #content: Content;
  readonly #answers: StoredAnswers;
  readonly #knownMisses: KnownMisses;
  readonly #keyOf: KeyOf;
  readonly #bypass: readonly CompiledTemplate[];
  readonly #methods: ReadonlySet<string>;
  readonly #isRfc: boolean;
  readonly #purge: ReturnType<typeof createPurge> | undefined;

  constructor(
    content: Content,
    plan: CacheSettings,
    settings: Settings,
    compile: CompileContext,
    store: CacheStore,
    scope: string,
  ) {
    const policy: CachePolicy = {
      rules: plan.rules,
      valid: plan.valid,
      ignoredFields: plan.ignoredFields,
      keepsParts: plan.sliceSize !== undefined,
    };
    const isRfc = plan.rules === 'rfc';
    const options = { ...answerRules(plan.rules, settings), tellsAge: isRfc, tellsStatus: plan.tellsStatus };
    const answers = new StoredAnswers(options);
    const noStore = plan.noStore.map((template) => compile.template(template));
    const { bufferSize, maxTempFileSize, tempFolder } = settings.proxy;
    const readAhead = { memory: bufferSize, file: maxTempFileSize, folder: tempFolder };
    const knownMisses = knownMissesOf(store);
    this.#knownMisses = knownMisses;
    this.#parts = { content, store, plan, policy, noStore, answers, options, knownMisses, readAhead };
    this.#plan = plan;
    this.#store = store;
    this.#content = content;
    this.#answers = answers;
    // Where the client's host is told to the upstream, an answer may depend on it.
    this.#keyOf = compileKey(plan.key, compile, { scope, isByTarget: !isRfc && settings.proxy.host === 'target' });
    this.#bypass = plan.bypass.map((template) => compile.template(template));
    this.#methods = new Set(['GET', 'HEAD', ...plan.methods]);
    this.#isRfc = isRfc;
    this.#purge = plan.purge && createPurge(plan.purge, store);
  }

  /** `isPiece`: the range of the request is all that is wanted, and kept by itself; `suffix` tells it from others. */
  handle(request: SiteRequest, isPiece = false, suffix = ''): Later<SiteOutcome> {
    const { exchange, method } = request;
    if (this.#purge && method === this.#plan.purge?.method) return this.#purge(request, this.#purged(request));
    if (exchange.isWebSocket || exchange.hasUpgrade || exchange.handshakeRefusal) return this.#content(request);
    if (!this.#methods.has(method)) return this.#passUnsafe(request);
    const found = traitsOf(exchange.request.headers);
    const traits = isPiece ? found & trait.wish : found;
    const key = this.#keyOf(request) + suffix;
    const wish = this.#isRfc && (traits & trait.wish) !== 0 ? cacheWish(exchange.request.headers) : noWish;
    const lookup: Lookup = { request, key, traits, wish, waitedSince: 0 };
    if (this.passes(request, traits)) return this.#pass(lookup, isPiece);
    if (this.#bypass.length > 0 && this.#bypass.some((template) => isSet(template.evaluate(request)))) {
      request.cacheStatus = 'BYPASS';
      return this.#fetch(lookup, [], { why: 'bypass', keepsConditions: isPiece });
    }
    const entries = this.#store.find(key);
    if (entries instanceof Promise) return entries.then((late) => this.#found(lookup, late, isPiece));
    return this.#found(lookup, entries, isPiece);
  }

  /** Whether the answer to a request with these traits is for it alone. */
  passes(request: SiteRequest, traits: number): boolean {
    return this.#isRfc && (hasBody(request) || (traits & trait.methodOverride) !== 0);
  }

  /** A piece that is for one request alone: nothing of it is kept. */
  handleOwnPiece(request: SiteRequest): Promise<SiteOutcome> {
    request.cacheStatus = 'MISS';
    const lookup: Lookup = { request, key: this.#keyOf(request), traits: 0, wish: noWish, waitedSince: 0 };
    return this.#fetch(lookup, [], { why: 'uri-miss', isForAll: false, keepsConditions: true });
  }

  #found(lookup: Lookup, entries: readonly CacheEntry[], isPiece: boolean): Later<SiteOutcome> {
    const { request, key, traits, wish, waitedSince } = lookup;
    const { headers } = request.exchange.request;
    const entry = entries.find(({ head }) => head.vary.length === 0 || matchesVary(head.vary, headers));
    const now = request.services.now();
    const isCollapsed = waitedSince > 0;
    if (entry) {
      const age = this.#answers.ageOf(entry.head, now);
      if (isReusable(entry.head, wish, now, age)) {
        request.cacheStatus = entry.head.freshUntil > now ? 'HIT' : 'STALE';
        const times = { now, age, traits };
        const how = isCollapsed ? ({ forward: 'uri-miss', isCollapsed } as const) : undefined;
        const answer = this.#answers.answer(request, entry, times, how);
        if (answer) return answer;
        return this.#found(
          lookup,
          entries.filter((each) => each !== entry),
          isPiece,
        );
      }
    }
    if (wish.onlyIfCached) return statusOutcome(504);
    request.cacheStatus = entry ? 'EXPIRED' : 'MISS';
    const why = reasonOf(entries, entry, now);
    const isHead = request.method === 'HEAD' && !this.#plan.convertsHead;
    if (isHead) return this.#passHead(lookup, entry);
    const mayLock = entry !== undefined || (this.#plan.lock && !this.#knownMisses.has(knownMissOf(key, request), now));
    const lock = mayLock && !wish.noStore ? onceReleased(this.#store.lock(key, this.#plan.lockAgeMs)) : undefined;
    if (entry) {
      const stale = this.#staleWhileUpdating(lookup, entry, lock, now, isPiece);
      if (stale) return stale;
    }
    const waits = mayLock && !lock && !wish.noStore && this.#plan.lock && (this.#isRfc || !entry);
    if (waits) return this.#wait(lookup, entries, entry, isPiece);
    return this.#fetch(lookup, entries, { entry, why, lock, keepsConditions: isPiece, isCollapsed: false });
  }

  /** What is stale while somebody fetches it anew: another request, or nobody's (RFC 5861 §3). */
  #staleWhileUpdating(
    { request, key, traits, wish }: Lookup,
    entry: CacheEntry,
    lock: CacheLock | undefined,
    now: number,
    isPiece: boolean,
  ): SiteOutcome | undefined {
    const { backgroundUpdate, useStale } = this.#plan;
    const { head } = entry;
    if (!takesStale(head, wish, now)) return undefined;
    const isUpdatingAllowed = useStale.includes('updating');
    // RFC 5861 §3
    const isSaid = now < head.staleWhileRevalidateUntil;
    // An RFC 9111 cache gives what is stale only where the answer says so; that others are fetching is reason enough to give it to the rest.
    const mayBegin = backgroundUpdate && (isSaid || (isUpdatingAllowed && !this.#isRfc));
    if (lock ? !mayBegin : !isSaid && !isUpdatingAllowed) return undefined;
    const times = { now, age: this.#answers.ageOf(head, now), traits };
    const answer = this.#answers.answer(request, entry, times, { forward: undefined, detail: 'updating' });
    if (!answer) return undefined;
    request.cacheStatus = lock ? 'STALE' : 'UPDATING';
    if (lock) this.#update(request, key, entry, lock, isPiece);
    return answer;
  }

  /** Fetches what is stale, with nobody waiting for it. */
  #update(request: SiteRequest, key: string, entry: CacheEntry, lock: CacheLock, isPiece: boolean): void {
    const copy = request.withExchange(request.exchange);
    copy.cacheStatus = 'EXPIRED';
    const miss: Miss = {
      ...{ key, entry, lock, entries: [entry], why: 'stale', traits: 0, isForAll: true },
      ...{ keepsConditions: isPiece, isBackground: true, isCollapsed: false },
    };
    fetchAnswer(this.#parts, copy, miss).then(
      (outcome) => {
        if ('body' in outcome) releaseBody(outcome.body);
      },
      (error: Error) => request.log('error', `background update failed: ${error.message}`),
    );
  }

  /** Another request fetches the answer. */
  async #wait(
    lookup: Lookup,
    entries: readonly CacheEntry[],
    entry: CacheEntry | undefined,
    isPiece: boolean,
  ): Promise<SiteOutcome> {
    const { request, key } = lookup;
    const { lockTimeoutMs, lockAgeMs } = this.#plan;
    const since = lookup.waitedSince || request.services.now();
    const left = since + lockTimeoutMs - request.services.now();
    let isGone = false;
    request.exchange.onAbort(() => {
      isGone = true;
    });
    if (left > 0) {
      // When the lock has become too old, one of those that wait gets it.
      const isFree = await this.#store.unlocked(key, Math.min(left, lockAgeMs));
      if (isGone) throw new PeerError('client-closed', 'The client left while another request fetched the answer');
      if (isFree || lockAgeMs < left) {
        return this.#found({ ...lookup, waitedSince: since }, await this.#store.find(key), isPiece);
      }
    }
    const why = reasonOf(entries, entry, request.services.now());
    // As nginx: what is fetched beside the one who holds the lock is not kept.
    return this.#fetch(lookup, entries, { entry, why, isForAll: false, keepsConditions: isPiece });
  }

  #fetch(lookup: Lookup, entries: readonly CacheEntry[], how: Partial<Miss> & Pick<Miss, 'why'>): Promise<SiteOutcome> {
    const { request, key, traits, wish } = lookup;
    const { minUses } = this.#plan;
    // How often pieces are asked for is counted for all of them together.
    const isOften =
      minUses <= 1 || how.entry !== undefined || how.keepsConditions === true || this.#store.countUse(key) >= minUses;
    // Nobody waits for it; the client's own conditions and range go along, so that the answer is for it alone.
    const asksForPart = (traits & (trait.condition | trait.range)) !== 0;
    const isOwn = asksForPart && !how.entry && this.#knownMisses.has(knownMissOf(key, request), request.services.now());
    const isForAll = isOften && !isOwn && !wish.noStore && this.#isNearStart(request, traits) && how.isForAll !== false;
    return fetchAnswer(this.#parts, request, {
      ...{ entry: undefined, lock: undefined, keepsConditions: false, isBackground: false, isCollapsed: false },
      ...{ ...how, key, entries, traits, isForAll },
    });
  }

  /** Whether what a range asks for begins so near to the start that all of it is fetched; nginx's `proxy_cache_max_range_offset`. */
  #isNearStart({ exchange }: SiteRequest, traits: number): boolean {
    const { maxRangeOffset } = this.#plan;
    if (maxRangeOffset === undefined || (traits & trait.range) === 0) return true;
    const range = exchange.request.headers.get('range');
    if (range === undefined) return true;
    const start = /^bytes= *(\d+)-/i.exec(range)?.[1];
    return start !== undefined && Number(start) < maxRangeOffset;
  }

  /** A request whose answer is for itself alone. */
  #pass(lookup: Lookup, isPiece: boolean): Promise<SiteOutcome> {
    lookup.request.cacheStatus = 'BYPASS';
    return this.#fetch(lookup, [], { why: 'bypass', isForAll: false, keepsConditions: isPiece });
  }

  /** A HEAD goes on as one: what it says of a kept answer is heeded (RFC 9111 §4.3.5). */
  async #passHead({ request, key, traits }: Lookup, entry: CacheEntry | undefined): Promise<SiteOutcome> {
    const requestedAt = request.services.now();
    const outcome = await this.#content(request);
    const isAboutEntry = entry && this.#isRfc && (traits & (trait.condition | trait.range)) === 0;
    if (!isAboutEntry || !('headers' in outcome) || !('status' in outcome) || outcome.status !== entry.head.status)
      return outcome;
    const { status, headers } = outcome;
    const { headers: asked } = request.exchange.request;
    const { policy } = this.#parts;
    if (!mayChange(asked, headers, policy)) return outcome;
    if (!isSameByHead(entry.head, entry.length, headers)) {
      this.#store.remove(key, entry);
      return outcome;
    }
    const answer = { status, reason: entry.head.reason, headers, requestedAt, respondedAt: request.services.now() };
    const { head, stored } = freshened(entry.head, asked, answer, policy);
    if (stored === 'kept') await this.#store.update(key, entry, head);
    else this.#store.remove(key, entry);
    return outcome;
  }

  #passUnsafe(request: SiteRequest): Later<SiteOutcome> {
    const outcome = this.#content(request);
    if (!this.#isRfc) return outcome;
    if (!(outcome instanceof Promise)) return this.#invalidated(request, outcome);
    return outcome.then((late) => this.#invalidated(request, late));
  }

  #invalidated(request: SiteRequest, outcome: SiteOutcome): SiteOutcome {
    invalidateBy(request, outcome, (get) => this.#store.remove(this.keyOf(get)));
    return outcome;
  }

  /** What a client removes: all keys that begin with its own where it ends with `*`, as nginx's commercial version has it. */
  #purged(request: SiteRequest): CachePurgeRequest {
    const key = this.#keyOf(request);
    const url = this.#plan.key === undefined ? key.split(keyMark, 1)[0] : key;
    if (url?.endsWith('*')) return { kind: 'prefix', value: url.slice(0, -1) };
    return { kind: this.#plan.sliceSize === undefined ? 'key' : 'prefix', value: this.keyOf(request) };
  }

  /** What the answer to a request is kept under; where it is in pieces, with what their keys begin. */
  keyOf(request: SiteRequest): string {
    if (this.#plan.sliceSize === undefined) return this.#keyOf(request);
    request.sliceRange = pieceStart;
    const key = this.#keyOf(request);
    request.sliceRange = undefined;
    return key.endsWith(pieceStart) ? key : `${key} ${pieceStart}`;
  }
}

function reasonOf(entries: readonly CacheEntry[], entry: CacheEntry | undefined, now: number): ForwardReason {
  if (!entry) return entries.length === 0 ? 'uri-miss' : 'vary-miss';
  return entry.head.freshUntil > now && entry.head.mustRevalidate !== 'always' ? 'request' : 'stale';
}

function hasBody({ exchange: { body } }: SiteRequest): boolean {
  return !(body instanceof Uint8Array) || body.length > 0;
}

/** So that a second release does not end the lock of another one. */
function onceReleased(lock: CacheLock | undefined): CacheLock | undefined {
  if (!lock) return undefined;
  let isHeld = true;
  return {
    release: () => {
      if (isHeld) lock.release();
      isHeld = false;
    },
  };
}
