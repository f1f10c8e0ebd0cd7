import type { CacheEntry, CacheLock, CacheStore, CacheWriter } from '../../cache/cache-store.ts';
import type { CachePolicy, FetchedAnswer } from '../../cache/policy/policy.ts';
import { mayReplaceFailure } from '../../cache/policy/reuse.ts';
import { isRequestFault } from '../../cache/policy/rfc-freshness.ts';
import { storedHeadOf } from '../../cache/policy/stored-head.ts';
import {
  conditionFields,
  freshened,
  mayChange,
  validationFields,
  variantFields,
  variantOf,
} from '../../cache/policy/validation.ts';
import type { Body } from '../../core/body.ts';
import { PeerError } from '../../core/errors.ts';
import type { HeaderList } from '../../core/headers.ts';
import type { Reply } from '../../core/reply.ts';
import { cacheStatusMember, type ForwardReason } from '../../http/cache-status.ts';
import { reasonPhrase } from '../../http/status.ts';
import type { CacheSettings } from '../../plan/cache-plan.ts';
import type { SiteOutcome } from '../outcome.ts';
import { ReadAhead, type ReadAheadOptions } from '../proxy/read-ahead.ts';
import { cancelReply } from '../reply/content-change.ts';
import type { SiteRequest } from '../site-request.ts';
import type { Content } from '../steps.ts';
import type { CompiledTemplate } from '../variables/template.ts';
import { pieceRangeOf } from './content-range.ts';
import { FetchExchange } from './fetch-exchange.ts';
import { KeptBody } from './kept-body.ts';
import { type KnownMisses, knownMissOf } from './known-misses.ts';
import { PartBody } from './part-body.ts';
import { answerOf, type Representation } from './representation.ts';
import type { StoredAnswerOptions, StoredAnswers } from './stored-answers.ts';

/** What a location's cache is made of. */
export interface CacheParts {
  readonly content: Content;
  readonly store: CacheStore;
  readonly plan: CacheSettings;
  readonly policy: CachePolicy;
  readonly noStore: readonly CompiledTemplate[];
  readonly answers: StoredAnswers;
  readonly options: StoredAnswerOptions;
  readonly knownMisses: KnownMisses;
  /** How what goes into the store is read ahead of its client, since others may wait for it. */
  readonly readAhead: Omit<ReadAheadOptions, 'failed' | 'spills'>;
}

/** One request that the cache has nothing for. */
export interface Miss {
  readonly key: string;
  readonly why: ForwardReason;
  /** Of the key's answers. */
  readonly entries: readonly CacheEntry[];
  /** The one of them that the request would get if it were fresh. */
  readonly entry: CacheEntry | undefined;
  readonly traits: number;
  /** The answer is kept if it may be; else the client's own conditions and ranges go along. */
  readonly isForAll: boolean;
  /** The client asks with its own conditions and ranges, also for what is kept then. */
  readonly keepsConditions: boolean;
  readonly lock: CacheLock | undefined;
  /** Nobody waits for the answer. */
  readonly isBackground: boolean;
  readonly isCollapsed: boolean;
}

/** Asks the content of a location for an answer, keeps it where it may be kept, and gives what the request gets of it. */
export async function fetchAnswer(parts: CacheParts, request: SiteRequest, miss: Miss): Promise<SiteOutcome> {
  try {
    return await new Fetch(parts, request, miss).run();
  } catch (error) {
    miss.lock?.release();
    throw error;
  }
}

class Fetch {
  readonly #parts: CacheParts;
  readonly #request: SiteRequest;
  readonly #miss: Miss;
  /** What asks whether something that is kept still holds. */
  #validation: ReturnType<typeof validationFields> = [];
  /** See CacheStore. */
  #begunAt = 0;

  constructor(parts: CacheParts, request: SiteRequest, miss: Miss) {
    this.#parts = parts;
    this.#request = request;
    this.#miss = miss;
    const { revalidate, rules } = parts.plan;
    const { entry, entries, isForAll, keepsConditions } = miss;
    if (!revalidate || !isForAll || keepsConditions) return;
    if (entry) this.#validation = validationFields(entry.head);
    else if (rules === 'rfc') this.#validation = variantFields(entries.map(({ head }) => head));
  }

