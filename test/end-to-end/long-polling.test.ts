import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Galley, startGalley } from '../support/galley.ts';
import { OpenRequest, openRequests, untilAll } from '../support/open-requests.ts';
import { until } from '../support/until.ts';

const apps = fileURLToPath(new URL('../apps', import.meta.url));

/** What the app tells of a channel; `left` is when the last client did, in seconds of the epoch. */
interface Channel {
  readonly waiting: number;
  readonly left: number | null;
}

describe('Long polling', () => {
  let galley: Galley;
  before(async () => {
    galley = await startGalley('long_polling_app:app', { cwd: apps, args: ['--workers', '1'] });
  });

  const answer = async <Value>(path: string): Promise<Value> =>
    (await (await fetch(`${galley.url}${path}`)).json()) as Value;

  async function isWaiting(name: string, count: number): Promise<Channel> {
    let channel: Channel | undefined;
    await until(
      async () => {
        channel = await answer<Channel>(`/waiting/${name}`);
        return channel.waiting === count;
      },
      () => `${count} requests wait in ${name}; ${channel?.waiting} do`,
    );
    return channel!;
  }

  it('holds a request until another one releases it', async () => {
    const held = new OpenRequest(`${galley.url}/poll/one`);
    await isWaiting('one', 1);
    assert.equal(held.status, 0);
    assert.equal(await answer('/release/one?land'), 1);
    await untilAll([held], ({ ended }) => ended, 'is answered');
    assert.deepEqual([held.status, held.received], [200, '{"released": "land"}']);
  });

  it('tells the app within a second that a client has left', async (t) => {
    const held = new OpenRequest(`${galley.url}/poll/left`);
    await isWaiting('left', 1);
    const leftAt = Date.now();
    held.destroy();
    const noticedAfterMs = (await isWaiting('left', 0)).left! * 1_000 - leftAt;
    t.diagnostic(`noticed after ${noticedAfterMs.toFixed(1)} ms`);
    assert.ok(noticedAfterMs < 1_000, `noticed after ${noticedAfterMs} ms`);
  });

  it('holds 1,000 requests at once in one worker and answers them all', async (t) => {
    const began = performance.now();
    const held = openRequests(`${galley.url}/poll/many`, 1_000);
    await isWaiting('many', 1_000);
    t.diagnostic(`held after ${(performance.now() - began).toFixed(0)} ms`);
    assert.equal(await answer('/release/many?all'), 1_000);
    await untilAll(held, ({ ended, received }) => ended && received === '{"released": "all"}', 'is answered');
    t.diagnostic(`answered after ${(performance.now() - began).toFixed(0)} ms`);
    await isWaiting('many', 0);
  });

  it('tells the app of 1,000 clients that leave at once', async (t) => {
    const held = openRequests(`${galley.url}/poll/crowd`, 1_000);
    await isWaiting('crowd', 1_000);
    const leftAt = Date.now();
    for (const request of held) request.destroy();
    const noticedAfterMs = (await isWaiting('crowd', 0)).left! * 1_000 - leftAt;
    t.diagnostic(`the last was noticed after ${noticedAfterMs.toFixed(1)} ms`);
    assert.ok(noticedAfterMs < 1_000, `the last was noticed after ${noticedAfterMs} ms`);
    assert.equal(await answer('/release/crowd'), 0);
  });

  it('leaves no word of clients that left in the log', () => {
    assert.doesNotMatch(galley.stderr(), /Traceback|error|warn/i);
  });

  after(async () => {
    assert.equal(await galley?.stop(), 0);
    await galley?.leavesNothing();
  });
});
