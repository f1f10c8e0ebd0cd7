import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { closeStages, get, reply, stage } from '../../test/support/front-stage.ts';
import type { RawClient } from '../../test/support/raw-client.ts';
import { until } from '../../test/support/until.ts';

afterEach(closeStages);

const lastCallMs = 6;
const spanMs = 16;

/** Numbers from 0 to 1, the same ones for the same seed. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Keeps the event loop busy, so that what arrives waits in the kernel. */
function spin(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

interface Sender {
  readonly connection: RawClient;
  readonly target: string;
  /** When its request had reached the kernel. */
  sentAt: number | undefined;
  error: Error | undefined;
}

/** Clients that each send one request at some moment around a stop. Gives what there was to check. */
async function stopUnderRequests(
  random: () => number,
): Promise<{ answered: number; unanswered: number; missed: number }> {
  const seen = new Set<string>();
  const { client, front } = await stage(({ request }) => {
    seen.add(request.target);
    const answer = reply(request.target);
    return random() < 0.5 ? answer : Promise.resolve(answer);
  });
  const senders: Sender[] = [];
  for (let index = 0; index < 8; index++) {
    const connection = await client();
    const sender: Sender = { connection, target: `/request-${index}-`, sentAt: undefined, error: undefined };
    connection.socket.on('error', (error) => {
      sender.error = error;
    });
    if (random() < 0.5) {
      connection.send(get('/before'));
      await connection.sees(/\/before$/);
    }
    senders.push(sender);
  }
  let stoppedAt = 0;
  let cut: number | undefined;
  setTimeout(() => {
    stoppedAt = performance.now();
    void front.close(10_000, lastCallMs).then((count) => {
      cut = count;
    });
  }, 4);
  for (let count = 0; count < 3; count++) setTimeout(() => spin(random() * 4), random() * spanMs);
  for (const sender of senders) {
    const send = (): void => {
      sender.connection.send(get(sender.target));
      sender.sentAt = performance.now();
    };
    setTimeout(() => (random() < 0.5 ? send() : setImmediate(send)), random() * spanMs);
  }
  const isOver = ({ connection, sentAt }: Sender): boolean =>
    sentAt !== undefined && (connection.ended || connection.closed);
  await until(() => stoppedAt > 0 && senders.every(isOver), 'all is sent, and all connections are ended');
  let answered = 0;
  let missed = 0;
  for (const { connection, target, sentAt, error } of senders) {
    const isAnswered = connection.received.endsWith(`\r\n\r\n${target}`);
    const text = `${target} at ${(sentAt ?? 0) - stoppedAt} ms: ${JSON.stringify(connection.received)}`;
    assert.equal(error, undefined, text);
    assert.equal(seen.has(target), isAnswered, text);
    if (!isAnswered && (sentAt ?? 0) < stoppedAt + lastCallMs) missed++;
    if (isAnswered) answered++;
    else assert.ok(connection.received === '' || connection.received.endsWith('/before'), text);
    connection.destroy();
  }
  await until(() => cut !== undefined, 'the front is closed');
  assert.equal(cut, 0);
  return { answered, unanswered: senders.length - answered, missed };
}

describe('IdleEnding', () => {
  it('loses no request that came before the last call was over, handles none without answering it, and resets nothing', async () => {
    const total = { answered: 0, unanswered: 0, missed: 0 };
    for (let round = 0; round < 40; round++) {
      const runs = Array.from({ length: 8 }, (_, index) => stopUnderRequests(generator(round * 8 + index)));
      for (const { answered, unanswered, missed } of await Promise.all(runs)) {
        total.answered += answered;
        total.unanswered += unanswered;
        total.missed += missed;
      }
    }
    // On a busy machine the kernel itself may take longer from one end of a connection to the other than the last call takes.
    assert.ok(total.missed < total.answered / 20, JSON.stringify(total));
    // Both sides of the moment are looked at.
    assert.ok(total.answered > 200 && total.unanswered > 200, JSON.stringify(total));
  });
});