  async run(): Promise<SiteOutcome> {
    const { content, plan } = this.#parts;
    const request = this.#request;
    const fetch = this.#fetchRequest();
    const requestedAt = request.services.now();
    this.#begunAt = this.#parts.store.begin();
    let outcome: SiteOutcome;
    try {
      outcome = await content(fetch);
    } catch (error) {
      this.#takeFrom(fetch);
      const stale = this.#staleFor(conditionOf(error));
      if (!stale) throw error;
      return stale;
    }
    this.#takeFrom(fetch);
    const stale = 'status' in outcome ? this.#staleFor(conditionOf(outcome)) : undefined;
    if (stale) {
      if ('headers' in outcome && 'body' in outcome) cancelReply(outcome);
      return stale;
    }
    if (!('status' in outcome) || 'kind' in outcome) {
      this.#isNotKept(fetch, false);
      return outcome;
    }
    const { status, reason = reasonPhrase(outcome.status), headers } = outcome;
    const answer = { status, reason, headers, requestedAt, respondedAt: request.services.now() };
    if (status === 304 && this.#validation.length > 0) {
      const confirmed = this.#confirmed(fetch, answer);
      if (confirmed) return confirmed;
      // It does not say which one holds, or that one is gone: content is asked as if there were none.
      this.#validation = [];
      return this.run();
    }
    const kept = this.#miss.isForAll && !this.#isNoStore(fetch);
    return this.#answer(fetch, outcome, answer, kept ? plan : undefined);
  }

  /** The request that content gets. */
  #fetchRequest(): SiteRequest {
    const { plan } = this.#parts;
    const { isForAll, keepsConditions, isBackground } = this.#miss;
    const { exchange } = this.#request;
    const head = exchange.request;
    const own = isForAll && !keepsConditions ? head.headers.without(...conditionFields) : head.headers;
    const headers = own.withAll(this.#validation);
    const isGet = isForAll && plan.convertsHead && this.#request.method === 'HEAD';
    const method = isGet ? 'GET' : this.#request.method;
    const changed = { ...head, method: isGet && head.method === 'HEAD' ? 'GET' : head.method, headers };
    const copy = this.#request.withExchange(new FetchExchange(exchange, changed, isBackground));
    copy.method = method;
    copy.cacheStatus = this.#request.cacheStatus;
    return copy;
  }

  /** What became known of the request while content answered it. */
  #takeFrom(fetch: SiteRequest): void {
    if (this.#miss.isBackground) return;
    const request = this.#request;
    request.attempts = fetch.attempts;
    request.isBodySent = fetch.isBodySent;
    request.limitRate ??= fetch.limitRate;
    request.stickyCookie = fetch.stickyCookie;
  }

