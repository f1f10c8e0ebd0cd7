import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { closeStages, get, reply, stage } from '../../test/support/front-stage.ts';
import { drop } from '../core/reply.ts';

afterEach(closeStages);

describe('HeldWrites', () => {
  it('loses no answer to a connection that is cut in the same turn', async () => {
    const { client } = await stage(({ request }) => (request.target === '/drop' ? drop : reply('answered')));
    const connection = await client();
    connection.send(`${get('/')}${get('/drop')}`);
    assert.match(await connection.all(), /answered$/);
  });

  it('keeps the order of answers that are at hand and streams', async () => {
    const { client } = await stage(({ request }) => {
      if (request.target !== '/stream') return reply(request.target);
      async function* body(): AsyncGenerator<Uint8Array> {
        yield Buffer.from('streamed');
      }
      return { ...reply(''), body: body() };
    });
    const connection = await client();
    connection.send(`${get('/one')}${get('/stream')}${get('/two', 'Connection: close\r\n')}`);
    assert.match(await connection.all(), /\/one[\s\S]*streamed[\s\S]*\/two$/);
  });
});
