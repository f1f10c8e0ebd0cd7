import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Galley, startGalley } from '../support/galley.ts';
import { PythonScript } from '../support/python-script.ts';

const apps = fileURLToPath(new URL('../apps', import.meta.url));

describe('Django Channels', () => {
  let galley: Galley;
  let client: PythonScript;
  before(async () => {
    galley = await startGalley('channels_site.asgi:application', { cwd: apps, args: ['--workers', '1'] });
    client = new PythonScript('channels_client', galley.url);
  });

  it('lets two clients chat in a room that a third is not in', () => client.call('chat_in_a_room'));
  it('agrees on a subprotocol', () => client.call('agrees_on_a_subprotocol'));
  it('closes with the code and the reason of the consumer', () => client.call('is_closed_by_the_consumer'));
  it('tells the consumer how a client left', () => client.call('tells_the_others_how_it_left'));

  it('refuses a handshake that the consumer closes, with 403', async () => {
    assert.equal(await client.call<number>('refusal', 'locked'), 403);
  });

  it('refuses a page of another origin', async () => {
    assert.equal(await client.call<number>('refusal', 'deck', 'http://elsewhere.example'), 403);
  });

  it('answers HTTP beside it', async () => {
    const answer = await fetch(`${galley.url}/hello/`);
    assert.deepEqual(await answer.json(), { hello: 'ASGIRequest' });
  });

  it('closes with 1011 when the consumer raises, and shows the traceback', async () => {
    assert.doesNotMatch(galley.stderr(), /Traceback/);
    await client.call('fails_on_what_is_not_json');
    await galley.says(/Traceback[\s\S]*JSONDecodeError/);
  });

  after(async () => {
    client?.[Symbol.dispose]();
    assert.equal(await galley?.stop(), 0);
    await galley?.leavesNothing();
  });
});
