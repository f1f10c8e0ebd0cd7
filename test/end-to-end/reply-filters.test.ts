import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { afterEach, describe, it } from 'node:test';
import { createGunzip } from 'node:zlib';
import { BodyStream } from '../../src/core/body.ts';
import type { Reply } from '../../src/core/reply.ts';
import type { Settings } from '../../src/plan/settings.ts';
import { createReplyFilters } from '../../src/site/reply/order.ts';
import { runFilters } from '../../src/site/run-steps.ts';
import { SiteRequest } from '../../src/site/site-request.ts';
import { closeStages, type FrontStage, get, stage } from '../support/front-stage.ts';
import { replyStage, stageContext, textReply } from '../support/reply-stage.ts';
import { until } from '../support/until.ts';

const settings = {
  headers: [],
  trailers: [],
  gunzip: false,
  serverHeader: { kind: 'name' },
  content: { kind: 'app', app: 'main' },
  compression: {
    encodings: [{ encoding: 'gzip', level: 1 }],
    minLength: 0,
    types: ['*'],
    vary: true,
    proxied: ['off'],
    httpVersion: '1.1',
    disable: [],
  },
} as unknown as Settings;

/** A front whose answers pass the filters of these settings. */
function filtered(
  answer: () => Reply,
  more: Partial<Settings> = {},
  aborted: () => void = () => {},
): Promise<FrontStage> {
  const filters = createReplyFilters({ ...settings, ...more }, stageContext, '1.2.3');
  const { services, server, location } = replyStage().request;
  const clocked = { ...services, now: () => Date.now() };
  return stage((exchange) => {
    exchange.onAbort(aborted);
    const request = new SiteRequest(exchange, clocked, server, location, exchange.request.path, '');
    return runFilters(request, filters, 0, answer());
  });
}

const openStream = (): BodyStream => new BodyStream({ wanted: () => {}, taken: () => {}, cancelled: () => {} });

const takesGzip = 'Accept-Encoding: gzip\r\n';

describe('filtered answers on a connection', () => {
  afterEach(closeStages);

  it('sends each event of a compressed event stream as it comes', async () => {
    const events = openStream();
    const front = await filtered(() => textReply(events, { 'content-type': 'text/event-stream' }));
    const client = await front.client();
    client.send(get('/', takesGzip));
    const gunzip = createGunzip();
    let text = '';
    gunzip.on('data', (piece: Buffer) => {
      text += piece.toString();
    });
    let read = 0;
    for (const event of ['data: 1\n\n', 'data: 2\n\n', 'data: 3\n\n']) {
      events.push(Buffer.from(event));
      await until(
        () => {
          const { bytes, content } = chunks(client.received);
          gunzip.write(content.subarray(read));
          read = bytes;
          return text.endsWith(event);
        },
        () => `${event} in ${JSON.stringify(text)}`,
      );
    }
    assert.match(client.received, /content-encoding: gzip/);
    events.end();
    await client.sees(/\r\n0\r\n\r\n$/);
  });

  it('stops the source when the client leaves in the middle', async () => {
    for (const more of [{}, { limitRate: '1k', compression: undefined }, { limitRate: '1k' }]) {
      let isStopped = false;
      async function* endless(): AsyncGenerator<Uint8Array, undefined> {
        try {
          for (;;) yield randomBytes(65_536);
        } finally {
          isStopped = true;
        }
      }
      const front = await filtered(() => textReply(endless()), more);
      const client = await front.client();
      client.send(get('/', takesGzip));
      await client.sees(/\r\n\r\n./);
      client.destroy();
      await until(() => isStopped && front.records.length > 0, 'the source is stopped');
    }
  });

  it('ends when the client leaves while the source is silent', async () => {
    for (const more of [{}, { limitRate: '1k', compression: undefined }, { limitRate: '1k' }]) {
      const silent = openStream();
      // As a worker's stream does when its client is gone.
      const front = await filtered(
        () => textReply(silent),
        more,
        () => silent.fail(new Error('cancelled')),
      );
      const client = await front.client();
      client.send(get('/', takesGzip));
      silent.push(Buffer.from('first'));
      await client.sees(/\r\n\r\n./);
      client.destroy();
      await until(() => front.records.length > 0, 'the exchange is over');
    }
  });

  it('holds little of a long answer that its client does not read', async () => {
    let made = 0;
    async function* long(): AsyncGenerator<Uint8Array, undefined> {
      for (;;) {
        made += 65_536;
        yield randomBytes(65_536);
      }
    }
    const front = await filtered(() => textReply(long()));
    const client = await front.client();
    client.send(get('/', takesGzip));
    client.socket.pause();
    let before = -1;
    await until(() => {
      const isStill = made === before;
      before = made;
      return isStill && made > 65_536;
    }, 'nothing more is made');
    assert.ok(made < 32 * 1024 * 1024, `${made} bytes were made`);
    client.destroy();
    await until(() => front.records.length > 0, 'the exchange is over');
  });
});

/** What came in whole chunks of an answer, and how many bytes that is. */
function chunks(received: string): { bytes: number; content: Buffer } {
  let at = received.indexOf('\r\n\r\n') + 4;
  let content = '';
  while (at > 3) {
    const lineEnd = received.indexOf('\r\n', at);
    const size = Number.parseInt(received.slice(at, lineEnd), 16);
    if (lineEnd < 0 || !(size > 0) || received.length < lineEnd + 4 + size) break;
    content += received.slice(lineEnd + 2, lineEnd + 2 + size);
    at = lineEnd + 4 + size;
  }
  return { bytes: content.length, content: Buffer.from(content, 'latin1') };
}
