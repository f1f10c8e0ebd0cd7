import assert from 'node:assert/strict';
import { constants, createServer, type ServerHttp2Stream } from 'node:http2';
import { describe, it } from 'node:test';
import { cleartext, Http2Stage } from '../../test/support/http2-stage.ts';
import { literalStates } from '../../test/support/literal-upstreams.ts';
import { plainRequest, plainWish, RawUpstream } from '../../test/support/raw-upstream.ts';
import { peerPlan, upstreamPlan } from '../../test/support/upstream-plans.ts';
import { HeaderList } from '../core/headers.ts';
import { Forward } from './forward.ts';
import type { SocketAddress } from './member.ts';
import type { ConnectionWish } from './transport.ts';
import type { Upstream } from './upstream.ts';
import type { UpstreamAnswer, UpstreamRequest } from './upstream-request.ts';
import { Upstreams } from './upstreams.ts';

/** An upstream whose peers take one request at a time each. */
function upstreamAt(address: SocketAddress, peers = 1): Upstream {
  assert.ok(address.kind === 'tcp');
  const peer = peerPlan(address.host, address.port, { maxConnections: 1 });
  const plans = [upstreamPlan(Array.from({ length: peers }, () => peer))];
  const upstreams = new Upstreams({ front: 0, frontCount: 1, now: () => performance.now(), random: Math.random });
  upstreams.configure(plans, literalStates(plans));
  const upstream = upstreams.get('app');
  assert.ok(upstream);
  return upstream;
}

/** Rejects with why it was given up. `failures`: is told of the attempts that failed. */
function forwarded(
  upstream: Upstream,
  wish: ConnectionWish,
  failures: string[] = [],
  request: Partial<UpstreamRequest> = {},
): Promise<UpstreamAnswer> {
  return new Promise((answered, gaveUp) => {
    const forward = new Forward({
      upstream,
      request: { ...plainRequest, ...request },
      wish,
      key: undefined,
      route: undefined,
      next: ['error', 'timeout'],
      nextTries: 0,
      nextTimeoutMs: 0,
      isBodyReplayable: () => true,
      began() {},
      failed: ({ message }) => failures.push(message),
      answered,
      gaveUp,
    });
    forward.run();
  });
}

async function statusOf(answer: Promise<UpstreamAnswer>): Promise<number> {
  const given = await answer;
  assert.ok(given.kind === 'reply');
  return given.status;
}

describe('Forward', () => {
  it('lets go of a peer to which no connection can be made at all', async () => {
    await using http1 = await RawUpstream.answering('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
    await using http2 = await Http2Stage.of(createServer(), (stream) => stream.respond({}, { endStream: true }));
    const rows = [
      [http1.address, plainWish],
      [http2.address, { ...plainWish, profile: cleartext }],
    ] as const;
    for (const [address, wish] of rows) {
      const upstream = upstreamAt(address);
      const failures: string[] = [];
      for (let time = 0; time < 2; time++) {
        const impossible = forwarded(upstream, { ...wish, localAddress: 'nonsense' }, failures);
        await assert.rejects(impossible, { name: 'Error', code: 'internal-error', stage: 'connect' });
      }
      assert.equal(failures.length, 2);
      assert.match(failures[0] ?? '', /Invalid IP address: nonsense/);
      assert.equal(await statusOf(forwarded(upstream, wish)), 200);
      upstream.close();
    }
  });

  it('holds a request that cannot be written against no peer', async () => {
    await using http1 = await RawUpstream.answering('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
    await using http2 = await Http2Stage.of(createServer(), (stream) => stream.respond({}, { endStream: true }));
    const changes: Partial<UpstreamRequest>[] = [
      { target: '/ HTTP/1.1\r\nx: y' },
      { target: '' },
      { method: 'A B' },
      { method: '' },
    ];
    const host: Partial<UpstreamRequest> = { headers: HeaderList.of([['host', 'a b']]) };
    const rows = [
      [http1.address, plainWish, changes],
      [http2.address, { ...plainWish, profile: cleartext }, [...changes, host, { method: 'CONNECT' }]],
    ] as const;
    for (const [address, wish, requests] of rows) {
      const upstream = upstreamAt(address, 2);
      for (const request of requests) {
        const impossible = forwarded(upstream, wish, [], request);
        await assert.rejects(impossible, { code: 'internal-error', stage: 'connect' }, JSON.stringify(request));
      }
      assert.equal(await statusOf(forwarded(upstream, wish)), 200);
      upstream.close();
    }
  });

  const refusals: [what: string, refuse: (stream: ServerHttp2Stream) => void][] = [
    ['refuses a stream', (stream) => stream.close(constants.NGHTTP2_REFUSED_STREAM)],
    ['goes away', (stream) => stream.session?.goaway(constants.NGHTTP2_NO_ERROR, 1)],
  ];
  for (const [what, refuse] of refusals) {
    it(`asks a peer again that ${what}, and does not hold it against it`, async () => {
      let streams = 0;
      await using stage = await Http2Stage.of(createServer(), (stream) => {
        if (++streams % 2 === 0) refuse(stream);
        else stream.respond({}, { endStream: true });
      });
      const upstream = upstreamAt(stage.address);
      const wish = { ...plainWish, profile: cleartext };
      for (let time = 0; time < 5; time++) assert.equal(await statusOf(forwarded(upstream, wish)), 200);
      assert.equal(streams, 9);
      upstream.close();
    });
  }
});
