import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseCacheControl } from './cache-control.ts';

describe('parseCacheControl', () => {
  it('reads directives in any case, in one field or in several', () => {
    const {
      maxAge,
      sharedMaxAge,
      noStore,
      public: isPublic,
    } = parseCacheControl(['MaX-aGe=60, ,s-maxage=5', 'No-Store ']);
    assert.deepEqual([maxAge, sharedMaxAge, noStore, isPublic], [60, 5, true, false]);
  });

  it('reads nothing in quoted strings of other directives', () => {
    assert.equal(parseCacheControl(['extension="max-age=3600, no-store", max-age=1']).maxAge, 1);
    assert.equal(parseCacheControl(['extension="a\\", no-store"']).noStore, false);
  });

  it('takes a number in quotes and one with zeros before it', () => {
    assert.equal(parseCacheControl(['max-age="3600"']).maxAge, 3600);
    assert.equal(parseCacheControl(['max-age=003600']).maxAge, 3600);
  });

  it('takes what is no number for 0, and what is too large for the largest', () => {
    for (const text of [
      'max-age',
      'max-age=',
      "max-age='60'",
      'max-age=-60',
      'max-age=60.5',
      'max-age=60a',
      'max-age= 60',
    ]) {
      assert.equal(parseCacheControl([text]).maxAge, 0, text);
    }
    assert.equal(parseCacheControl(['max-age=99999999999']).maxAge, 2 ** 31);
  });

  it('lets the most restrictive of several count', () => {
    assert.equal(parseCacheControl(['max-age=60, max-age=1']).maxAge, 1);
    assert.equal(parseCacheControl(['max-age=1', 'max-age=60']).maxAge, 1);
    assert.equal(parseCacheControl(['min-fresh=1, min-fresh=60']).minFresh, 60);
    assert.equal(parseCacheControl(['max-stale, max-stale=60']).maxStale, 60);
    assert.equal(parseCacheControl(['private="a", private']).private, 'all');
  });

  it('reads names of fields', () => {
    const { noCache, private: own } = parseCacheControl(['no-cache="Set-Cookie, A", private=b, private=""']);
    assert.deepEqual([noCache, own], [['set-cookie', 'a'], 'all']);
    assert.deepEqual(parseCacheControl(['private="a", private=b']).private, ['a', 'b']);
  });

  it('goes on behind what is no directive', () => {
    const { maxAge, isMalformed } = parseCacheControl(['max age=1, "x, no-store", max-age=60']);
    assert.deepEqual([maxAge, isMalformed], [60, true]);
    assert.equal(parseCacheControl(['max-age =60']).maxAge, undefined);
  });

  it('tells where something may not have been understood', () => {
    for (const text of [
      'private; max-age=60',
      'private max-age=60',
      '"private"',
      'public=x;private',
      'max-age=60;private',
      `${'a,'.repeat(70)}no-store`,
    ]) {
      assert.equal(parseCacheControl([text]).isMalformed, true, text);
    }
    assert.equal(parseCacheControl([`max-age=60 , a="x; y",\tb=!c ,${'a,'.repeat(60)}`]).isMalformed, false);
  });

  it('takes time that grows with the length', () => {
    const started = performance.now();
    parseCacheControl([`"${'\\"'.repeat(50_000)}`, ' '.repeat(100_000), 'a="'.repeat(30_000), ','.repeat(100_000)]);
    const blanks = ' '.repeat(100_000);
    parseCacheControl([
      `${blanks}"`,
      `a${blanks}"`,
      `a=${blanks}"`,
      `a="b"${blanks}"`,
      `a=b${blanks}"`,
      `a="${blanks}`,
    ]);
    assert.ok(performance.now() - started < 2_000);
  });
});
