import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { describe, it } from 'node:test';
import { RawUpstream, type ToldAttempt, TransportStage } from '../../../test/support/raw-upstream.ts';
import { until } from '../../../test/support/until.ts';
import type { Tunnel, TunnelEnd } from '../../core/tunnel.ts';
import type { UpstreamRequest } from '../upstream-request.ts';

const switching = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: upgrade\r\nx: y\r\n\r\n';

/** A client's end that writes down what it is given. */
class ToldEnd implements TunnelEnd {
  text = '';
  size = 0;
  passedOn = 0;
  readonly told: string[] = [];

  bytes(chunk: Uint8Array): void {
    this.size += chunk.length;
    if (chunk.length < 100) this.text += Buffer.from(chunk).toString('latin1');
  }

  end(): void {
    this.told.push('end');
  }

  close(): void {
    this.told.push('close');
  }

  taken(bytes: number): void {
    this.passedOn += bytes;
  }
}

interface OpenTunnel extends AsyncDisposable {
  readonly upstream: RawUpstream;
  readonly stage: TransportStage;
  readonly socket: Socket;
  readonly tunnel: Tunnel;
  readonly attempt: ToldAttempt;
}

async function switched(head: string = switching, request: Partial<UpstreamRequest> = {}): Promise<OpenTunnel> {
  let peer: Socket | undefined;
  const upstream = await RawUpstream.listen((socket) => {
    peer = socket;
    socket.once('data', () => socket.write(head, 'latin1'));
  });
  const stage = new TransportStage();
  const { answer, attempt } = stage.ask(upstream.address, { upgrade: 'websocket', ...request });
  const tunnel = await answer;
  assert.ok(tunnel.kind === 'tunnel' && peer);
  return {
    upstream,
    stage,
    socket: peer,
    tunnel,
    attempt,
    async [Symbol.asyncDispose]() {
      stage.transport.close();
      await upstream[Symbol.asyncDispose]();
    },
  };
}

