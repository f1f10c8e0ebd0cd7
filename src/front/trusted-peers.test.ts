import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TrustedPeers } from './trusted-peers.ts';

function trusts(list: string, address: string): boolean | undefined {
  return new TrustedPeers(list).includes(address);
}

describe('TrustedPeers', () => {
  it('trusts addresses and networks of both families, and nobody else', () => {
    const list = '127.0.0.1, 10.0.0.0/8,2001:db8::/32,::1, 192.168.1.77/24,';
    for (const address of ['127.0.0.1', '10.255.0.1', '2001:DB8::5', '::1', '0:0:0:0:0:0:0:1', '192.168.1.1']) {
      assert.equal(trusts(list, address), true, address);
    }
    for (const address of ['127.0.0.2', '11.0.0.1', '2001:db9::', '::2', '192.168.2.77']) {
      assert.equal(trusts(list, address), false, address);
    }
    assert.equal(trusts('', '127.0.0.1'), false);
    assert.equal(trusts('0.0.0.0/0', '9.9.9.9'), true);
  });

  it('knows an IPv4 address inside an IPv6 one, and an address with a zone', () => {
    assert.equal(trusts('127.0.0.1', '::ffff:127.0.0.1'), true);
    assert.equal(trusts('127.0.0.1', '::ffff:7f00:1'), true);
    assert.equal(trusts('fe80::/10', 'fe80::1%eth0'), true);
    assert.equal(trusts('127.0.0.1', '::ffff:127.0.0.2'), false);
  });

  it('says that a text is no address, even where everyone is trusted', () => {
    for (const text of ['', 'unknown', '1.2.3', '1.2.3.4:80', '[::1]', 'localhost']) {
      assert.equal(trusts('*', text), undefined, text);
      assert.equal(trusts('127.0.0.1', text), undefined, text);
    }
  });

  it('trusts everyone with *, and those of Unix sockets with unix:', () => {
    assert.equal(trusts('*', '9.9.9.9'), true);
    assert.equal(trusts('*', '2001:db8::1'), true);
    assert.equal(new TrustedPeers('*').includesUnix, true);
    assert.equal(new TrustedPeers('127.0.0.1, unix:').includesUnix, true);
    assert.equal(new TrustedPeers('0.0.0.0/0,::/0').includesUnix, false);
    assert.equal(trusts('unix:', '127.0.0.1'), false);
  });

  it('names the entry that it cannot read', () => {
    const bad = ['localhost', '10.0.0.0/33', '::/129', '10.0.0.0/', '10.0.0/8', '/8', '1.2.3.4/8/8', '10.0.0.0/-1'];
    for (const entry of [...bad, '10.0.0.0/8x', 'fe80::1%eth0', '[::1]', '1.2.3.4:80', 'unix:/a', '**', '10.* ']) {
      assert.throws(
        () => new TrustedPeers(`127.0.0.1,${entry},::1`),
        { message: `"${entry.trim()}" is neither an IP address, a network such as 10.0.0.0/8, unix: nor *` },
        entry,
      );
    }
  });
});
