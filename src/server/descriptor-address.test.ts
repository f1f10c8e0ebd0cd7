import assert from 'node:assert/strict';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { createServer } from 'node:net';
import { describe, it } from 'node:test';
import { AppFolder } from '../../test/support/app-folder.ts';
import type { Bind } from '../core/bind.ts';
import { boundTo, descriptorOf, listen } from '../front/listen.ts';
import { addressOfDescriptor, findTcpListener, findUnixListener } from './descriptor-address.ts';

const skip = process.platform !== 'linux' && 'needs /proc of Linux';

describe('addressOfDescriptor', { skip }, () => {
  it('tells where a TCP and a Unix socket listen', async () => {
    await using folder = await AppFolder.with({});
    const binds: readonly Bind[] = [
      { kind: 'tcp', host: '127.0.0.1', port: 0 },
      { kind: 'tcp', host: '0.0.0.0', port: 0 },
    ];
    for (const bind of binds) {
      const server = await listen(bind, () => {});
      assert.deepEqual(addressOfDescriptor(descriptorOf(server)), boundTo(server));
      server.close();
    }
    const path = folder.file('a socket');
    // Listened on by this very name, as a service manager does.
    const server = createServer().listen(path);
    await once(server, 'listening');
    assert.deepEqual(addressOfDescriptor(descriptorOf(server)), { kind: 'unix', path });
    server.close();
  });

  it('knows no address of files, connections and closed descriptors', async () => {
    const server = await listen({ kind: 'tcp', host: '127.0.0.1', port: 0 }, () => {});
    const fd = descriptorOf(server);
    server.close();
    await once(server, 'close');
    for (const each of [fd, openSync('/dev/null', 'r'), 100_000]) {
      assert.equal(addressOfDescriptor(each), undefined);
    }
  });
});

describe('findTcpListener', () => {
  const head =
    '  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
  const rest = '00000000:00000000 00:00000000 00000000     0        0';
  const any = '00000000000000000000000000000000';

  it('reads addresses of IPv6, compressed', () => {
    const table = `${head}   0: ${any}:1F90 ${any}:0000 0A ${rest} 11 1 0 100
   1: 000080FE00000000FF005450B6AD1DFE:0050 ${any}:0000 0A ${rest} 12 1 0 100
   2: 00000000000000000000000001000000:0051 ${any}:0000 0A ${rest} 13 1 0 100\n`;
    assert.deepEqual(findTcpListener(table, '11'), { kind: 'tcp', host: '::', port: 8080 });
    assert.deepEqual(findTcpListener(table, '12'), { kind: 'tcp', host: 'fe80::5054:ff:fe1d:adb6', port: 80 });
    assert.deepEqual(findTcpListener(table, '13'), { kind: 'tcp', host: '::1', port: 81 });
  });

  it('passes over what does not listen', () => {
    const table = `${head}   0: 0100007F:1F90 0100007F:9C40 01 ${rest} 11 1 0 100\n`;
    assert.equal(findTcpListener(table, '11'), undefined);
    assert.equal(findTcpListener('', '11'), undefined);
  });
});

describe('findUnixListener', () => {
  const table = `Num       RefCount Protocol Flags    Type St Inode Path
ffff8d: 00000002 00000000 00010000 0001 01 11 /run/a b.sock
ffff8e: 00000002 00000000 00010000 0005 01 12 /run/packets
ffff8f: 00000003 00000000 00000000 0001 03 13 /run/a b.sock
ffff90: 00000002 00000000 00010000 0001 01 14 @abstract
ffff91: 00000003 00000000 00000000 0001 03 15
`;

  it('reads paths, with spaces and abstract ones', () => {
    assert.deepEqual(findUnixListener(table, '11'), { kind: 'unix', path: '/run/a b.sock' });
    assert.deepEqual(findUnixListener(table, '14'), { kind: 'unix', path: '@abstract' });
  });

  it('passes over packets, connections and sockets without a name', () => {
    for (const inode of ['12', '13', '15', '16']) assert.equal(findUnixListener(table, inode), undefined);
  });
});
