import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { certificateName, isHostName } from './host-name.ts';

describe('certificateName', () => {
  for (const [name, expected] of [
    ['Example.COM', 'example.com'],
    ['example.com.', 'example.com'],
    ['*.example.com', '*.example.com'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['localhost', 'localhost'],
    ['127.0.0.1', '127.0.0.1'],
    ['2001:DB8:0:0::1', '2001:db8::1'],
    ['a.*.example.com', undefined],
    ['_dmarc.example.com', undefined],
    ['', undefined],
    ['a/b', undefined],
  ] as const) {
    it(`makes ${expected} of "${name}"`, () => assert.equal(certificateName(name), expected));
  }
});

describe('isHostName', () => {
  for (const name of [
    '',
    '.',
    'a..b',
    '-a.test',
    'a-.test',
    '1.2.3.4',
    'a.1',
    '::1',
    `${'a'.repeat(64)}.test`,
    'A.test',
    '../x',
    `${'a.'.repeat(127)}b`,
  ]) {
    it(`refuses "${name.slice(0, 20)}"`, () => assert.equal(isHostName(name), false));
  }

  it('takes names of the DNS', () => {
    for (const name of ['a', 'a.test', '1and1.test', 'xn--bcher-kva.example', `${'a'.repeat(63)}.test`])
      assert.ok(isHostName(name), name);
  });
});
