import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decodePath, encodeArgument, encodePath, encodeUnsafe } from './uri.ts';

describe('decodePath', () => {
  for (const [path, merged, kept] of [
    ['/', '/', '/'],
    ['/a/b', '/a/b', '/a/b'],
    ['//a///b//', '/a/b/', '//a///b//'],
    ['/a%20b%C3%A9', '/a b\xc3\xa9', '/a b\xc3\xa9'],
    ['/a/./b/../c', '/a/c', '/a/c'],
    ['/a/b/..', '/a/', '/a/'],
    ['/a/b/.', '/a/b/', '/a/b/'],
    ['/a//../b', '/b', '/a/b'],
    ['/a%2fb', '/a/b', '/a/b'],
    ['/a/%2e%2e/b', '/b', '/b'],
    ['/a/..%2fb', '/b', '/b'],
    ['/a%2f%2fb', '/a/b', '/a//b'],
    ['/..%5c', '/..\\', '/..\\'],
    ['/a%252fb', '/a%2fb', '/a%2fb'],
    ['/..;/admin', '/..;/admin', '/..;/admin'],
    ['/.../x', '/.../x', '/.../x'],
    ['/.well-known/x', '/.well-known/x', '/.well-known/x'],
    ['/a%3Fb%23c', '/a?b#c', '/a?b#c'],
  ] as const) {
    it(`makes ${merged} of ${path} (http.md 226 to 232)`, () => {
      assert.equal(decodePath(path, true), merged);
      assert.equal(decodePath(path, false), kept);
    });
  }

  it('refuses what climbs above the root', () => {
    for (const path of ['/..', '/../etc/passwd', '/%2e%2e/%2e%2e/etc/passwd', '/a/../../b', '//../b']) {
      assert.throws(() => decodePath(path, true), { code: 'request-target' }, path);
    }
  });
});

describe('encodePath', () => {
  it('escapes what could end a path or a field, and what is decoded gives again', () => {
    assert.equal(encodePath('/a b?c#d%\r\n\xe9'), '/a%20b%3Fc%23d%25%0D%0A%E9');
    assert.equal(decodePath(encodePath('/a b?c#d%\r\n\xe9'), true), '/a b?c#d%\r\n\xe9');
  });
});

describe('encodeArgument', () => {
  it('escapes what could end a parameter', () => {
    assert.equal(encodeArgument('a&b=c;d+e?f#g%h i\r\n\xe9/'), 'a%26b=c%3Bd%2Be%3Ff%23g%25h%20i%0D%0A%E9/');
  });
});

describe('encodeUnsafe', () => {
  it('leaves what a URL may hold, its escapes too', () => {
    assert.equal(encodeUnsafe('http://h/a%20b?c=d&e#f'), 'http://h/a%20b?c=d&e#f');
    assert.equal(encodeUnsafe('/a b\r\nX: y\xe9'), '/a%20b%0D%0AX:%20y%E9');
  });
});
