import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { FileSystem } from './file-system.ts';
import { glob, isPattern } from './glob.ts';

const paths = ['/a/one.conf', '/a/two.conf', '/a/.three.conf', '/a/x]y', '/a/x*y', '/b/one.conf', '/b/c/deep.conf'];

const files: FileSystem = {
  readText: () => assert.fail(),
  names: (folder) => {
    const prefix = folder === '/' ? '/' : `${folder}/`;
    const inside = paths.filter((path) => path.startsWith(prefix)).map((path) => path.slice(prefix.length));
    return [...new Set(inside.map((path) => path.replace(/\/.*/, '')))].reverse();
  },
  exists: (path) => paths.some((each) => each === path || each.startsWith(`${path}/`)),
};

describe('glob', () => {
  const cases: readonly (readonly [pattern: string, ...paths: string[]])[] = [
    ['/a/*.conf', '/a/one.conf', '/a/two.conf'],
    ['/a/.*', '/a/.three.conf'],
    ['/*/one.conf', '/a/one.conf', '/b/one.conf'],
    ['/*/*/*', '/b/c/deep.conf'],
    ['/a/t?o.conf', '/a/two.conf'],
    ['/a/[a-o]*.conf', '/a/one.conf'],
    ['/a/[!o]*.conf', '/a/two.conf'],
    ['/a/[^o]*.conf', '/a/two.conf'],
    ['/a/x[]]y', '/a/x]y'],
    ['/a/x\\*y*', '/a/x*y'],
    ['/a/[z-a]*'],
    ['/a/[one.conf'],
    ['/none/*.conf'],
    ['/a/(*.conf'],
  ];
  for (const [pattern, ...fitting] of cases) {
    it(`finds ${fitting.length} for ${pattern}`, () => assert.deepEqual(glob(pattern, files), fitting));
  }
});

describe('isPattern', () => {
  it('is one with any of the three signs', () => {
    assert.deepEqual(['/a*', '/a?', '/[a', '/a]', '/a\\b'].map(isPattern), [true, true, true, false, false]);
  });
});
