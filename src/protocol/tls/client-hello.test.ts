import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import { connect } from 'node:tls';
import fc from 'fast-check';
import { ProtocolError } from '../../core/errors.ts';
import { type ClientHello, ClientHelloReader, fatalAlert } from './client-hello.ts';

/** What Node's client begins with. */
async function helloOf(options: {
  servername?: string;
  ALPNProtocols?: string[];
  maxVersion?: 'TLSv1.2';
}): Promise<Buffer> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const client = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options });
  client.on('error', () => {});
  const [socket] = (await once(server, 'connection')) as [Socket];
  const [bytes] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  client.destroy();
  server.close();
  return bytes;
}

function read(bytes: Buffer): ClientHello {
  const result = new ClientHelloReader().receive(bytes);
  assert.ok(result && 'hello' in result);
  assert.deepEqual(result.bytes, bytes);
  return result.hello;
}

/** The same message in records of so many bytes each. */
function inRecords(bytes: Buffer, size: number): Buffer {
  const message = bytes.subarray(5, 5 + bytes.readUInt16BE(3));
  const records: Buffer[] = [];
  for (let at = 0; at < message.length; at += size) {
    const part = message.subarray(at, at + size);
    records.push(Buffer.from([22, 3, 1, 0, part.length]), part);
  }
  return Buffer.concat(records);
}

describe('ClientHelloReader', () => {
  it('reads the name, the protocols, the cipher suites and the groups', async () => {
    const hello = read(await helloOf({ servername: 'WWW.Example.com', ALPNProtocols: ['h2', 'http/1.1'] }));
    assert.equal(hello.serverName, 'www.example.com');
    assert.deepEqual(hello.alpn, ['h2', 'http/1.1']);
    assert.ok(hello.ciphers.includes(0x1301), 'TLS_AES_128_GCM_SHA256');
    assert.ok(hello.groups.includes(29), 'x25519');
  });

  it('reads one without a name or protocols, of TLS 1.2 too', async () => {
    const { serverName, alpn } = read(await helloOf({ maxVersion: 'TLSv1.2' }));
    assert.deepEqual({ serverName, alpn }, { serverName: '', alpn: [] });
  });

  it('gives the same for any cuts, in bytes and in records', async () => {
    const bytes = await helloOf({ servername: 'a.test', ALPNProtocols: ['h2'] });
    const whole = read(bytes);
    for (const each of [bytes, inRecords(bytes, 100)]) {
      const reader = new ClientHelloReader();
      for (let at = 0; at < each.length - 1; at++) assert.equal(reader.receive(each.subarray(at, at + 1)), undefined);
      const result = reader.receive(each.subarray(each.length - 1));
      assert.deepEqual(result, { hello: whole, bytes: each });
    }
  });

  it('tells who speaks HTTP', () => {
    const plain = Buffer.from('GET / HTTP/1.1\r\n');
    assert.deepEqual(new ClientHelloReader().receive(plain), { plain });
  });

  it('takes what is no host name for no name', async () => {
    const bytes = await helloOf({ servername: 'under_score.test' });
    assert.equal(read(bytes).serverName, 'under_score.test');
    const at = bytes.indexOf('under_score.test');
    bytes.write('\n', at, 'latin1');
    assert.equal(read(bytes).serverName, '');
  });

  it('refuses what is no ClientHello, at once where that shows at once, and goes on refusing', () => {
    const bad = [
      '15030100020228',
      '80',
      '00',
      '1602',
      '16030000000',
      '160301000402000000',
      '1603010004010fffff',
      '16030140ff',
    ];
    for (const hex of bad) {
      const reader = new ClientHelloReader();
      const bytes = Buffer.from(hex.length % 2 ? `${hex}0` : hex, 'hex');
      assert.throws(() => reader.receive(bytes), ProtocolError, hex);
      assert.throws(() => reader.receive(Buffer.from('GET /')), ProtocolError);
      assert.equal(reader.buffered, 0);
    }
  });

  it('refuses a message in more records than anybody needs', async () => {
    const bytes = inRecords(await helloOf({ servername: 'a.test' }), 3);
    assert.throws(() => new ClientHelloReader().receive(bytes), /in more than 64 records/);
  });

  it('takes any bytes or throws ProtocolError, and keeps no more than a ClientHello may have', async () => {
    const good = await helloOf({ servername: 'a.test', ALPNProtocols: ['h2'] });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 8 }),
        fc.nat(200),
        (changes, extra) => {
          const bytes = Buffer.concat([good, Buffer.alloc(extra, 7)]);
          for (const [at, byte] of changes) bytes[at] = byte;
          const reader = new ClientHelloReader();
          try {
            reader.receive(bytes);
            assert.ok(reader.buffered <= bytes.length);
          } catch (error) {
            assert.ok(error instanceof ProtocolError, String(error));
          }
        },
      ),
    );
  });
});

describe('fatalAlert', () => {
  it('is understood by a client', async () => {
    const server = createServer((socket) => socket.once('data', () => socket.end(fatalAlert('unrecognized_name'))));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as { port: number };
    const client = connect({ port, host: '127.0.0.1', servername: 'no.test', rejectUnauthorized: false });
    const [error] = (await once(client, 'error')) as [Error & { code?: string }];
    server.close();
    assert.match(String(error.code), /UNRECOGNIZED_NAME/);
  });
});
