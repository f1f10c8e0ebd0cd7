import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HeaderList } from '../../core/headers.ts';
import type { StoredHead } from '../cache-store.ts';
import type { CachePolicy } from './policy.ts';
import { storedHeadOf } from './stored-head.ts';

const now = Date.parse('2026-01-01T12:00:00Z');
const at = (seconds: number): string => new Date(now + seconds * 1000).toUTCString();
type Fields = readonly (readonly [string, string])[];

function headOf(
  fields: Fields,
  given: Partial<CachePolicy> = {},
  { status = 200, request = [] as Fields } = {},
): StoredHead | undefined {
  const policy = { rules: 'rfc', valid: [], ignoredFields: [], ...given } as const;
  const answer = { status, reason: '', headers: HeaderList.of(fields), requestedAt: now, respondedAt: now };
  return storedHeadOf(HeaderList.of(request), answer, policy);
}

/** Seconds; undefined where it is not kept. */
function lifetime(fields: Fields, given: Partial<CachePolicy> = {}, status = 200): number | undefined {
  const head = headOf(fields, given, { status });
  return head && (head.freshUntil - now) / 1000;
}

describe('storedHeadOf by RFC 9111', () => {
  it('takes s-maxage before max-age before Expires', () => {
    assert.equal(
      lifetime([
        ['cache-control', 's-maxage=5, max-age=60'],
        ['expires', at(99)],
      ]),
      5,
    );
    assert.equal(
      lifetime([
        ['cache-control', 'max-age=60'],
        ['expires', at(99)],
      ]),
      60,
    );
    assert.equal(
      lifetime([
        ['expires', at(99)],
        ['date', at(-1)],
      ]),
      99,
    );
    assert.equal(
      lifetime([
        ['expires', '0'],
        ['etag', '"1"'],
      ]),
      0,
    );
    assert.equal(lifetime([['expires', '0']]), undefined);
  });

  it('keeps nothing that says something which is not understood', () => {
    for (const control of [
      'private; max-age=60',
      'max-age=60, no-store; foo',
      `max-age=60,${'a,'.repeat(70)}no-store`,
    ]) {
      assert.equal(
        lifetime([['cache-control', control]], { valid: [{ statuses: 'any', ms: 1000 }] }),
        undefined,
        control,
      );
    }
    assert.equal(
      lifetime([
        ['cdn-cache-control', 'private; a'],
        ['cache-control', 'max-age=6'],
      ]),
      undefined,
    );
  });

  it('takes CDN-Cache-Control in place of the others (RFC 9213)', () => {
    assert.equal(
      lifetime([
        ['cdn-cache-control', 'max-age=5'],
        ['cache-control', 'no-store'],
        ['expires', at(9)],
      ]),
      5,
    );
    assert.equal(
      lifetime([
        ['cdn-cache-control', '"'],
        ['cache-control', 'max-age=6'],
      ]),
      6,
    );
    assert.equal(
      lifetime([
        ['cdn-cache-control', 'no-store'],
        ['cache-control', 'max-age=6'],
      ]),
      undefined,
    );
  });

  it('subtracts the age that an answer has when it comes', () => {
    assert.equal(
      lifetime([
        ['cache-control', 'max-age=60'],
        ['age', '10'],
      ]),
      50,
    );
    assert.equal(
      lifetime([
        ['cache-control', 'max-age=60'],
        ['date', at(-20)],
        ['age', '10'],
      ]),
      40,
    );
    assert.equal(
      lifetime([
        ['cache-control', 'max-age=60'],
        ['age', '1, 2'],
      ]),
      0,
    );
    assert.equal(
      lifetime([
        ['cache-control', 'max-age=60'],
        ['age', 'x'],
      ]),
      0,
    );
  });

  it('guesses by Last-Modified, up to a day, where the status allows that or the answer is public', () => {
    assert.equal(lifetime([['last-modified', at(-1000)]]), 100);
    assert.equal(lifetime([['last-modified', at(-100 * 86_400)]]), 86_400);
    assert.equal(lifetime([['last-modified', at(-1000)]], {}, 403), undefined);
    assert.equal(
      lifetime(
        [
          ['last-modified', at(-1000)],
          ['cache-control', 'public'],
        ],
        {},
        403,
      ),
      100,
    );
  });

  it('takes what is configured where the answer says nothing', () => {
    const valid = [
      { statuses: [302], ms: 5_000 },
      { statuses: 'any', ms: 9_000 },
    ] as const;
    assert.deepEqual([lifetime([], { valid }, 302), lifetime([], { valid }, 500)], [5, 9]);
    assert.equal(lifetime([['cache-control', 'max-age=1']], { valid }, 302), 1);
    // A request that only its sender would make must not spoil the answer for all.
    assert.equal(lifetime([], { valid }, 431), undefined);
  });

  it('keeps nothing that is for one client', () => {
    for (const control of ['no-store', 'private', 'no-store, max-age=60', 'private, max-age=60']) {
      assert.equal(lifetime([['cache-control', control]]), undefined, control);
    }
    assert.equal(
      lifetime([
        ['cache-control', 'max-age=60'],
        ['set-cookie', 'a=b'],
      ]),
      undefined,
    );
    assert.equal(
      lifetime(
        [
          ['cache-control', 'max-age=60'],
          ['set-cookie', 'a=b'],
        ],
        { ignoredFields: ['set-cookie'] },
      ),
      60,
    );
    assert.equal(
      lifetime([
        ['cache-control', 'max-age=60'],
        ['vary', '*'],
      ]),
      undefined,
    );
    assert.equal(lifetime([['cache-control', 'max-age=60']], {}, 206), undefined);
  });

  it('keeps answers to requests with Authorization only where they say so (RFC 9111 §3.5)', () => {
    const kept = (control: string): boolean =>
      headOf([['cache-control', control]], {}, { request: [['authorization', 'x']] }) !== undefined;
    assert.deepEqual(['max-age=6', 'max-age=6, public', 'max-age=6, must-revalidate', 's-maxage=6'].map(kept), [
      false,
      true,
      true,
      true,
    ]);
  });

  it('heeds must-understand in place of no-store where the status is known', () => {
    assert.equal(lifetime([['cache-control', 'no-store, must-understand, max-age=6']]), 6);
    assert.equal(lifetime([['cache-control', 'must-understand, max-age=6']], {}, 599), undefined);
    assert.equal(lifetime([['cache-control', 'max-age=6']], {}, 599), 6);
  });

  it('leaves out fields of the connection and those that must not be given again', () => {
    const head = headOf([
      ['cache-control', 'max-age=6, private="a", no-cache="b"'],
      ['connection', 'c'],
      ...['a', 'b', 'c', 'd', 'proxy-authenticate', 'transfer-encoding', 'x-accel-expires'].map(
        (name) => [name, 'x'] as const,
      ),
    ]);
    assert.deepEqual(
      [...(head?.headers ?? [])].map(([name]) => name),
      ['cache-control', 'd', 'date'],
    );
  });

  it('keeps what must be revalidated only where that can be asked', () => {
    assert.equal(lifetime([['cache-control', 'no-cache, max-age=6']]), undefined);
    assert.equal(
      headOf([
        ['cache-control', 'no-cache'],
        ['etag', '"1"'],
      ])?.mustRevalidate,
      'always',
    );
    assert.equal(headOf([['cache-control', 'max-age=6, must-revalidate']])?.mustRevalidate, 'stale');
    assert.equal(headOf([['cache-control', 's-maxage=6']])?.mustRevalidate, 'stale');
  });

  it('knows how long it may be given stale (RFC 5861)', () => {
    const head = headOf([['cache-control', 'max-age=6, stale-while-revalidate=10, stale-if-error=20']]);
    const seconds = [head?.freshUntil, head?.staleWhileRevalidateUntil, head?.staleIfErrorUntil].map(
      (time) => ((time ?? 0) - now) / 1000,
    );
    assert.deepEqual(seconds, [6, 16, 26]);
  });

  it('reads tags', () => {
    assert.deepEqual(
      headOf([
        ['cache-control', 'max-age=6'],
        ['surrogate-key', 'a b'],
        ['cache-tag', 'c,a'],
      ])?.tags,
      ['a', 'b', 'c'],
    );
  });
});

