import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ProtocolError } from '../../core/errors.ts';
import type { ConnectionFacts, Peer } from '../../core/exchange.ts';
import { addressText, parseAddress } from '../../http/network.ts';
import { type ProxyProtocolHeader, ProxyProtocolReader } from './read.ts';
import { proxyProtocolHeader } from './write.ts';

function facts(client: Peer, server: Peer): ConnectionFacts {
  return { scheme: 'http', listener: 0, client, server };
}

function peer(address: string, port: number): Peer {
  return { address, port };
}

function bytesOf(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

/** A header of version 2 with these parts in hexadecimal. */
function binary(command: string, family: string, length: number, content: string): Buffer {
  const size = length.toString(16).padStart(4, '0');
  return Buffer.concat([bytesOf('\r\n\r\n\0\r\nQUIT\n'), Buffer.from(command + family + size + content, 'hex')]);
}

function readAll(bytes: Buffer): ProxyProtocolHeader | undefined {
  return new ProxyProtocolReader().receive(bytes);
}

const ipv4 = binary('21', '11', 12, 'c0000201c633640a1f9001bb');
const told = { client: peer('192.0.2.1', 8080), server: peer('198.51.100.10', 443) };

const good: readonly [what: string, bytes: Buffer, told: ProxyProtocolHeader['told']][] = [
  ['TCP4', bytesOf('PROXY TCP4 192.0.2.1 198.51.100.10 8080 443\r\n'), told],
  [
    'TCP6',
    bytesOf('PROXY TCP6 2001:db8::1 ::1 0 65535\r\n'),
    { client: peer('2001:db8::1', 0), server: peer('::1', 65_535) },
  ],
  ['UNKNOWN', bytesOf('PROXY UNKNOWN\r\n'), undefined],
  ['UNKNOWN with addresses', bytesOf('PROXY UNKNOWN ff::1 ff::2 1 2\r\n'), undefined],
  ['the longest line', bytesOf(`PROXY UNKNOWN ${'x'.repeat(91)}\r\n`), undefined],
  ['IPv4 in version 2', ipv4, told],
  [
    'IPv6 in version 2',
    binary('21', '21', 36, `20010db8${'0'.repeat(23)}1${'0'.repeat(31)}100500051`),
    { client: peer('2001:db8::1', 80), server: peer('::1', 81) },
  ],
  ['what else version 2 says', binary('21', '11', 18, 'c0000201c633640a1f9001bb030003aabbcc'), told],
  ['LOCAL', binary('20', '00', 0, ''), undefined],
  ['LOCAL with addresses', binary('20', '11', 12, 'c0000201c633640a1f9001bb'), undefined],
  ['UNSPEC', binary('21', '00', 3, 'aabbcc'), undefined],
  ['datagrams', binary('21', '12', 12, 'c0000201c633640a1f9001bb'), undefined],
  ['UNIX', binary('21', '31', 216, '61'.repeat(216)), undefined],
  ['the longest of version 2', binary('20', '00', 4096, '00'.repeat(4096)), undefined],
];

const bad: readonly [what: string, bytes: Buffer][] = [
  ['a request', bytesOf('GET / HTTP/1.1\r\nHost: a\r\n\r\n')],
  ['a TLS handshake', Buffer.from('1603010200010001fc0303', 'hex')],
  ['another word', bytesOf('PROXX TCP4')],
  ['small letters', bytesOf('proxy TCP4 192.0.2.1 192.0.2.2 1 2\r\n')],
  ['another protocol', bytesOf('PROXY UDP4 192.0.2.1 192.0.2.2 1 2\r\n')],
  ['no address', bytesOf('PROXY TCP4\r\n')],
  ['one address', bytesOf('PROXY TCP4 192.0.2.1 1 2\r\n')],
  ['a name', bytesOf('PROXY TCP4 localhost 192.0.2.2 1 2\r\n')],
  ['IPv6 as TCP4', bytesOf('PROXY TCP4 ::1 ::1 1 2\r\n')],
  ['IPv4 as TCP6', bytesOf('PROXY TCP6 192.0.2.1 192.0.2.2 1 2\r\n')],
  ['a zone', bytesOf('PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n')],
  ['a port too large', bytesOf('PROXY TCP4 192.0.2.1 192.0.2.2 1 65536\r\n')],
  ['a port with zeros before it', bytesOf('PROXY TCP4 192.0.2.1 192.0.2.2 01 2\r\n')],
  ['a port below 0', bytesOf('PROXY TCP4 192.0.2.1 192.0.2.2 -1 2\r\n')],
  ['two spaces', bytesOf('PROXY TCP4  192.0.2.1 192.0.2.2 1 2\r\n')],
  ['more behind the ports', bytesOf('PROXY TCP4 192.0.2.1 192.0.2.2 1 2 3\r\n')],
  ['a bare line feed', bytesOf('PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n')],
  ['a line feed inside', bytesOf('PROXY TCP4 192.0.2.1\n192.0.2.2 1 2\r\n')],
  ['UNKNOWN and something else', bytesOf('PROXY UNKNOWNS\r\n')],
  ['a line without an end', bytesOf(`PROXY UNKNOWN ${'x'.repeat(93)}`)],
  ['a line that is one byte too long', bytesOf(`PROXY UNKNOWN ${'x'.repeat(92)}\r\n`)],
  ['version 1 in binary', binary('11', '11', 12, 'c0000201c633640a1f9001bb')],
  ['version 3', binary('31', '11', 12, 'c0000201c633640a1f9001bb')],
  ['an unknown command', binary('22', '11', 12, 'c0000201c633640a1f9001bb')],
  ['addresses that do not fit', binary('21', '11', 11, 'c0000201c633640a1f9001')],
  ['IPv6 addresses that do not fit', binary('21', '21', 12, 'c0000201c633640a1f9001bb')],
  ['one byte too much for version 2', binary('20', '00', 4097, '')],
];

describe('ProxyProtocolReader', () => {
  for (const [what, bytes, expected] of good) {
    it(`reads ${what}, however it is cut, and leaves what is behind it`, () => {
      const behind = bytesOf('GET / HTTP/1.1');
      const whole = readAll(Buffer.concat([bytes, behind]));
      assert.deepEqual(whole, { told: expected, rest: behind });
      assert.deepEqual(readAll(bytes), { told: expected, rest: undefined });
      const reader = new ProxyProtocolReader();
      for (let at = 0; at < bytes.length - 1; at++) {
        assert.equal(reader.receive(bytes.subarray(at, at + 1)), undefined);
        assert.equal(reader.buffered, at + 1);
      }
      assert.deepEqual(reader.receive(bytes.subarray(-1)), { told: expected, rest: undefined });
      reader.end();
    });
  }

  for (const [what, bytes] of bad) {
    it(`refuses ${what}, however it is cut, and refuses further use`, () => {
      assert.throws(() => readAll(bytes), { name: 'Error', code: 'proxy-protocol' });
      const reader = new ProxyProtocolReader();
      assert.throws(
        () => {
          for (const byte of bytes) reader.receive(Buffer.of(byte));
        },
        (error) => error instanceof ProtocolError,
      );
      assert.throws(() => reader.receive(ipv4), { code: 'proxy-protocol' });
      assert.throws(() => reader.end(), { code: 'proxy-protocol' });
    });
  }

  it('refuses an end inside a header, and takes one before it', () => {
    new ProxyProtocolReader().end();
    const reader = new ProxyProtocolReader();
    reader.receive(bytesOf('PROXY TCP4 '));
    assert.throws(() => reader.end(), { code: 'proxy-protocol' });
  });

  it('reads any bytes in any pieces as it reads them whole, or refuses them, and keeps few', () => {
    const start = fc.constantFrom('PROXY ', 'PROXY TCP4 ', 'PROXY UNKNOWN', '\r\n\r\n\0\r\nQUIT\n', '', 'PRO');
    const some = fc.tuple(start, fc.uint8Array({ maxLength: 150 }), fc.constantFrom('', '\r\n'), fc.array(fc.nat(60)));
    fc.assert(
      fc.property(some, ([first, bytes, last, cuts]) => {
        const input = Buffer.concat([bytesOf(first), bytes, bytesOf(last)]);
        const whole = outcome([input]);
        assert.deepEqual(outcome(cutAt(input, cuts)), whole);
      }),
      { numRuns: 3000 },
    );
  });
});

describe('proxyProtocolHeader', () => {
  it('writes version 1', () => {
    assert.equal(String(proxyProtocolHeader(1, facts(told.client, told.server))), String(good[0]?.[1]));
    const ipv6 = facts(peer('2001:db8::1', 0), peer('::1', 65_535));
    assert.equal(String(proxyProtocolHeader(1, ipv6)), String(good[1]?.[1]));
  });

  it('writes version 2', () => {
    assert.deepEqual(proxyProtocolHeader(2, facts(told.client, told.server)), ipv4);
  });

  it('maps the IPv4 address beside one of IPv6, and leaves zones out', () => {
    const mixed = facts(peer('192.0.2.1', 1), peer('fe80::1%eth0', 2));
    assert.equal(String(proxyProtocolHeader(1, mixed)), 'PROXY TCP6 ::ffff:192.0.2.1 fe80::1 1 2\r\n');
    assert.deepEqual(readAll(proxyProtocolHeader(2, mixed))?.told, {
      client: peer('::ffff:192.0.2.1', 1),
      server: peer('fe80::1', 2),
    });
  });

  it('tells nothing of a Unix socket', () => {
    const unix = facts(peer('', 0), peer('/run/a.sock', 0));
    assert.equal(String(proxyProtocolHeader(1, unix)), 'PROXY UNKNOWN\r\n');
    assert.deepEqual(proxyProtocolHeader(2, unix), binary('21', '00', 0, ''));
  });

  it('writes what is read again', () => {
    const port = fc.nat(65_535);
    const address = fc.oneof(fc.ipV4(), fc.ipV6()).map((text) => addressText(parseAddress(text) ?? Buffer.alloc(4)));
    fc.assert(
      fc.property(address, address, port, port, (from, to, fromPort, toPort) => {
        fc.pre(from.includes(':') === to.includes(':'));
        const expected = { client: peer(from, fromPort), server: peer(to, toPort) };
        for (const version of [1, 2] as const) {
          const header = proxyProtocolHeader(version, facts(expected.client, expected.server));
          assert.deepEqual(readAll(header), { told: expected, rest: undefined });
        }
      }),
    );
  });
});

function cutAt(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  let at = 0;
  for (const size of cuts) {
    if (size === 0) continue;
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return [...pieces, bytes.subarray(at)].filter(({ length }) => length > 0);
}

/** What came of it: what was told and how much is left, `waits`, or `refused`. */
function outcome(pieces: readonly Buffer[]): unknown {
  const reader = new ProxyProtocolReader();
  let left = pieces.reduce((sum, { length }) => sum + length, 0);
  try {
    for (const piece of pieces) {
      const header = reader.receive(piece);
      left -= piece.length;
      if (header) return [header.told, left + (header.rest?.length ?? 0)];
      assert.ok(reader.buffered <= 16 + 4096);
    }
  } catch (error) {
    assert.ok(error instanceof ProtocolError);
    return 'refused';
  }
  return 'waits';
}
