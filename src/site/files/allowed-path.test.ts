import assert from 'node:assert/strict';
import { posix } from 'node:path';
import { describe, it } from 'node:test';
import { isAllowedPath } from './allowed-path.ts';

/** All texts of at most `length` characters out of these. */
function texts(alphabet: string, length: number): string[] {
  if (length === 0) return [''];
  const shorter = texts(alphabet, length - 1);
  const longest = shorter.filter((text) => text.length === length - 1);
  return [...shorter, ...longest.flatMap((text) => Array.from(alphabet, (character) => text + character))];
}

describe('isAllowedPath', () => {
  for (const said of ['/w/www/', '/w/www', '/w/w.']) {
    it(`allows nothing that leads out of the folder of ${said}`, () => {
      const folder = said.slice(0, said.lastIndexOf('/') + 1);
      let allowed = 0;
      for (const rest of texts('./a', 7)) {
        const path = said + rest;
        if (!isAllowedPath(path, '/x', said.length, true)) continue;
        allowed++;
        assert.ok(`${posix.resolve(path)}/`.startsWith(folder), path);
      }
      assert.ok(allowed > 1000);
    });
  }

  const paths: readonly [path: string, uri: string, isAllowed: boolean][] = [
    ['/w/a', '/a', true],
    ['/w/.a', '/.a', false],
    ['/w/a.', '/a.', true],
    ['/w/a/.b', '/a/.b', false],
    ['/w/.well-known/a', '/.well-known/a', true],
    ['/w/.well-known/.a', '/.well-known/.a', false],
    ['/w/.well-known', '/.well-known', false],
    ['/w/a/.well-known/b', '/a/.well-known/b', false],
    ['/w/a\0', '/a', false],
    ['', '/a', false],
  ];
  for (const [path, uri, isAllowed] of paths) {
    it(`${JSON.stringify(path)} is ${isAllowed ? 'allowed' : 'refused'} where dotfiles are denied`, () => {
      assert.equal(isAllowedPath(path, uri, '/w/'.length, false), isAllowed);
    });
  }
});