  #isNoStore(fetch: SiteRequest): boolean {
    return this.#parts.noStore.some((template) => isSet(template.evaluate(fetch)));
  }

  /** A 304: what is kept holds. Undefined where it does not say what. */
  #confirmed(fetch: SiteRequest, answer: FetchedAnswer): SiteOutcome | undefined {
    const { store, policy, answers } = this.#parts;
    const { key, lock, traits } = this.#miss;
    const request = this.#request;
    const entry = this.#miss.entry ?? variantOf(this.#miss.entries, answer.headers);
    if (!entry) return undefined;
    const { head, stored } = freshened(entry.head, fetch.exchange.request.headers, answer, policy);
    const now = answer.respondedAt;
    const fresh: CacheEntry = { head, length: entry.length, body: (from, to) => entry.body(from, to) };
    const times = { now, age: answers.ageOf(head, now), traits };
    const how = { forward: this.#miss.why, forwardStatus: 304, isStored: stored === 'kept' };
    const given = answers.answer(request, fresh, times, how);
    if (!given) return undefined;
    request.cacheStatus = 'REVALIDATED';
    if (stored === 'kept') void Promise.resolve(store.update(key, entry, head)).finally(() => lock?.release());
    else {
      // nginx asks about it again the next time.
      if (stored === 'gone' && policy.rules === 'rfc') store.remove(key, entry);
      lock?.release();
    }
    return given;
  }

  /** What is kept, in place of a failure. */
  #staleFor(condition: string | undefined): SiteOutcome | undefined {
    const { plan, answers } = this.#parts;
    const { entry, lock, traits } = this.#miss;
    const request = this.#request;
    if (condition === undefined || !entry) return undefined;
    const now = request.services.now();
    if (!mayReplaceFailure(entry.head, condition, plan.useStale, now)) return undefined;
    const times = { now, age: answers.ageOf(entry.head, now), traits };
    const answer = answers.answer(request, entry, times, { forward: undefined, detail: condition });
    if (!answer) return undefined;
    lock?.release();
    request.cacheStatus = 'STALE';
    return answer;
  }

  #isNotKept(fetch: SiteRequest, isKnown: boolean): void {
    const { knownMisses } = this.#parts;
    const { key, lock } = this.#miss;
    (fetch.exchange as FetchExchange).follow();
    if (isKnown) knownMisses.add(knownMissOf(key, fetch), fetch.services.now());
    lock?.release();
  }

  #answer(fetch: SiteRequest, reply: Reply, answer: FetchedAnswer, plan: CacheSettings | undefined): SiteOutcome {
    const { store, policy, knownMisses, options } = this.#parts;
    const { key, entry, traits, isForAll, keepsConditions } = this.#miss;
    const isPart = policy.keepsParts && reply.status === 206;
    const part = isPart ? pieceRangeOf(reply.headers, fetch.sliceRange) : undefined;
    const length = part ? part.end - part.start : lengthOf(reply);
    const mayKeep = isPart ? part !== undefined : this.#mayKeepWhole();
    const head =
      plan && fetch.method !== 'HEAD' && mayKeep
        ? storedHeadOf(fetch.exchange.request.headers, answer, policy)
        : undefined;
    const writer = head && store.write(key, head, length, this.#begunAt);
    const headers = this.#headers(reply.headers, writer !== undefined);
    const kept = writer && this.#kept(reply, writer, length);
    if (writer) {
      this.#request.isKept = true;
      knownMisses.delete(knownMissOf(key, fetch));
    } else {
      // The answer to a condition or a range of the client says nothing of the whole.
      const isWhole = answer.status !== 304 && answer.status !== 206;
      const isForbidden = plan !== undefined && head === undefined && (isPart || mayKeep);
      if (isForbidden) this.#request.isKept = false;
      this.#isNotKept(fetch, isForbidden && isWhole && !isRequestFault(answer.status));
      if (plan && entry && isWhole && this.#replaces(fetch, answer)) store.remove(key, entry);
      // What the client asked for was asked for; a cache changes nothing of it. Nor of what is not the answer itself.
      const isAsItIs = !isForAll || keepsConditions || fetch.method === 'HEAD' || headers.has('x-accel-redirect');
      if (isAsItIs) return { ...reply, headers };
    }
    const { body, release } = kept ?? { body: reply.body, release: () => cancelReply(reply) };
    const from: Representation = {
      status: reply.status,
      reason: reply.reason ?? '',
      headers,
      length,
      body: (start = 0, end = length) => bodyPart(body, start, end, length, release),
      release,
      canRepeat: body instanceof Uint8Array,
    };
    const outcome = answerOf(this.#request, from, traits, options);
    const isSame = 'body' in outcome && outcome.body === body;
    // Trailers are there only at the end of the whole.
    return isSame && reply.trailers ? { ...outcome, trailers: reply.trailers } : outcome;
  }

  /** Whether what is kept does not hold any more, though its answer of now is not kept. What refuses one client is no word on what others get. */
  #replaces(fetch: SiteRequest, { status, headers }: FetchedAnswer): boolean {
    const { policy } = this.#parts;
    if (policy.rules !== 'rfc' || (status >= 400 && status !== 404 && status !== 410)) return false;
    return mayChange(fetch.exchange.request.headers, headers, policy);
  }

  /** What is no piece is not kept among pieces: nothing could be put together with it. */
  #mayKeepWhole(): boolean {
    const { entry } = this.#miss;
    return !this.#request.isAmongPieces || (entry !== undefined && entry.head.status !== 206);
  }

  #headers(headers: HeaderList, isStored: boolean): HeaderList {
    const { plan } = this.#parts;
    const { why, isCollapsed } = this.#miss;
    const own = headers.without('x-accel-expires');
    if (!plan.tellsStatus) return own;
    return own.with('cache-status', cacheStatusMember({ forward: why, isStored, isCollapsed }));
  }

  /** The body on its way into the store. `release`: all of it is kept, but nobody reads it any more. */
  #kept(
    { body }: Reply,
    writer: CacheWriter,
    length: number | undefined,
  ): { readonly body: Body; readonly release: () => void } {
    const { lock, isBackground } = this.#miss;
    const { readAhead } = this.#parts;
    if (body instanceof Uint8Array) {
      void keepWhole(writer, body, length)
        .catch(() => writer.abort())
        .finally(() => lock?.release());
      return { body, release: () => {} };
    }
    const kept = new KeptBody(body, writer, length, () => lock?.release());
    if (isBackground) return { body: kept, release: () => kept.finish() };
    const request = this.#request;
    const failed = (error: Error): void => request.log('error', `Cannot keep an answer in a file: ${error.message}`);
    const ahead = new ReadAhead(kept, { ...readAhead, spills: () => kept.isKept, failed });
    const release = (): void => {
      kept.finish();
      void ahead.return();
    };
    return { body: ahead, release };
  }
}

