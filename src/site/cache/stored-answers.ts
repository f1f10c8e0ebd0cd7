import type { CacheEntry, StoredHead } from '../../cache/cache-store.ts';
import { initialAge } from '../../cache/policy/age.ts';
import type { HeaderList } from '../../core/headers.ts';
import type { Reply } from '../../core/reply.ts';
import { type CacheHandling, cacheStatusMember } from '../../http/cache-status.ts';
import type { SiteOutcome } from '../outcome.ts';
import type { SiteRequest } from '../site-request.ts';
import { type AnswerRules, answerOf, type Representation, whole } from './representation.ts';
import { trait } from './request-traits.ts';

/** The answer to a plain GET, and until when it says how old it is. */
interface Prepared {
  readonly reply: Reply;
  readonly until: number;
}

export interface StoredAnswerOptions extends AnswerRules {
  /** Answers say how old they are. */
  readonly tellsAge: boolean;
  /** Answers say what the cache did. */
  readonly tellsStatus: boolean;
}

/** When a request is answered and how old the answer is, in milliseconds, and the traits of the request. */
export interface AnswerTimes {
  readonly now: number;
  readonly age: number;
  readonly traits: number;
}

class EntryGone extends Error {}

/** Answers requests from what is kept. What a plain request gets is made once a second, and not for each of them. */
export class StoredAnswers {
  readonly #options: StoredAnswerOptions;
  readonly #ages: WeakMap<StoredHead, number> = new WeakMap();
  readonly #prepared: WeakMap<CacheEntry, Prepared> = new WeakMap();

  constructor(options: StoredAnswerOptions) {
    this.#options = options;
  }

  /** How old it is, in milliseconds (RFC 9111 §4.2.3). */
  ageOf(head: StoredHead, now: number): number {
    let initial = this.#ages.get(head);
    if (initial === undefined) {
      initial = initialAge(head.headers, head.requestedAt, head.respondedAt);
      this.#ages.set(head, initial);
    }
    return Math.max(0, initial + now - head.respondedAt);
  }

  /** `age` in milliseconds. `handling`: where it was not simply a hit. Undefined where the entry was removed since it was found. */
  answer(
    request: SiteRequest,
    entry: CacheEntry,
    times: AnswerTimes,
    handling?: Omit<CacheHandling, 'ttl'>,
  ): SiteOutcome | undefined {
    try {
      return this.#answer(request, entry, times, handling);
    } catch (error) {
      if (error instanceof EntryGone) return undefined;
      throw error;
    }
  }

  #answer(
    request: SiteRequest,
    entry: CacheEntry,
    { now, age, traits }: AnswerTimes,
    handling: Omit<CacheHandling, 'ttl'> | undefined,
  ): SiteOutcome {
    const isPlain =
      handling === undefined && (traits & (trait.condition | trait.range)) === 0 && request.method !== 'HEAD';
    if (!isPlain) return answerOf(request, this.#representation(entry, now, age, handling), traits, this.#options);
    const before = this.#prepared.get(entry);
    if (before && now < before.until) return before.reply;
    const reply = whole(request, this.#representation(entry, now, age, undefined), this.#options);
    // A body that is read from a disk can be read once.
    if (reply.body instanceof Uint8Array) this.#prepared.set(entry, { reply, until: now + 1000 - (age % 1000) });
    return reply;
  }

  #representation(
    entry: CacheEntry,
    now: number,
    age: number,
    handling: Omit<CacheHandling, 'ttl'> | undefined,
  ): Representation {
    const { head, length } = entry;
    return {
      status: head.status,
      reason: head.reason,
      headers: this.#headers(head, now, age, handling),
      length,
      body(from, to) {
        const body = entry.body(from, to);
        if (!body) throw new EntryGone();
        return body;
      },
      release: () => {},
      canRepeat: true,
    };
  }

  #headers(
    { headers, freshUntil }: StoredHead,
    now: number,
    age: number,
    handling: Omit<CacheHandling, 'ttl'> = { forward: undefined },
  ): HeaderList {
    const { tellsAge, tellsStatus } = this.#options;
    const aged = tellsAge ? headers.replaced('age', String(Math.floor(age / 1000))) : headers;
    if (!tellsStatus) return aged;
    const ttl = Math.floor((freshUntil - now) / 1000);
    return aged.with('cache-status', cacheStatusMember({ ...handling, ttl }));
  }
}
