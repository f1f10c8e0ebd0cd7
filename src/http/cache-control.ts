/** Seconds that stand for "longer than anybody waits" (RFC 9111 §1.2.2). */
export const maxDeltaSeconds: number = 2 ** 31;

/** How many directives of one message are read; one with more counts as malformed. */
const maxDirectives = 64;

/**
 * The directives of a Cache-Control field (RFC 9111 §5.2). Numbers are in seconds. Where a directive is there more than once the most restrictive
 * one counts, and one whose number is none is 0 (RFC 9111 §4.2.1: what is invalid is stale). Unknown ones are left out.
 */
export interface CacheControl {
  readonly maxAge: number | undefined;
  readonly sharedMaxAge: number | undefined;
  readonly noStore: boolean;
  /** Fields that must not be given again without validation; `all` for the answer itself. */
  readonly noCache: 'all' | readonly string[] | undefined;
  /** Fields that shared caches must not keep; `all` for the answer itself. */
  readonly private: 'all' | readonly string[] | undefined;
  readonly public: boolean;
  readonly mustRevalidate: boolean;
  readonly proxyRevalidate: boolean;
  readonly mustUnderstand: boolean;
  readonly immutable: boolean;
  /** RFC 5861. */
  readonly staleWhileRevalidate: number | undefined;
  readonly staleIfError: number | undefined;
  /** Of requests; `any` for a `max-stale` without a number. */
  readonly maxStale: number | 'any' | undefined;
  readonly minFresh: number | undefined;
  readonly onlyIfCached: boolean;
  /** There was something in it that no directive looks like, or too much: what it forbids may not have been understood. */
  readonly isMalformed: boolean;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const nothing: CacheControl = {
  maxAge: undefined,
  sharedMaxAge: undefined,
  noStore: false,
  noCache: undefined,
  private: undefined,
  public: false,
  mustRevalidate: false,
  proxyRevalidate: false,
  mustUnderstand: false,
  immutable: false,
  staleWhileRevalidate: undefined,
  staleIfError: undefined,
  maxStale: undefined,
  minFresh: undefined,
  onlyIfCached: false,
  isMalformed: false,
};

/** One directive, and what separates it from the next one: a token, maybe with a token or a quoted string. Blanks match in one way only, or time grows with their square. */
const directive = /[ \t]*(?:([!#$%&'*+\-.^_`|~\w]+)(?:(=)(?:"((?:[^"\\]|\\.)*)"[ \t]*|([^",]*))|[ \t]*))?(,|$)/y;

const tokenOnly = /^[!#$%&'*+\-.^_`|~\w]*[ \t]*$/;

/** Reads the values of all Cache-Control fields of a message. Takes time that grows with their length. */
export function parseCacheControl(values: readonly string[]): CacheControl {
  if (values.length === 0) return nothing;
  const result: Mutable<CacheControl> = { ...nothing };
  let count = 0;
  for (const value of values) {
    for (let at = 0; at < value.length; ) {
      directive.lastIndex = at;
      const match = directive.exec(value);
      if (!match) {
        result.isMalformed = true;
        at = afterBroken(value, at);
        continue;
      }
      at = directive.lastIndex;
      const [, name, equals, quoted, token] = match;
      if (name === undefined) continue;
      if (++count > maxDirectives) return { ...result, isMalformed: true };
      if (token !== undefined && !tokenOnly.test(token)) result.isMalformed = true;
      const text = equals === undefined ? undefined : (quoted?.replace(/\\(.)/g, '$1') ?? token ?? '');
      take(result, name.toLowerCase(), text, quoted !== undefined);
    }
  }
  return result;
}

/** The number of a directive; 0 where it is none. */
function seconds(text: string | undefined): number {
  if (text === undefined || !/^\d+$/.test(text)) return 0;
  return Math.min(Number(text), maxDeltaSeconds);
}

function least(before: number | undefined, text: string | undefined): number {
  const value = seconds(text);
  return before === undefined ? value : Math.min(before, value);
}

function take(to: Mutable<CacheControl>, name: string, text: string | undefined, isQuoted: boolean): void {
  switch (name) {
    case 'max-age':
      to.maxAge = least(to.maxAge, text);
      break;
    case 's-maxage':
      to.sharedMaxAge = least(to.sharedMaxAge, text);
      break;
    case 'stale-while-revalidate':
      to.staleWhileRevalidate = least(to.staleWhileRevalidate, text);
      break;
    case 'stale-if-error':
      to.staleIfError = least(to.staleIfError, text);
      break;
    case 'min-fresh':
      to.minFresh = Math.max(to.minFresh ?? 0, seconds(text));
      break;
    case 'max-stale':
      if (text === undefined) to.maxStale ??= 'any';
      else to.maxStale = least(to.maxStale === 'any' ? undefined : to.maxStale, text);
      break;
    case 'no-cache':
      to.noCache = namesOf(to.noCache, text, isQuoted);
      break;
    case 'private':
      to.private = namesOf(to.private, text, isQuoted);
      break;
    case 'no-store':
      to.noStore = true;
      break;
    case 'public':
      to.public = true;
      break;
    case 'must-revalidate':
      to.mustRevalidate = true;
      break;
    case 'proxy-revalidate':
      to.proxyRevalidate = true;
      break;
    case 'must-understand':
      to.mustUnderstand = true;
      break;
    case 'immutable':
      to.immutable = true;
      break;
    case 'only-if-cached':
      to.onlyIfCached = true;
  }
}

/** Names of fields; `all` where there are none. A single name need not be quoted (RFC 9111 §5.2.2.4). */
function namesOf(
  before: 'all' | readonly string[] | undefined,
  text: string | undefined,
  isQuoted: boolean,
): 'all' | readonly string[] {
  if (before === 'all' || text === undefined) return 'all';
  const names = (isQuoted ? text.split(',') : [text]).map((name) => name.trim().toLowerCase()).filter((name) => name);
  return names.length === 0 ? 'all' : [...(before ?? []), ...names];
}

/** Where the next directive may begin: behind the next comma that is not in a quoted string. */
function afterBroken(value: string, from: number): number {
  let isQuoted = false;
  for (let at = from; at < value.length; at++) {
    const character = value[at];
    if (isQuoted && character === '\\') at++;
    else if (character === '"') isQuoted = !isQuoted;
    else if (character === ',' && !isQuoted) return at + 1;
  }
  return value.length;
}
