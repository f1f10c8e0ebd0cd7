import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { heapUsed } from '../../../test/support/heap.ts';
import { until } from '../../../test/support/until.ts';
import { ExtendedStream } from './extended-stream.ts';
import { StreamSocket, type StreamSocketChannel } from './stream-socket.ts';

const stream = {
  id: 1,
  sendWindow: 1_000,
  urgency: 3,
  isIncremental: false,
  isSendClosed: false,
  isReceiveClosed: false,
};
const count = 60_000;
/** Less than an object for each byte. */
const most = 1_000_000;

/** What needs a connection, and the bytes that it was told are consumed. */
function channel(): { readonly channel: StreamSocketChannel; readonly consumed: () => number } {
  let consumed = 0;
  const codec = {
    consumed: (_: unknown, bytes: number) => {
      consumed += bytes;
    },
    reset() {},
    sendable: () => 1_000,
    data: (_: unknown, bytes: Uint8Array) => bytes.length,
    trailers: () => 0,
  };
  return { channel: { codec, isFree: true, waits() {} }, consumed: () => consumed };
}

function receive(into: { receive(bytes: Uint8Array): void }): void {
  for (let index = 0; index < count; index++) into.receive(Buffer.from([index]));
}

describe('what comes on a stream that is a socket', () => {
  it('is kept in little memory while nobody reads it, however small its pieces are, and read in its order', async () => {
    const { channel: own, consumed } = channel();
    const socket = new StreamSocket(stream, own);
    socket.pause();
    const before = heapUsed();
    receive(socket);
    assert.ok(heapUsed() - before < most);
    assert.equal(socket.readableLength, count);
    const read: Buffer[] = [];
    socket.on('data', (bytes: Buffer) => read.push(Buffer.from(bytes)));
    socket.resume();
    await until(() => consumed() === count, 'all to be read');
    assert.equal(socket.readableLength, 0);
    assert.ok(Buffer.concat(read).every((byte, index) => byte === index % 256));
  });

  it('is kept in little memory before it is known who has it, and given back where that is nobody', () => {
    const { channel: own, consumed } = channel();
    const extended = new ExtendedStream(stream, own);
    const before = heapUsed();
    receive(extended);
    assert.ok(heapUsed() - before < most);
    assert.deepEqual([extended.unread, consumed()], [count, 0]);
    extended.discard();
    assert.deepEqual([extended.unread, consumed()], [0, count]);
    extended.receive(Buffer.from('more'));
    assert.deepEqual([extended.unread, consumed()], [0, count + 4]);
  });
});
