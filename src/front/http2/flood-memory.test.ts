import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { closeStages, reply, stage } from '../../../test/support/front-stage.ts';
import { GOAWAY } from '../../../test/support/http2-frames.ts';
import { RawHttp2 } from '../../../test/support/raw-http2.ts';
import { until } from '../../../test/support/until.ts';
import { http2Limits } from '../../core/limits.ts';
import { FrameKind, Http2Code } from '../../protocol/http2/codes.ts';
import { FloodMemory } from './flood-memory.ts';

const pings = (client: RawHttp2, count: number): void => {
  for (let sent = 0; sent < count; sent++) client.send(FrameKind.ping, 0, 0, Buffer.alloc(8));
};

describe('FloodMemory', () => {
  after(closeStages);

  it('gives who comes back a tenth of each burst for a minute', () => {
    const memory = new FloodMemory();
    const bursts = (address: string, now: number): number[] => {
      const { resets, controls, emptyFrames } = memory.limitsFor(address, http2Limits, now);
      return [resets.burst, controls.burst, emptyFrames.burst];
    };
    memory.note('192.0.2.1', 1_000);
    assert.deepEqual(bursts('192.0.2.1', 1_000), [20, 100, 10]);
    assert.deepEqual(bursts('192.0.2.2', 1_000), [200, 1_000, 100]);
    assert.deepEqual(bursts('192.0.2.1', 60_999), [20, 100, 10]);
    assert.deepEqual(bursts('192.0.2.1', 61_000), [200, 1_000, 100]);
  });

  it('forgets the oldest of too many', () => {
    const memory = new FloodMemory();
    for (let count = 0; count <= 10_000; count++) memory.note(`${count}`, 0);
    assert.equal(memory.limitsFor('0', http2Limits, 0), http2Limits);
    assert.notEqual(memory.limitsFor('1', http2Limits, 0), http2Limits);
  });

  it('has a front calm a client down sooner that has flooded it before', async () => {
    const { port } = await stage(() => reply('served'));
    const floods = async (count: number): Promise<number> => {
      const client = await RawHttp2.connect(port);
      try {
        pings(client, count);
        const answers = (): number => client.of(FrameKind.ping).length;
        await until(
          () => client.of(GOAWAY).length > 0 || answers() === count,
          () => `GOAWAY or ${count} answers: ${answers()}`,
        );
        return client.of(GOAWAY)[0]?.payload.readUInt32BE(4) ?? 0;
      } finally {
        client.destroy();
      }
    };
    assert.equal(await floods(500), Http2Code.noError);
    assert.equal(await floods(1_500), Http2Code.enhanceYourCalm);
    assert.equal(await floods(500), Http2Code.enhanceYourCalm);
  });
});
