import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { normalizePath } from './path.ts';

/** The path as whoever decodes it first and normalises it then would see it, or undefined where it climbs above the root. */
function decodedThenNormalized(path: string): string | undefined {
  const output: string[] = [];
  const pieces = decoded(path).slice(1).split('/');
  for (const [index, piece] of pieces.entries()) {
    const isLast = index === pieces.length - 1;
    if (piece === '..' && output.pop() === undefined) return undefined;
    if (piece !== '.' && piece !== '..') output.push(piece);
    else if (isLast) output.push('');
  }
  return `/${output.join('/')}`;
}

function decoded(path: string): string {
  return path.replace(/%([0-9a-f]{2})/gi, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}

describe('normalizePath', () => {
  it('removes dot segments as RFC 3986 does', () => {
    for (const [path, expected] of [
      ['/a/./b/../c', '/a/c'],
      ['/a/b/c/./../../g', '/a/g'],
      ['/a/..', '/'],
      ['/a/.', '/a/'],
      ['/.', '/'],
      ['/a//../b', '/a/b'],
      ['//a/..', '//'],
      ['/a/%2e/b', '/a/b'],
      ['/a/%2E%2e/b', '/b'],
      ['/a/.%2e/b', '/b'],
      ['/a%2f../b', '/b'],
      ['/a/b%2F..', '/a%2F'],
      ['/a/%2e%2e%2fb%20c', '/b%20c'],
    ] as const) {
      assert.equal(normalizePath(path), expected, path);
    }
  });

  it('gives back the very same path where there is nothing to remove', () => {
    for (const path of [
      '/',
      '/a.b/c',
      '/.well-known/x',
      '/a/...',
      '/%41%2f%2E%2Eb',
      '/a..',
      '/..;/admin',
      '/..%252f',
    ]) {
      assert.equal(normalizePath(path), path);
    }
  });

  it('refuses a path that climbs above the root, however it is written', () => {
    for (const path of ['/..', '/../a', '/a/../../b', '/%2e%2e/%2e%2e/etc/passwd', '/..%2f..%2fetc/passwd', '/./..']) {
      assert.throws(() => normalizePath(path), { code: 'request-target' }, path);
    }
  });

  it('refuses %00 and broken escapes', () => {
    for (const path of ['/x.php%00.jpg', '/%', '/%4', '/%4g', '/%%41', '/%u0041']) {
      assert.throws(() => normalizePath(path), { code: 'request-target' }, path);
    }
  });

  it('takes backslashes and overlong UTF-8 for ordinary bytes', () => {
    for (const path of ['/..%5c..%5cx', '/..\\..\\x', '/%c0%ae%c0%ae/x', '/%c0%af../x']) {
      assert.equal(normalizePath(path), path);
    }
  });

  it('gives what decodes to the normalised decoded path', () => {
    const pieces = fc.constantFrom('/', '/', 'a', '.', '..', '%2e', '%2E', '%2f', '%5c', '%41', ';', '%c0%ae', '%25');
    let changed = 0;
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
        const path = `/${parts.join('')}`;
        const expected = decodedThenNormalized(path);
        if (expected === undefined) {
          assert.throws(() => normalizePath(path), { code: 'request-target' });
          return;
        }
        const normalized = normalizePath(path);
        if (normalized !== path) changed++;
        assert.ok(normalized.startsWith('/'));
        assert.equal(decoded(normalized), expected);
        assert.equal(normalizePath(normalized), normalized);
      }),
      { numRuns: 1000 },
    );
    assert.ok(changed > 0);
  });

  it('takes time in proportion to the length of a hostile path', () => {
    for (const piece of ['/.', '/a/..', '%2f', '/%2e', '..']) {
      const path = `/${piece.repeat(200_000 / piece.length)}`;
      const begun = performance.now();
      try {
        normalizePath(path);
      } catch {
        // That climbing above the root is refused is another test's; here only the time counts.
      }
      assert.ok(performance.now() - begun < 2000, piece);
    }
  });
});
