import assert from 'node:assert/strict';
import { createServer, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import { RawUpstream, type ToldAttempt, TransportStage, textOf } from '../../../test/support/raw-upstream.ts';
import { until } from '../../../test/support/until.ts';
import { UpstreamFailure, type UpstreamReply, type UpstreamRequest, type UpstreamStage } from '../upstream-request.ts';

/** What an upstream does to a request once its head is there. */
type Misbehaviour = (socket: Socket) => void;

const says =
  (text: string): Misbehaviour =>
  (socket) =>
    socket.write(text, 'latin1');
const saysAndCloses =
  (text: string): Misbehaviour =>
  (socket) =>
    socket.end(text, 'latin1');
const saysAndResets =
  (text: string): Misbehaviour =>
  (socket) =>
    socket.write(text, 'latin1', () => socket.resetAndDestroy());

const impatient = { connectMs: 5_000, sendMs: 100, readMs: 100 };
const ok = 'HTTP/1.1 200 OK\r\n';

interface Fault {
  readonly what: string;
  readonly does: Misbehaviour;
  readonly code: string;
  readonly stage: UpstreamStage;
  readonly request?: Partial<UpstreamRequest>;
}

const faults: readonly Fault[] = [
  { what: 'closes without an answer', does: saysAndCloses(''), code: 'upstream-closed', stage: 'head' },
  { what: 'resets the connection', does: (socket) => socket.resetAndDestroy(), code: 'upstream-closed', stage: 'head' },
  { what: 'says nothing', does: says(''), code: 'upstream-timeout', stage: 'head', request: { timeouts: impatient } },
  {
    what: 'stalls in the head',
    does: says(`${ok}x: `),
    code: 'upstream-timeout',
    stage: 'head',
    request: { timeouts: impatient },
  },
  { what: 'closes in the head', does: saysAndCloses(`${ok}x: `), code: 'upstream-closed', stage: 'head' },
  {
    what: 'stalls in the body',
    does: says(`${ok}content-length: 5\r\n\r\nab`),
    code: 'upstream-timeout',
    stage: 'body',
    request: { timeouts: impatient },
  },
  {
    what: 'sends a body that is too short',
    does: saysAndCloses(`${ok}content-length: 5\r\n\r\nab`),
    code: 'upstream-incomplete',
    stage: 'body',
  },
  {
    what: 'closes in a chunk',
    does: saysAndCloses(`${ok}transfer-encoding: chunked\r\n\r\n5\r\nab`),
    code: 'upstream-incomplete',
    stage: 'body',
  },
  {
    what: 'closes before the last chunk',
    does: saysAndCloses(`${ok}transfer-encoding: chunked\r\n\r\n2\r\nab\r\n`),
    code: 'upstream-incomplete',
    stage: 'body',
  },
  {
    what: 'resets in a body without a length',
    does: saysAndResets(`${ok}\r\nab`),
    code: 'upstream-incomplete',
    stage: 'body',
  },
  {
    what: 'sends a wrong chunk',
    does: says(`${ok}transfer-encoding: chunked\r\n\r\n2\r\nabc`),
    code: 'upstream-response-invalid',
    stage: 'body',
  },
  { what: 'sends what is no HTTP', does: says('220 smtp\r\n'), code: 'upstream-response-invalid', stage: 'head' },
  {
    what: 'sends 10,000 interim answers',
    does: says('HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(10_000)),
    code: 'upstream-response-invalid',
    stage: 'head',
  },
  {
    what: 'sends a carriage return in a value',
    does: says(`${ok}x: a\rb\r\ncontent-length: 0\r\n\r\n`),
    code: 'upstream-response-invalid',
    stage: 'head',
  },
  {
    what: 'sends NUL in a value',
    does: says(`${ok}x: a\0b\r\ncontent-length: 0\r\n\r\n`),
    code: 'upstream-response-invalid',
    stage: 'head',
  },
  {
    what: 'sends a head that is too large',
    does: says(`${ok}x: ${'x'.repeat(2_000)}\r\n\r\n`),
    code: 'upstream-response-too-large',
    stage: 'head',
    request: { maxHeadSize: 2_000 },
  },
  {
    what: 'sends a length and a coding',
    does: says(`${ok}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n`),
    code: 'upstream-response-invalid',
    stage: 'head',
  },
  {
    what: 'switches to another protocol unasked',
    does: says('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n'),
    code: 'upstream-response-invalid',
    stage: 'head',
  },
  {
    what: 'switches to a protocol that was not asked for',
    does: says('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n'),
    code: 'upstream-response-invalid',
    stage: 'head',
    request: { upgrade: 'websocket' },
  },
];

async function misbehaving(does: Misbehaviour): Promise<RawUpstream> {
  return await RawUpstream.listen((socket) => {
    let request = '';
    socket.on('data', (chunk) => {
      request += chunk.toString('latin1');
      if (request.endsWith('\r\n\r\n')) does(socket);
    });
  });
}

async function failureOf(answer: Promise<unknown>): Promise<UpstreamFailure> {
  try {
    const reply = (await answer) as UpstreamReply;
    await textOf(reply.body);
  } catch (error) {
    assert.ok(error instanceof UpstreamFailure, String(error));
    return error;
  }
  return assert.fail('nothing failed');
}

describe('Http1Transport towards an upstream that', () => {
  for (const { what, does, code, stage, request } of faults) {
    it(what, async () => {
      await using upstream = await misbehaving(does);
      using stage_ = new TransportStage();
      const { answer, attempt } = stage_.ask(upstream.address, request);
      const failure = await failureOf(answer);
      assert.deepEqual([failure.code, failure.stage, failure.isStaleConnection], [code, stage, false]);
      assert.equal(attempt.end, 'ended failed');
      await stage_.isClean(upstream);
    });
  }

  it('refuses connections', async () => {
    using stage = new TransportStage();
    const { answer, attempt } = stage.ask({ kind: 'tcp', host: '127.0.0.1', port: await closedPort() });
    const failure = await failureOf(answer);
    assert.deepEqual([failure.code, failure.stage, failure.wasSent], ['upstream-refused', 'connect', false]);
    assert.deepEqual(attempt.told, ['ended failed']);
  });

  it('has no socket where it should be', async () => {
    using stage = new TransportStage();
    const { answer } = stage.ask({ kind: 'unix', path: '/nonexistent/galley.sock' });
    assert.equal((await failureOf(answer)).code, 'upstream-refused');
  });

  const surplus: [what: string, text: string, request: Partial<UpstreamRequest>, body: string][] = [
    ['sends more than the length', `${ok}content-length: 2\r\n\r\nabc`, {}, 'ab'],
    ['answers HEAD with a body', `${ok}content-length: 2\r\n\r\nab`, { method: 'HEAD' }, ''],
    ['sends a body with 204', 'HTTP/1.1 204 No Content\r\ncontent-length: 2\r\n\r\nab', {}, ''],
    ['announces a body with 204', 'HTTP/1.1 204 No Content\r\ncontent-length: 2\r\n\r\n', {}, ''],
    ['sends a body with 304', 'HTTP/1.1 304 Not Modified\r\n\r\nab', {}, ''],
    ['sends bytes behind the last chunk', `${ok}transfer-encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n!`, {}, 'ab'],
  ];
  for (const [what, text, request, body] of surplus) {
    it(`${what}: the answer is good, the connection is not`, async () => {
      await using upstream = await misbehaving(says(text));
      using stage = new TransportStage();
      const { answer, attempt } = stage.ask(upstream.address, request);
      assert.equal(await textOf(((await answer) as UpstreamReply).body), body);
      assert.equal(attempt.end, 'ended complete');
      await stage.isClean(upstream);
    });
  }

  it('sends more once its connection is idle', async () => {
    let idle: Socket | undefined;
    await using upstream = await misbehaving((socket) => {
      idle = socket;
      socket.write(`${ok}content-length: 2\r\n\r\nab`);
    });
    using stage = new TransportStage();
    const { answer } = stage.ask(upstream.address);
    assert.equal(await textOf(((await answer) as UpstreamReply).body), 'ab');
    assert.equal(upstream.open, 1);
    idle?.write(`${ok}content-length: 6\r\n\r\npoison`);
    await stage.isClean(upstream);
  });

  it('closes a connection that is idle', async () => {
    await using upstream = await RawUpstream.answering(`${ok}content-length: 2\r\n\r\nab`);
    using stage = new TransportStage();
    await stage.ask(upstream.address).answer;
    upstream.cut();
    await stage.isClean(upstream);
    await stage.ask(upstream.address).answer;
    assert.equal(upstream.connections, 2);
  });

  it('closes a kept connection as a request comes: that is told', async () => {
    await using upstream = await RawUpstream.listen((socket) => {
      let requests = 0;
      socket.on('data', () => {
        if (++requests === 1) socket.write(`${ok}content-length: 0\r\n\r\n`);
        else socket.destroy();
      });
    });
    using stage = new TransportStage();
    await stage.ask(upstream.address).answer;
    const { answer, attempt } = stage.ask(upstream.address);
    const failure = await failureOf(answer);
    assert.deepEqual([failure.code, failure.isStaleConnection], ['upstream-closed', true]);
    assert.equal(attempt.told[0], 'kept');
    await stage.isClean(upstream);
  });

  it('takes no request body', async () => {
    await using upstream = await RawUpstream.listen((socket) => void socket.pause());
    using stage = new TransportStage();
    const body = Buffer.alloc(32 * 1024 * 1024);
    const { answer, attempt } = stage.ask(upstream.address, {
      method: 'POST',
      body,
      bodyLength: body.length,
      timeouts: impatient,
    });
    const failure = await failureOf(answer);
    assert.deepEqual([failure.code, failure.stage], ['upstream-timeout', 'send']);
    assert.ok(attempt.sentBytes < body.length);
  });

  it('goes on for longer than the timeout, but is never silent for so long', async () => {
    await using upstream = await misbehaving((socket) => {
      socket.write(`${ok}content-length: 20\r\n\r\n`);
      let left = 20;
      const timer = setInterval(() => {
        socket.write('x');
        if (--left === 0) clearInterval(timer);
      }, 20);
      socket.on('close', () => clearInterval(timer));
    });
    using stage = new TransportStage();
    const { answer } = stage.ask(upstream.address, { timeouts: { ...impatient, readMs: 200 } });
    assert.equal(await textOf(((await answer) as UpstreamReply).body), 'x'.repeat(20));
  });
});

describe('Http1Transport.cancel', () => {
  it('ends a connection that is being made, one that waits and one whose answer comes', async () => {
    await using upstream = await misbehaving(says(`${ok}content-length: 5\r\n\r\nab`));
    using stage = new TransportStage();
    const early = stage.ask(upstream.address);
    early.cancel();
    assert.deepEqual(early.attempt.told, ['ended cancelled']);
    const late = stage.ask(upstream.address);
    const { body } = (await late.answer) as UpstreamReply;
    late.cancel();
    await assert.rejects(textOf(body));
    assert.equal(late.attempt.end, 'ended cancelled');
    await stage.isClean(upstream);
  });

  it('happens when the reader of a body leaves', async () => {
    await using upstream = await misbehaving(says(`${ok}content-length: 5\r\n\r\nab`));
    using stage = new TransportStage();
    const { answer, attempt } = stage.ask(upstream.address);
    for await (const piece of ((await answer) as UpstreamReply).body as AsyncIterable<Uint8Array>) {
      assert.equal(String(piece), 'ab');
      break;
    }
    assert.equal(attempt.end, 'ended cancelled');
    await stage.isClean(upstream);
  });

  it('changes nothing once the answer is complete', async () => {
    await using upstream = await RawUpstream.answering(`${ok}content-length: 2\r\n\r\nab`);
    using stage = new TransportStage();
    const { answer, attempt, cancel } = stage.ask(upstream.address);
    await answer;
    cancel();
    assert.equal(attempt.end, 'ended complete');
    const next: ToldAttempt = stage.ask(upstream.address).attempt;
    await until(() => next.end !== undefined, 'the second answer');
    assert.equal(upstream.connections, 1);
  });
});

/** A port on which nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}
