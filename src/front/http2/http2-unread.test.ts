import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { closeStages, reply, stage } from '../../../test/support/front-stage.ts';
import { Http2Client } from '../../../test/support/http2-client.ts';
import { END_HEADERS, END_STREAM, frame, HEADERS } from '../../../test/support/http2-frames.ts';
import { RawHttp2 } from '../../../test/support/raw-http2.ts';
import { until } from '../../../test/support/until.ts';

const clients: { destroy(): void }[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await closeStages();
});

describe('an HTTP/2 client that does not read answers', () => {
  it('has no more requests read while heads of many wait for it, and all of them when it reads (http.md 285)', async () => {
    const asked = 10_000;
    let handled = 0;
    const { port } = await stage(({ request }) => {
      if (request.path === '/other') return reply('');
      return reply('', [['location', `/${handled++}/${'x'.repeat(4_000)}`]], 301);
    });
    const client = await RawHttp2.connect(port);
    const other = new Http2Client(port);
    clients.push(client, other);
    const { socket } = client.client;
    socket.removeAllListeners('data');
    socket.pause();
    // Fields of the table (RFC 7541 Appendix A): GET, http, /; and an authority.
    const fields = Buffer.from('\x82\x86\x84\x01\x01a', 'latin1');
    const requests = Array.from({ length: asked }, (_, index) =>
      frame(HEADERS, END_HEADERS | END_STREAM, 2 * index + 1, fields),
    );
    socket.write(Buffer.concat(requests));
    let before = -1;
    // It is as far as it comes when others were served often meanwhile.
    for (let same = 0; same < 50; same = handled === before ? same + 1 : 0) {
      before = handled;
      await other.fetch('/other');
    }
    assert.ok(handled > 10 && handled < asked, `${handled} were handled`);
    socket.on('data', () => {});
    socket.resume();
    await until(() => handled === asked, 'all requests');
  });
});