/** Without a promise where the store needs none, so that the next request finds it. */
function keepWhole(writer: CacheWriter, body: Uint8Array, length: number | undefined): Promise<unknown> {
  if (length !== undefined && length !== body.length) {
    writer.abort();
    return Promise.resolve();
  }
  const written = body.length === 0 || writer.write(body);
  if (written instanceof Promise) return written.then((isTaken) => (isTaken ? writer.commit() : writer.abort()));
  return Promise.resolve(written ? writer.commit() : writer.abort());
}

/** What the answer says of its length, or what can be seen of it. */
function lengthOf({ headers, body }: Reply): number | undefined {
  const said = headers.get('content-length');
  if (said !== undefined && /^\d+$/.test(said)) return Number(said);
  return body instanceof Uint8Array ? body.length : undefined;
}

function bodyPart(
  body: Body,
  start: number,
  end: number | undefined,
  length: number | undefined,
  release: () => void,
): Body {
  if (start === 0 && end === length) return body;
  if (body instanceof Uint8Array) return body.subarray(start, end);
  return new PartBody(body, start, end ?? Number.POSITIVE_INFINITY, release);
}

/** Nobody reads the body: what is to be kept of it is fetched all the same. */
export function releaseBody(body: Body): void {
  if (body instanceof KeptBody) body.finish();
  else if (!(body instanceof Uint8Array)) void body[Symbol.asyncIterator]().return?.();
}

/** Whether a condition of the config holds: neither empty nor `0`, as in nginx. */
export function isSet(value: string): boolean {
  return value !== '' && value !== '0';
}

/** What `useStale` calls a failure; undefined for what is none of an upstream. */
function conditionOf(failure: unknown): string | undefined {
  const code = failure instanceof PeerError ? failure.code : (failure as { readonly code?: string }).code;
  if (failure instanceof PeerError && failure.source === 'downstream') return undefined;
  if (code !== undefined) {
    if (code.endsWith('timeout')) return 'timeout';
    return code === 'upstream-response-invalid' || code === 'upstream-response-too-large' ? 'invalid_header' : 'error';
  }
  const { status } = failure as { readonly status?: number };
  return status !== undefined && status >= 403 ? `http_${status}` : undefined;
}
