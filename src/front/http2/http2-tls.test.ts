import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type ClientHttp2Session, connect } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { afterEach, before, describe, it } from 'node:test';
import { createServer, type Server } from 'node:tls';
import { closeStages, reply, stage } from '../../../test/support/front-stage.ts';
import { answerOf, type Http2Answer } from '../../../test/support/http2-client.ts';
import { type SelfSigned, selfSigned } from '../../../test/support/self-signed.ts';
import { until } from '../../../test/support/until.ts';
import type { Handler } from '../../core/handler.ts';
import { listenerSettings } from '../listener-settings.ts';
import { Http2Connection } from './http2-connection.ts';

let identity: SelfSigned;
const servers: Server[] = [];
const sessions: ClientHttp2Session[] = [];

before(async () => {
  identity = await selfSigned();
});

afterEach(async () => {
  for (const session of sessions.splice(0)) session.destroy();
  await closeStages();
  for (const server of servers.splice(0)) server.close();
});

/** A client whose connection has been through a handshake. */
async function connected(handle: Handler): Promise<ClientHttp2Session> {
  const { front } = await stage(handle);
  const server = createServer({ ...identity, ALPNProtocols: ['h2'] }, (socket) => {
    const peer = { address: '127.0.0.1', port: 1 };
    const facts = { scheme: 'https', listener: 0, client: peer, server: peer } as const;
    new Http2Connection(socket, facts, front, { ...listenerSettings, tls: true });
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const session = connect(`https://127.0.0.1:${(server.address() as AddressInfo).port}`, { rejectUnauthorized: false });
  sessions.push(session);
  await once(session, 'connect');
  return session;
}

function fetch(session: ClientHttp2Session, path: string): Promise<Http2Answer> {
  const stream = session.request({ ':path': path });
  stream.end();
  return answerOf(stream);
}

describe('an HTTP/2 connection over TLS', () => {
  it('keeps answers apart that are written while others are under way', async () => {
    const session = await connected(async ({ request }) => {
      const size = Number(request.query);
      if (size % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
      return reply(Buffer.alloc(size, request.path.slice(1)));
    });
    const wanted = Array.from({ length: 600 }, (_, index) => {
      const letter = String.fromCharCode(97 + (index % 26));
      return { letter, size: (index * 37) % 20_000 };
    });
    for (let at = 0; at < wanted.length; at += 60) {
      const some = wanted.slice(at, at + 60);
      const answers = await Promise.all(some.map(({ letter, size }) => fetch(session, `/${letter}?${size}`)));
      for (const [index, { letter, size }] of some.entries()) {
        assert.ok(answers[index]?.body === letter.repeat(size), `${letter} ${size}`);
      }
    }
  });

  it("takes requests for both schemes, as nginx does: proxies that begin TLS anew leave the client's", async () => {
    const session = await connected(() => reply('fine'));
    for (const [scheme, status] of [
      ['http', 200],
      ['https', 200],
      ['HTTPS', 200],
      ['ftp', 400],
    ] as const) {
      const stream = session.request({ ':scheme': scheme, ':path': '/' });
      stream.end();
      assert.equal((await answerOf(stream)).status, status, scheme);
    }
  });

  it('sends a long body whole', async () => {
    const body = Buffer.alloc(3_000_000, 'abcdefghijk');
    async function* pieces(): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < body.length; at += 33_333) yield body.subarray(at, at + 33_333);
    }
    const session = await connected(({ request }) => reply(request.path === '/whole' ? body : pieces()));
    const answers = await Promise.all(['/whole', '/pieces', '/whole'].map((path) => fetch(session, path)));
    for (const answer of answers) assert.ok(answer.body === body.toString('latin1'));
  });

  it('ends in order', async () => {
    const session = await connected(() => reply('fine'));
    assert.equal((await fetch(session, '/')).body, 'fine');
    session.close();
    await until(() => session.destroyed, 'the end of the session');
  });
});
