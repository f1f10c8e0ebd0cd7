import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Galley, startGalley } from '../support/galley.ts';
import { OpenRequest, openRequests, untilAll } from '../support/open-requests.ts';
import { PythonScript } from '../support/python-script.ts';
import { until } from '../support/until.ts';

const apps = fileURLToPath(new URL('../apps', import.meta.url));

/** What the app tells of a channel; `left` is when the last listener did, in seconds of the epoch. */
interface Channel {
  readonly listeners: number;
  readonly left: number | null;
}

describe('sse-starlette', () => {
  let galley: Galley;
  let client: PythonScript;

  before(async () => {
    galley = await startGalley('sse_app:app', { cwd: apps, args: ['--workers', '1', '--graceful-timeout', '300'] });
    client = new PythonScript('sse_client', galley.url);
  });

  const channel = async (name: string): Promise<Channel> =>
    (await (await fetch(`${galley.url}/listeners/${name}`)).json()) as Channel;

  async function hasListeners(name: string, count: number): Promise<void> {
    let listeners = -1;
    await until(
      async () => {
        listeners = (await channel(name)).listeners;
        return listeners === count;
      },
      () => `${count} listen to ${name}; ${listeners} do`,
    );
  }

  /** Posts an event and gives how many listen. */
  async function post(name: string, data: string): Promise<unknown> {
    return (await fetch(`${galley.url}/events/${name}`, { method: 'POST', body: JSON.stringify({ data }) })).json();
  }

  it('sends events one by one, as the app yields them', () => client.call('gets_events_one_by_one'));
  it('sends names, several lines and the time to retry', () => client.call('reads_every_field'));
  it('goes on after the event that the client has seen last', () => client.call('goes_on_after_the_last_event'));
  it('sends pings', () => client.call('gets_pings'));

  it('ends a stream whose events come from an iterator that blocks', async () => {
    assert.deepEqual(
      await client.call<string[]>('counts', 50),
      Array.from({ length: 50 }, (_, key) => `${key + 1}`),
    );
  });

  it('tells the app within a second that a client has left', async (t) => {
    const stream = new OpenRequest(`${galley.url}/events/left`);
    await hasListeners('left', 1);
    const leftAt = Date.now();
    stream.destroy();
    await hasListeners('left', 0);
    const noticedAfterMs = (await channel('left')).left! * 1_000 - leftAt;
    t.diagnostic(`noticed after ${noticedAfterMs.toFixed(1)} ms`);
    assert.ok(noticedAfterMs < 1_000, `noticed after ${noticedAfterMs} ms`);
  });

  it('keeps 1,000 streams open on one worker, and notices the end of each', async (t) => {
    const began = performance.now();
    const passed = (): string => `${(performance.now() - began).toFixed(0)} ms`;
    const streams = openRequests(`${galley.url}/events/many`, 1_000);
    await hasListeners('many', 1_000);
    t.diagnostic(`open after ${passed()}`);
    for (const text of ['first', 'second']) {
      assert.equal(await post('many', text), 1_000);
      await untilAll(streams, ({ received }) => received.includes(`data: ${text}\r\n\r\n`), `has the ${text} event`);
      t.diagnostic(`have the ${text} event after ${passed()}`);
    }
    const leftAt = Date.now();
    for (const stream of streams) stream.destroy();
    await hasListeners('many', 0);
    const noticedAfterMs = (await channel('many')).left! * 1_000 - leftAt;
    t.diagnostic(`the last was noticed ${noticedAfterMs.toFixed(1)} ms after they left`);
    assert.ok(noticedAfterMs < 1_000, `the last was noticed after ${noticedAfterMs} ms`);
  });

  it('leaves no word of clients that left in the log', () => {
    assert.doesNotMatch(galley.stderr(), /Traceback|error|warn/i);
  });

  it('ends open streams when the server stops, long before the graceful timeout', async () => {
    const [stream] = openRequests(`${galley.url}/events/stopped`, 1);
    await hasListeners('stopped', 1);
    assert.equal(await galley.stop(), 0);
    await until(() => stream?.ended === true || stream?.error !== undefined, 'the stream is over');
  });

  after(async () => {
    client?.[Symbol.dispose]();
    await galley?.leavesNothing();
  });
});