describe('storedHeadOf by nginx', () => {
  const nginx = (fields: Fields, given: Partial<CachePolicy> = {}, status = 200): number | undefined =>
    lifetime(fields, { rules: 'nginx', ...given }, status);

  it('takes x-accel-expires before cache-control before expires before what is configured', () => {
    const valid = [{ statuses: [200], ms: 9_000 }];
    assert.equal(
      nginx([
        ['x-accel-expires', '5'],
        ['cache-control', 'no-cache'],
      ]),
      5,
    );
    assert.equal(nginx([['x-accel-expires', `@${now / 1000 + 7}`]]), 7);
    assert.equal(nginx([['x-accel-expires', `@${now / 1000 - 7}`]]), -7);
    assert.equal(
      nginx(
        [
          ['x-accel-expires', '0'],
          ['cache-control', 'max-age=6'],
        ],
        { valid },
      ),
      undefined,
    );
    assert.equal(
      nginx(
        [
          ['cache-control', 'max-age=6, s-maxage=4'],
          ['expires', at(3)],
        ],
        { valid },
      ),
      4,
    );
    assert.equal(nginx([['expires', at(3)]], { valid }), 3);
    assert.equal(nginx([], { valid }), 9);
    assert.equal(nginx([], { valid }, 404), undefined);
  });

  it('keeps nothing with no-cache, no-store, private, max-age=0, a past Expires, cookies or Vary: *', () => {
    const valid = [{ statuses: 'any', ms: 9_000 }] as const;
    for (const control of ['no-cache', 'no-store', 'private', 'max-age=0']) {
      assert.equal(nginx([['cache-control', control]], { valid }), undefined, control);
    }
    assert.equal(nginx([['expires', at(-3)]], { valid }), undefined);
    assert.equal(nginx([['set-cookie', 'a']], { valid }), undefined);
    assert.equal(nginx([['vary', '*']], { valid }), undefined);
    const ignoredFields = ['cache-control', 'expires', 'set-cookie', 'vary'];
    assert.equal(
      nginx(
        [
          ['cache-control', 'private'],
          ['expires', '0'],
          ['set-cookie', 'a'],
          ['vary', '*'],
        ],
        { valid, ignoredFields },
      ),
      9,
    );
  });

  it('looks at no age, no Authorization and no must-revalidate', () => {
    const fields: Fields = [
      ['cache-control', 'max-age=6, must-revalidate'],
      ['age', '5'],
    ];
    const head = headOf(fields, { rules: 'nginx' }, { request: [['authorization', 'x']] });
    assert.deepEqual([head?.freshUntil, head?.mustRevalidate], [now + 6_000, 'no']);
  });
});
