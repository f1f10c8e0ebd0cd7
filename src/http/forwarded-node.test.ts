import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { forwardedNode } from './forwarded-node.ts';

describe('forwardedNode', () => {
  it('reads an address with and without a port', () => {
    for (const [text, address, port] of [
      ['192.0.2.43', '192.0.2.43', 0],
      ['192.0.2.43:47011', '192.0.2.43', 47_011],
      ['2001:db8::1', '2001:db8::1', 0],
      ['::1', '::1', 0],
      ['[2001:db8:cafe::17]', '2001:db8:cafe::17', 0],
      ['[2001:DB8::17]:4711', '2001:DB8::17', 4711],
    ] as const) {
      assert.deepEqual(forwardedNode(text), { address, port }, text);
    }
  });

  it('writes an IPv4 address inside an IPv6 one as IPv4', () => {
    assert.deepEqual(forwardedNode('::ffff:192.0.2.1'), { address: '192.0.2.1', port: 0 });
    assert.deepEqual(forwardedNode('[::FFFF:192.0.2.1]:80'), { address: '192.0.2.1', port: 80 });
  });

  it('takes no port from what is none', () => {
    for (const text of ['192.0.2.1:_hidden', '192.0.2.1:0', '192.0.2.1:65536', '192.0.2.1:99999999999', '[::1]:-1']) {
      assert.equal(forwardedNode(text)?.port, 0, text);
    }
  });

  it('finds no address in what hides or breaks it', () => {
    for (const text of [
      '',
      'unknown',
      '_hidden',
      '_SEVKISEK',
      'unix:',
      'example.com',
      '[192.0.2.1]',
      '[::1',
      '::1]',
      '[::1]80',
      '[::1%eth0]',
      'fe80::1%eth0',
      '"192.0.2.1"',
      '192.0.2.1 ',
      '192.0.2.1:',
      '192.0.2.1\t80',
      `${'1'.repeat(16_000)}`,
    ]) {
      assert.equal(forwardedNode(text), undefined, text);
    }
  });
});
