import type { HeaderList } from '../../core/headers.ts';

/** An answer that a cache may keep. Times in milliseconds since 1970: when the request for it was sent, and when its head came. */
export interface FetchedAnswer {
  readonly status: number;
  readonly reason: string;
  readonly headers: HeaderList;
  readonly requestedAt: number;
  readonly respondedAt: number;
}

/** What of a location's settings says what is kept, and for how long. */
export interface CachePolicy {
  readonly rules: 'rfc' | 'nginx';
  /** The first that fits counts. */
  readonly valid: readonly { readonly statuses: readonly number[] | 'any'; readonly ms: number }[];
  /** Fields of answers that mean nothing; lower-case. */
  readonly ignoredFields: readonly string[];
  /** A 206 is kept as it is: it was asked for as a piece of that size. */
  readonly keepsParts?: boolean;
}

/** How long an answer may be given again. Times in milliseconds; `staleWhileRevalidate` and `staleIfError` from the end of its freshness on. */
export interface Freshness {
  /** Until when it is fresh, since 1970. */
  readonly until: number;
  /** How long it is fresh in all, its age not subtracted; 0 where nothing says so. */
  readonly lifetime: number;
  readonly staleWhileRevalidate: number;
  readonly staleIfError: number;
  readonly mustRevalidate: 'always' | 'stale' | 'no';
}

/** The value of a field that may be ignored. */
export function heeded(headers: HeaderList, name: string, { ignoredFields }: CachePolicy): string | undefined {
  return ignoredFields.includes(name) ? undefined : headers.get(name);
}

/** How long answers of that status are fresh that do not say so themselves, in milliseconds. */
export function configuredLifetime({ valid }: CachePolicy, status: number): number | undefined {
  return valid.find(({ statuses }) => statuses === 'any' || statuses.includes(status))?.ms;
}

/**
 * nginx's `x-accel-expires`: milliseconds from now on, 0 for an answer that is not to be kept. `@` stands before seconds since 1970, which
 * may be over: the answer is kept, and stale. Undefined where there is none, or one that is no number.
 */
export function acceleratedLifetime(headers: HeaderList, policy: CachePolicy, now: number): number | undefined {
  const text = heeded(headers, 'x-accel-expires', policy);
  const [, at, digits] = /^(@?)(\d{1,15})$/.exec(text ?? '') ?? [];
  if (digits === undefined) return undefined;
  return at === '' ? Number(digits) * 1000 : Number(digits) * 1000 - now || -1;
}
