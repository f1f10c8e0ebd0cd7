import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { RawClient } from '../../support/raw-client.ts';
import { until } from '../../support/until.ts';
import { type Arrived, FaultStage, ok } from './fault-stage.ts';

const clients = 8;
const requests = 80;

/** What an upstream does to the request of this number, none of which may reach another request. */
const faults: readonly ((arrived: Arrived, number: string) => void)[] = [
  ({ socket }, number) => void socket.write(ok(`<${number}>`)),
  ({ socket }, number) => void socket.write(ok(`<${number}>`)),
  ({ socket }, number) =>
    void socket.write(
      `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n<>\r\n0\r\nx-number: ${number}\r\n\r\n`,
    ),
  ({ socket }, number) => void socket.end(`HTTP/1.1 200 OK\r\n\r\n<${number}>`),
  ({ socket }, number) => void socket.write(`${ok(`<${number}>`)}${ok('<poison>')}`),
  ({ socket }, number) => void socket.write(`HTTP/1.1 204 No Content\r\n\r\n<poison ${number}>`),
  ({ socket }, number) => void socket.write(`HTTP/1.1 103 Hint\r\nlink: x\r\n\r\n${ok(`<${number}>`)}`),
  ({ socket }, number) => void socket.end(`HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n<${number}>`),
  ({ socket }) => void socket.write('HTTP/1.1 413 No\r\ncontent-length: 2\r\n\r\n<>'),
  ({ socket }) => void socket.write('HTTP/1.1 200 OK\r\nx: \0\r\n\r\n'),
  ({ socket }) => void socket.write('HTTP/1.1 200 OK\r\nx'),
  ({ socket }) => void socket.resetAndDestroy(),
  ({ socket }) => void socket.destroy(),
  ({ socket }) => void socket.end(),
];

/** A random generator whose numbers are known from its seed (mulberry32). */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** Sends one request after the other, each with a number; leaves some of them. */
async function run(stage: FaultStage, name: number, random: (below: number) => number): Promise<void> {
  let client: RawClient | undefined;
  for (let count = 0; count < requests; count++) {
    const number = `${name}-${count}`;
    client ??= await RawClient.connect(stage.port);
    client.received = '';
    const isUpload = random(3) === 0;
    const size = isUpload ? random(200_000) : 0;
    const head = `${isUpload ? 'PUT' : 'GET'} /?${random(faults.length)}.${number} HTTP/1.1\r\nhost: a\r\n`;
    client.send(isUpload ? `${head}content-length: ${size}\r\n\r\n${'x'.repeat(size)}` : `${head}\r\n`);
    if (random(10) === 0) {
      client.destroy();
      client = undefined;
      continue;
    }
    const asked = client;
    const isOver = (): boolean => isComplete(asked.received) || asked.ended || asked.closed;
    await until(isOver, () => `the end of the answer to ${head}: ${asked.received}`);
    const { received } = asked;
    assert.doesNotMatch(received, /poison/);
    for (const [, found] of received.matchAll(/<(\d+-\d+)>/g)) assert.equal(found, number, head);
    if (asked.ended || asked.closed || /^connection: close\r$/im.test(received)) {
      asked.destroy();
      client = undefined;
    }
  }
  client?.destroy();
}

/** Whether all of an answer is there, behind interim ones. */
function isComplete(received: string): boolean {
  const answer = received.replace(/^(?:HTTP\/1\.1 1\d\d .*\r\n(?:.+\r\n)*\r\n)+/, '');
  const end = answer.indexOf('\r\n\r\n') + 4;
  if (end < 4) return false;
  if (/^HTTP\/1\.1 204/.test(answer)) return true;
  const [, length] = /^content-length: (\d+)/im.exec(answer) ?? [];
  return length === undefined ? answer.endsWith('0\r\n\r\n') : answer.length - end >= Number(length);
}

describe('A proxy whose upstream and clients do anything', () => {
  for (const [how, location] of [
    ['buffered', 'proxy_request_buffering on; proxy_buffering on;'],
    ['streamed', 'proxy_request_buffering off; proxy_buffering off;'],
  ] as const) {
    it(`gives each client its own answers and loses no connection, ${how}`, async () => {
      await using stage = await FaultStage.start(`location / { proxy_pass http://app; ${location} }`);
      stage.on('/', (arrived) => {
        const [, fault, number = ''] = /\?(\d+)\.(\d+-\d+)/.exec(arrived.head) ?? [];
        faults[Number(fault)]?.(arrived, number);
      });
      await Promise.all(Array.from({ length: clients }, (_, name) => run(stage, name, generator(name + 1))));
      assert.doesNotMatch(readFileSync(stage.serving.own.file('error.log'), 'utf8'), /a defect of Galley/);
      const answer = await stage.ask('/good');
      assert.match(answer, /good$/);
      await until(
        () => stage.upstream.open <= 8,
        () => `the upstream has ${stage.upstream.open} connections`,
      );
      await stage.hasLostNothing();
    });
  }
});
