import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { closeStages, get, reply, stage } from '../../test/support/front-stage.ts';
import { until } from '../../test/support/until.ts';
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

  it('never writes over what a client that is behind has not got yet', async () => {
    const size = 20_000;
    const count = 400; // 8 MB: more than the kernel takes for a client that does not read
    const letterOf = (index: number): string => String.fromCharCode(97 + (index % 26));
    const { client, front } = await stage(({ request }) => {
      const index = Number(request.query);
      return reply(letterOf(index).repeat(size));
    });
    const slow = await client();
    slow.socket.pause();
    const targets = Array.from({ length: count }, (_, index) => `/?${index}`);
    slow.send(targets.map((target) => get(target)).join(''));
    await until(() => front.counts().active === 1 && front.requests > 20, 'it is behind');
    for (let index = 0; index < 60; index++) {
      const other = await client();
      other.send(get(`/?${index + 7}`, 'Connection: close\r\n'));
      assert.ok((await other.all()).endsWith(letterOf(index + 7).repeat(size)));
    }
    assert.ok(front.requests < count + 60, 'it is still behind');
    slow.socket.resume();
    await until(
      () => front.requests === count + 60 && slow.received.endsWith(letterOf(count - 1).repeat(size)),
      'it has all',
    );
    const bodies = slow.received.split(/HTTP\/1\.1 200 OK\r\n[\s\S]*?\r\n\r\n/).slice(1);
    assert.equal(bodies.length, count);
    for (const [index, body] of bodies.entries()) assert.ok(body === letterOf(index).repeat(size), `answer ${index}`);
  });
});
