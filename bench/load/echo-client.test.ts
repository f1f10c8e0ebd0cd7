import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import { EchoClient } from './echo-client.ts';
import { opcode, serverFrame } from './frames.ts';
import { Latencies } from './latencies.ts';

const agreed = 'HTTP/1.1 101 Switching Protocols\r\n\r\n';

/** Runs a client against a server that agrees with `head` and does `answer` with the text of each frame. */
async function runClient(
  head: string,
  answer: (socket: Socket, text: Buffer) => void,
): Promise<{ client: EchoClient; latencies: Latencies }> {
  const server = createServer((socket) => {
    let isOpen = false;
    socket.on('data', (bytes: Buffer) => {
      if (!isOpen) socket.write(head);
      else for (const text of textsIn(bytes)) answer(socket, text);
      isOpen = true;
    });
    socket.on('error', () => {});
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const latencies = new Latencies();
  const client = new EchoClient(7, 12, latencies);
  try {
    await client.open((server.address() as AddressInfo).port);
    await client.run(performance.now() + 20);
  } finally {
    server.close();
  }
  return { client, latencies };
}

/** The texts of short masked frames that are complete. */
function* textsIn(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; ) {
    const frame = bytes.subarray(at, at + 6 + (bytes[at + 1]! & 0x7f));
    if (frame[0] === 0x81) yield Buffer.from(frame.subarray(6).map((byte, index) => byte ^ frame[2 + (index % 4)]!));
    at += frame.length;
  }
}

describe('EchoClient', () => {
  it('counts the messages that come back, and keeps its own texts apart from others', async () => {
    const texts = new Set<string>();
    const { client, latencies } = await runClient(agreed, (socket, text) => {
      texts.add(text.toString());
      socket.write(serverFrame(opcode.text, text));
    });
    assert.deepEqual([client.wrongEchoes, client.isLost], [0, false]);
    assert.ok(latencies.count >= texts.size && texts.has('7:0.........'), [...texts].join(' '));
  });

  it('takes an echo in pieces, with a ping before it', async () => {
    const { client } = await runClient(agreed, (socket, text) => {
      const bytes = Buffer.concat([serverFrame(opcode.ping, Buffer.alloc(0)), serverFrame(opcode.text, text)]);
      socket.write(bytes.subarray(0, 5));
      setImmediate(() => socket.write(bytes.subarray(5)));
    });
    assert.deepEqual([client.wrongEchoes, client.isLost], [0, false]);
  });

  it('counts what is not the text that it sent', async () => {
    const { client, latencies } = await runClient(agreed, (socket) =>
      socket.write(serverFrame(opcode.text, Buffer.from('7:other.....'))),
    );
    assert.ok(client.wrongEchoes > 0);
    assert.equal(client.wrongEchoes, latencies.count);
  });

  it('is lost when the server leaves before the answer', async () => {
    const { client } = await runClient(agreed, (socket) => socket.destroy());
    assert.equal(client.isLost, true);
  });

  it('shows what a server says that does not agree', async () => {
    await assert.rejects(
      runClient('HTTP/1.1 404 Not Found\r\n\r\n', () => {}),
      /the answer is "HTTP\/1\.1 404 Not Found/,
    );
  });
});
