import assert from 'node:assert/strict';
import { BlockList, isIP, isIPv4 } from 'node:net';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { addressText, networkContains, parseAddress, parseNetwork } from './network.ts';

function contains(network: string, address: string): boolean {
  return networkContains(parseNetwork(network)!, parseAddress(address)!);
}

describe('parseAddress', () => {
  it('reads IPv4 and IPv6', () => {
    assert.deepEqual(parseAddress('192.0.2.1'), Uint8Array.of(192, 0, 2, 1));
    assert.deepEqual(parseAddress('::1')?.at(15), 1);
    assert.equal(Buffer.from(parseAddress('2001:db8::a:1')!).toString('hex'), '20010db80000000000000000000a0001');
    assert.equal(Buffer.from(parseAddress('::ffff:1.2.3.4')!).toString('hex'), '00000000000000000000ffff01020304');
    assert.deepEqual(parseAddress('fe80::1%eth0'), parseAddress('fe80::1'));
  });

  it('accepts what Node accepts, and nothing else', () => {
    const piece = fc.constantFrom('0', '1', '255', '256', '01', 'ffff', '10000', 'g', ':', '::', '.', '1.2.3.4', '');
    const text = fc.array(piece, { maxLength: 18 }).map((pieces) => pieces.join(''));
    const near = fc.oneof(text, fc.ipV4(), fc.ipV6(), fc.ipV4Extended());
    fc.assert(
      fc.property(near, (each) => (parseAddress(each) !== undefined) === isIP(each) > 0),
      { numRuns: 3000 },
    );
  });

  it('is linear in what is long', () => {
    assert.equal(parseAddress(':'.repeat(1_000_000)), undefined);
  });
});

describe('parseNetwork', () => {
  it('refuses what is no network', () => {
    for (const text of [
      '',
      'all',
      '10.0.0.0/33',
      '::/129',
      '10.0.0.0/',
      '10.0.0.0/-1',
      '10.0.0.0/8/8',
      '10.0.0/8',
      'fe80::%1/64',
      '1.2.3.4/08',
    ]) {
      assert.equal(parseNetwork(text), undefined, text);
    }
  });

  it('leaves out the bits behind the prefix', () => {
    assert.deepEqual(parseNetwork('10.1.2.3/12'), { address: Uint8Array.of(10, 0, 0, 0), bits: 12 });
    assert.deepEqual(parseNetwork('1.2.3.4/0'), { address: new Uint8Array(4), bits: 0 });
  });
});

describe('networkContains', () => {
  it('compares up to the bit', () => {
    assert.ok(contains('10.16.0.0/12', '10.31.255.255'));
    assert.ok(!contains('10.16.0.0/12', '10.32.0.0'));
    assert.ok(contains('2001:db8::/33', '2001:db8:7fff::1'));
    assert.ok(!contains('2001:db8::/33', '2001:db8:8000::1'));
    assert.ok(contains('0.0.0.0/0', '1.2.3.4'));
    assert.ok(!contains('::/0', '1.2.3.4'));
  });

  it('knows IPv4 addresses in IPv6', () => {
    assert.ok(contains('10.0.0.0/8', '::ffff:10.1.1.1'));
    assert.ok(!contains('10.0.0.0/8', '::fffe:10.1.1.1'));
    assert.ok(contains('::ffff:10.0.0.0/104', '10.1.1.1'));
  });

  it('agrees with Node', () => {
    const bits = fc.nat(128);
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), fc.oneof(fc.ipV4(), fc.ipV6()), bits, (network, address, wanted) => {
        const prefix = isIPv4(network) ? wanted % 33 : wanted;
        // Node's list takes a network of mapped addresses, and shorter ones, for one of IPv4.
        fc.pre(isIPv4(network) === isIPv4(address));
        const list = new BlockList();
        list.addSubnet(network, prefix, isIPv4(network) ? 'ipv4' : 'ipv6');
        return contains(`${network}/${prefix}`, address) === list.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');
      }),
      { numRuns: 2000 },
    );
  });
});

describe('addressText', () => {
  it('writes as RFC 5952 says', () => {
    for (const [address, text] of [
      ['127.0.0.1', '127.0.0.1'],
      ['0:0:0:0:0:0:0:0', '::'],
      ['0:0:0:0:0:0:0:1', '::1'],
      ['2001:DB8:0:0:0:0:0:0', '2001:db8::'],
      ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
      ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
      ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
      ['::ffff:c000:201', '::ffff:192.0.2.1'],
    ] as const) {
      assert.equal(addressText(parseAddress(address)!), text);
    }
  });

  it('writes what is read as the same address', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
        const bytes = parseAddress(text)!;
        assert.deepEqual(parseAddress(addressText(bytes)), bytes);
      }),
    );
  });
});
