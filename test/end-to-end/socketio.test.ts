import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Galley, startGalley } from '../support/galley.ts';
import { PythonScript } from '../support/python-script.ts';

const apps = fileURLToPath(new URL('../apps', import.meta.url));

const ways = [
  { name: 'over WebSocket alone', transports: ['websocket'] },
  { name: 'by long polling alone', transports: ['polling'] },
  { name: 'by polling at first and WebSocket then', transports: ['polling', 'websocket'] },
] as const;

describe('python-socketio', () => {
  let galley: Galley;
  let client: PythonScript;
  before(async () => {
    // The library goes on with the polls of clients that have left; a stop waits for them.
    galley = await startGalley('socketio_app:app', { cwd: apps, args: ['--workers', '1', '--graceful-timeout', '1'] });
    client = new PythonScript('socketio_client', galley.url);
  });

  for (const { name, transports } of ways) {
    describe(name, () => {
      it('connects', () => client.call('connects', transports));
      it('acknowledges events, many at a time', () => client.call('acknowledges', transports));
      it('carries binary data both ways', () => client.call('carries_binary', transports));
      it('lets the server ask the client', () => client.call('is_asked', transports));
      it('keeps rooms apart', () => client.call('meets_in_rooms', transports));
      it('tells a refused client why', () => client.call('is_refused', transports));
      it('lets the server disconnect a client', () => client.call('is_sent_away', transports));
      it('tells the server of a client that leaves', () => client.call('leaves', transports));
    });
  }

  it('tells the server of a WebSocket that is lost', () => client.call('is_lost', ['websocket']));

  it('is served without a word in the log', () => assert.doesNotMatch(galley.stderr(), /Traceback|error|warn/i));

  after(async () => {
    client?.[Symbol.dispose]();
    assert.equal(await galley?.stop(), 0);
    await galley?.leavesNothing();
  });
});
