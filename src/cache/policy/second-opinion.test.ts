import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
// @ts-expect-error: it has no types
import untypedPolicy from 'http-cache-semantics';
import { HeaderList } from '../../core/headers.ts';
import { initialAge } from './age.ts';
import { cacheWish, isReusable } from './reuse.ts';
import { storedHeadOf } from './stored-head.ts';

interface Opinion {
  storable(): boolean;
  satisfiesWithoutRevalidation(request: object): boolean;
}

const SecondPolicy = untypedPolicy as new (request: object, answer: object) => Opinion;

const now = Date.parse('2026-01-01T12:00:00Z');
type Fields = Readonly<Record<string, string>>;

/** One answer, and a request that comes `later` seconds after it. */
interface Case {
  readonly status: number;
  readonly answer: Fields;
  readonly first: Fields;
  readonly second: Fields;
  readonly later: number;
}

const seconds = fc.constantFrom(0, 1, 5, 10, 60, 3600);
const date = (offset: number): string => new Date(now + offset * 1000).toUTCString();

/** None, one or two of these directives; true for those with a number. */
function controls(names: Readonly<Record<string, boolean>>): fc.Arbitrary<string | undefined> {
  const chosen = fc.subarray(Object.keys(names), { maxLength: 2 });
  return fc.tuple(chosen, seconds, seconds).map(([all, ...numbers]) => {
    const directives = all.map((name, index) => (names[name] ? `${name}=${numbers[index]}` : name));
    return directives.length === 0 ? undefined : directives.join(', ');
  });
}

/**
 * Left out, where the two differ and ours is what the RFC says:
 * - must-revalidate and proxy-revalidate in answers: the second opinion never reuses these, also while they are fresh (§5.2.2.2);
 * - Date beside the time of the answer: it does not look at apparent_age (§4.2.3);
 * - statuses that it does not know: it never keeps them (§3 lets a cache do so that understands how the status is to be kept);
 * - immutable: to it that is a day of freshness where nothing else is said (RFC 8246 says nothing of that);
 * - Last-Modified more than ten days ago: its guesses have no limit (§4.2.2 suggests nothing beyond the share);
 * - Pragma in answers: it heeds it (§5.4: of requests alone);
 * - max-stale beside s-maxage or no-cache of the answer: it gives it, though both want it to be revalidated (§5.2.2.10, §5.2.2.4);
 * - max-stale beside min-fresh: a request that says both wants what is fresh;
 * - max-stale for what was never fresh and cannot be validated: we do not keep what is of no use to anybody else.
 */
const cases: fc.Arbitrary<Case> = fc
  .record({
    status: fc.constantFrom(200, 203, 204, 300, 301, 302, 307, 308, 404, 405, 410, 414, 501),
    control: controls({
      'max-age': true,
      's-maxage': true,
      public: false,
      private: false,
      'no-cache': false,
      'no-store': false,
    }),
    expires: fc.option(fc.constantFrom(-60, 0, 5, 60, 3600), { nil: undefined }),
    modified: fc.option(fc.constantFrom(-1, -100, -1000, -86_400), { nil: undefined }),
    age: fc.option(seconds, { nil: undefined, freq: 1 }),
    etag: fc.option(fc.constant('"1"'), { nil: undefined }),
    authorization: fc.option(fc.constant('x'), { nil: undefined, freq: 1 }),
    wish: controls({ 'max-age': true, 'min-fresh': true, 'max-stale': true, 'no-cache': false }),
    later: fc.constantFrom(0, 1, 4, 5, 6, 59, 60, 61),
  })
  .filter(({ control, wish, etag, modified }) => {
    if (!wish?.includes('max-stale')) return true;
    return (
      !/s-maxage|no-cache/.test(control ?? '') &&
      !wish.includes('min-fresh') &&
      (etag !== undefined || modified !== undefined)
    );
  })
  .map(({ status, control, expires, modified, age, etag, authorization, wish, later }) => ({
    status,
    answer: given({
      date: date(0),
      'cache-control': control,
      expires: expires === undefined ? undefined : date(expires),
      'last-modified': modified === undefined ? undefined : date(modified),
      age: age === undefined ? undefined : String(age),
      etag,
    }),
    first: given({ host: 'a', authorization }),
    second: given({ host: 'a', 'cache-control': wish }),
    later,
  }));

function given(fields: Readonly<Record<string, string | undefined>>): Fields {
  return Object.fromEntries(
    Object.entries(fields).filter((field): field is [string, string] => field[1] !== undefined),
  );
}

function ours({ status, answer, first, second, later }: Case): boolean {
  const headers = HeaderList.of(Object.entries(answer));
  const policy = { rules: 'rfc', valid: [], ignoredFields: [] } as const;
  const fetched = { status, reason: '', headers, requestedAt: now, respondedAt: now };
  const head = storedHeadOf(HeaderList.of(Object.entries(first)), fetched, policy);
  if (!head) return false;
  const wish = cacheWish(HeaderList.of(Object.entries(second)));
  return isReusable(head, wish, now + later * 1000, initialAge(head.headers, now, now) + later * 1000);
}

function theirs({ status, answer, first, second, later }: Case): boolean {
  let clock = now;
  class Clocked extends SecondPolicy {
    now(): number {
      return clock;
    }
  }
  const policy = new Clocked({ method: 'GET', url: '/', headers: first }, { status, headers: answer });
  if (!policy.storable()) return false;
  clock += later * 1000;
  return policy.satisfiesWithoutRevalidation({ method: 'GET', url: '/', headers: second });
}

describe('the policy of RFC 9111', () => {
  it('agrees with http-cache-semantics on what may be given again', () => {
    const seen = { yes: 0, no: 0 };
    fc.assert(
      fc.property(cases, (one) => {
        const answer = ours(one);
        seen[answer ? 'yes' : 'no']++;
        assert.equal(answer, theirs(one));
      }),
      { numRuns: 5_000 },
    );
    // Else nothing would be shown.
    assert.ok(seen.yes > 200 && seen.no > 300, JSON.stringify(seen));
  });
});