describe('Http1Tunnel', () => {
  it('carries bytes both ways, those first that came behind the head', async () => {
    await using open = await switched(`${switching}early`);
    assert.deepEqual(
      [...open.tunnel.headers],
      [
        ['upgrade', 'WebSocket'],
        ['x', 'y'],
      ],
    );
    const client = new ToldEnd();
    const end = open.tunnel.open(client);
    open.socket.write(' late');
    end.bytes(Buffer.from('hello'));
    await until(
      () => client.text === 'early late',
      () => `the upstream's bytes: ${client.text}`,
    );
    await until(() => open.upstream.text.endsWith('upgrade: websocket\r\nconnection: upgrade\r\n\r\nhello'), 'ours');
    assert.equal(client.passedOn, 5);
    end.close();
    assert.equal(open.attempt.end, 'ended complete');
    await open.stage.isClean(open.upstream);
    assert.deepEqual(client.told, []);
  });

  it('reads no more than the client takes', async () => {
    await using open = await switched();
    const client = new ToldEnd();
    const end = open.tunnel.open(client);
    const size = 32 * 1024 * 1024;
    open.socket.write(Buffer.alloc(size));
    await until(() => client.size >= 64 * 1024, 'the first bytes');
    await until(() => open.socket.writableLength > 0, 'the upstream is held back');
    assert.ok(client.size < 1024 * 1024, `${client.size} bytes came`);
    let taken = 0;
    await until(() => {
      end.taken(client.size - taken);
      taken = client.size;
      return taken === size;
    }, 'all of it');
  });

  it('tells when the upstream takes the bytes', async () => {
    await using open = await switched();
    open.socket.pause();
    const client = new ToldEnd();
    const end = open.tunnel.open(client);
    const size = 32 * 1024 * 1024;
    end.bytes(Buffer.alloc(size));
    assert.equal(client.passedOn, 0);
    open.socket.resume();
    await until(() => client.passedOn === size, 'it is passed on');
  });

  it('ends one way at a time', async () => {
    await using open = await switched();
    const client = new ToldEnd();
    const end = open.tunnel.open(client);
    end.end();
    open.socket.removeAllListeners('end');
    open.socket.write('after');
    await until(() => client.text === 'after', 'what comes after our end');
    open.socket.end();
    await until(() => client.told.length === 2, 'both ends');
    assert.deepEqual(client.told, ['end', 'close']);
    assert.equal(open.attempt.end, 'ended complete');
    await open.stage.isClean(open.upstream);
  });

  for (const hasLeft of [false, true]) {
    it(`sends what the upstream has not taken yet when both have ended${hasLeft ? ', for a client that is gone' : ''}`, async () => {
      await using open = await switched();
      open.socket.pause();
      const client = new ToldEnd();
      const end = open.tunnel.open(client);
      const size = 32 * 1024 * 1024;
      end.bytes(Buffer.alloc(size, 'x'));
      end.end();
      open.socket.end();
      await until(() => client.told.includes('end'), "the upstream's end");
      if (hasLeft) end.close();
      assert.equal(open.attempt.end, undefined);
      open.socket.resume();
      await until(() => open.attempt.end === 'ended complete', 'the end');
      assert.deepEqual(client.told, hasLeft ? ['end'] : ['end', 'close']);
      await until(() => open.upstream.text.length > size, 'all of it');
      await open.stage.isClean(open.upstream);
    });
  }

  it('is given up where an upstream that has ended takes nothing for too long', async () => {
    await using open = await switched(switching, { timeouts: { connectMs: 1_000, sendMs: 1_000, readMs: 50 } });
    open.socket.pause();
    const client = new ToldEnd();
    const end = open.tunnel.open(client);
    end.bytes(Buffer.alloc(32 * 1024 * 1024));
    end.end();
    open.socket.end();
    await until(() => client.told.includes('close'), 'the end');
    assert.deepEqual([client.told, open.attempt.end], [['end', 'close'], 'ended failed']);
  });

  it('tells when the upstream is gone', async () => {
    await using open = await switched();
    const client = new ToldEnd();
    open.tunnel.open(client);
    open.socket.resetAndDestroy();
    await until(() => client.told.includes('close'), 'the end');
    assert.equal(open.attempt.end, 'ended failed');
    await open.stage.isClean(open.upstream);
  });

  it('ends when both are silent for too long', async () => {
    await using open = await switched(switching, { timeouts: { connectMs: 1_000, sendMs: 1_000, readMs: 50 } });
    const client = new ToldEnd();
    open.tunnel.open(client);
    await until(() => client.told.includes('close'), 'the end');
    await open.stage.isClean(open.upstream);
  });

  it('goes on while bytes go one way or the other', async () => {
    await using open = await switched(switching, { timeouts: { connectMs: 1_000, sendMs: 1_000, readMs: 200 } });
    const client = new ToldEnd();
    const end = open.tunnel.open(client);
    const startedAt = performance.now();
    let turn = 0;
    await until(() => {
      if (++turn % 2 === 0) end.bytes(Buffer.from('x'));
      else open.socket.write('y');
      return performance.now() - startedAt > 600;
    }, 'three times the limit');
    assert.deepEqual(client.told, []);
  });

  it('is given up where the client is gone', async () => {
    await using open = await switched();
    open.tunnel.cancel();
    assert.equal(open.attempt.end, 'ended cancelled');
    await open.stage.isClean(open.upstream);
  });

  it('is told of an upstream that left before it was opened', async () => {
    await using open = await switched(`${switching}early`);
    open.socket.resetAndDestroy();
    await until(() => open.attempt.end !== undefined || open.upstream.open === 0, 'the upstream is gone');
    const client = new ToldEnd();
    open.tunnel.open(client);
    await until(() => client.told.includes('close'), 'the end');
    await open.stage.isClean(open.upstream);
  });
});
