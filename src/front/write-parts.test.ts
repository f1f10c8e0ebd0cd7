import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import { OutputSlab } from './output-slab.ts';
import { writeParts } from './write-parts.ts';

describe('writeParts', () => {
  it('takes memory of the slab only where the socket takes the piece at once', async () => {
    const server = createServer((socket) => socket.pause()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const socket: Socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    await once(socket, 'connect');
    const slab = new OutputSlab();
    const parts = [Buffer.from('some'), Buffer.from('thing')];
    writeParts(socket, slab, parts);
    const { offset } = slab.reserve(1);
    assert.equal(offset, 9);
    while (socket.writableLength === 0) socket.write(Buffer.alloc(1_000_000));
    writeParts(socket, slab, parts);
    assert.equal(slab.reserve(1).offset, offset);
    socket.destroy();
    server.close();
  });
});
