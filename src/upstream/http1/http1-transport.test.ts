import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { describe, it } from 'node:test';
import { AppFolder } from '../../../test/support/app-folder.ts';
import { plainWish, RawUpstream, TransportStage, textOf } from '../../../test/support/raw-upstream.ts';
import { until } from '../../../test/support/until.ts';
import { PeerError } from '../../core/errors.ts';
import type { HeaderList } from '../../core/headers.ts';
import { UpstreamFailure, type UpstreamReply } from '../upstream-request.ts';

const ok = 'HTTP/1.1 200 OK\r\n';
const empty = `${ok}content-length: 0\r\n\r\n`;

async function replyOf(answer: Promise<unknown>): Promise<UpstreamReply> {
  return (await answer) as UpstreamReply;
}

/** An upstream that answers once so many bytes have come, and keeps the connection. */
async function answeringAfter(size: number, text: string): Promise<RawUpstream> {
  return await RawUpstream.listen((socket) => {
    let received = 0;
    socket.on('data', (chunk) => {
      const before = received;
      received += chunk.length;
      if (before < size && received >= size) socket.write(text);
    });
  });
}

async function* piecesOf(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

describe('Http1Transport', () => {
  it('gives an answer that came whole as bytes', async () => {
    await using upstream = await RawUpstream.answering(`${ok}x: y\r\ncontent-length: 5\r\n\r\nhello`);
    using stage = new TransportStage();
    const { answer, attempt } = stage.ask(upstream.address);
    const reply = await replyOf(answer);
    assert.ok(reply.body instanceof Uint8Array);
    const { status, reason, version, headers, body } = reply;
    assert.deepEqual([status, reason, version, await textOf(body)], [200, 'OK', '1.1', 'hello']);
    assert.equal(headers.get('x'), 'y');
    assert.equal(upstream.text, 'GET / HTTP/1.1\r\nhost: upstream\r\n\r\n');
    assert.deepEqual(attempt.told, ['connected', 'headed', 'ended complete']);
    assert.deepEqual([attempt.sentBytes, attempt.receivedBytes], [upstream.text.length, ok.length + 32]);
  });

  it('gives what was read apart from what the next one reads', async () => {
    await using upstream = await RawUpstream.answering(
      (request) => `${ok}content-length: 2\r\n\r\n${request.slice(5, 7)}`,
    );
    using stage = new TransportStage();
    const replies: UpstreamReply[] = [];
    for (const target of ['/aa', '/bb']) replies.push(await replyOf(stage.ask(upstream.address, { target }).answer));
    assert.deepEqual(await Promise.all(replies.map(({ body }) => textOf(body))), ['aa', 'bb']);
  });

  it('gives trailers when a chunked body has ended', async () => {
    const body = '2\r\nab\r\n0\r\nx-sum: 1\r\ncontent-length: 9\r\n\r\n';
    await using upstream = await RawUpstream.answering(`${ok}transfer-encoding: chunked\r\n\r\n${body}`);
    using stage = new TransportStage();
    const reply = await replyOf(stage.ask(upstream.address, { takesTrailers: true }).answer);
    assert.equal(await textOf(reply.body), 'ab');
    assert.deepEqual([...(reply.trailers?.() ?? [])], [['x-sum', '1']]);
  });

  it('tells of interim answers but 100', async () => {
    const early = 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: <a>\r\n\r\n';
    await using upstream = await RawUpstream.answering(early + empty);
    using stage = new TransportStage();
    const told: unknown[] = [];
    const inform = (status: number, headers: HeaderList): void => void told.push([status, [...headers]]);
    await stage.ask(upstream.address, { inform }).answer;
    assert.deepEqual(told, [[103, [['link', '<a>']]]]);
  });

  it('reads no more than its reader takes', async () => {
    const size = 64 * 1024 * 1024;
    let sender: Socket | undefined;
    await using upstream = await RawUpstream.listen((socket) => {
      sender = socket;
      socket.on('data', () => {
        socket.write(`${ok}content-length: ${size}\r\n\r\n`);
        socket.write(Buffer.alloc(size));
      });
    });
    using stage = new TransportStage();
    const { answer, attempt } = stage.ask(upstream.address);
    const reply = await replyOf(answer);
    await until(() => (sender?.writableLength ?? 0) > 0, 'the upstream is held back');
    const before = attempt.receivedBytes;
    assert.ok(before < 1024 * 1024, `${before} bytes were read`);
    let total = 0;
    for await (const piece of reply.body as AsyncIterable<Uint8Array>) total += piece.length;
    assert.equal(total, size);
    assert.equal(attempt.end, 'ended complete');
  });

  it('sends nothing of a request that would be read as another one', async () => {
    await using upstream = await RawUpstream.answering(empty);
    using stage = new TransportStage();
    const { answer, attempt } = stage.ask(upstream.address, { target: '/ HTTP/1.1\r\nx: y' });
    await assert.rejects(answer, { code: 'internal-error', wasSent: false });
    assert.equal(attempt.end, 'ended cancelled');
    await stage.isClean(upstream);
    assert.equal(upstream.text, '');
  });

  it('speaks over a Unix socket', async () => {
    await using folder = await AppFolder.with({});
    await using upstream = await RawUpstream.listen((socket) => socket.on('data', () => socket.write(empty)), {
      path: folder.file('upstream.sock'),
    });
    using stage = new TransportStage();
    assert.equal((await replyOf(stage.ask(upstream.address).answer)).status, 200);
  });

  it('comes from the local address that it is told', async () => {
    let from: string | undefined;
    await using upstream = await RawUpstream.listen((socket) => {
      from = socket.remoteAddress;
      socket.on('data', () => socket.write(empty));
    });
    using stage = new TransportStage();
    await stage.ask(upstream.address, {}, { localAddress: '127.0.0.2' }).answer;
    assert.equal(from, '127.0.0.2');
  });

  it('tells of the client in the PROXY protocol, over a connection for each request', async () => {
    await using upstream = await RawUpstream.answering(empty);
    using stage = new TransportStage();
    const profile = { ...plainWish.profile, proxyProtocol: 1 as const };
    await stage.ask(upstream.address, {}, { profile }).answer;
    await stage.isClean(upstream);
    assert.equal(upstream.text, 'PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\nGET / HTTP/1.1\r\nhost: upstream\r\n\r\n');
  });
});

describe('Http1Transport sends a body', () => {
  it('that is at hand in one piece with its head', async () => {
    let pieces = 0;
    await using upstream = await RawUpstream.listen((socket) =>
      socket.on('data', () => {
        pieces++;
        socket.write(empty);
      }),
    );
    using stage = new TransportStage();
    await stage.ask(upstream.address, { method: 'POST', body: Buffer.from('abc'), bodyLength: 3 }).answer;
    assert.ok(upstream.text.endsWith('content-length: 3\r\n\r\nabc'));
    assert.equal(pieces, 1);
  });

  it('that is long, no faster than it is taken', async () => {
    const body = Buffer.alloc(8 * 1024 * 1024, 'x');
    await using upstream = await answeringAfter(body.length, empty);
    using stage = new TransportStage();
    await stage.ask(upstream.address, { method: 'PUT', body, bodyLength: body.length }).answer;
    await until(() => upstream.text.length >= body.length, 'all of it');
    assert.ok(upstream.text.endsWith('xxx'));
  });

  it('of known length, as it comes', async () => {
    await using upstream = await RawUpstream.listen((socket) =>
      socket.on('data', (chunk) => void (String(chunk).endsWith('f') && socket.write(empty))),
    );
    using stage = new TransportStage();
    const ask = (): Promise<unknown> =>
      stage.ask(upstream.address, { method: 'PUT', body: piecesOf('abc', '', 'def'), bodyLength: 6 }).answer;
    await ask();
    await ask();
    assert.equal(upstream.connections, 1);
    assert.equal(upstream.text, 'PUT / HTTP/1.1\r\nhost: upstream\r\ncontent-length: 6\r\n\r\nabcdef'.repeat(2));
  });

  it('of unknown length in chunks', async () => {
    await using upstream = await RawUpstream.listen((socket) =>
      socket.on('data', (chunk) => void (String(chunk).endsWith('0\r\n\r\n') && socket.write(empty))),
    );
    using stage = new TransportStage();
    const long = 'x'.repeat(20_000);
    const body = piecesOf('abc', '', long);
    await stage.ask(upstream.address, { method: 'PUT', body, bodyLength: 'chunked' }).answer;
    const [, sent = ''] = upstream.text.split('\r\n\r\n');
    assert.ok(upstream.text.endsWith('\r\n0\r\n\r\n'));
    assert.equal(sent, `3\r\nabc\r\n4e20\r\n${long}\r\n0`);
  });

  for (const [what, length] of [
    ['shorter', 7],
    ['longer', 5],
  ] as const) {
    it(`that is ${what} than was said: the connection is cut`, async () => {
      await using upstream = await RawUpstream.listen(() => {});
      using stage = new TransportStage();
      const { answer, attempt } = stage.ask(upstream.address, { body: piecesOf('abc', 'def'), bodyLength: length });
      await assert.rejects(answer, { code: 'body-incomplete', stage: 'send' });
      assert.equal(attempt.end, 'ended cancelled', 'which is not the fault of the peer');
      await stage.isClean(upstream);
    });
  }

  it('that breaks: the failure says why', async () => {
    await using upstream = await RawUpstream.listen(() => {});
    using stage = new TransportStage();
    const body = (async function* () {
      yield Buffer.from('a');
      throw new PeerError('client-closed', 'The client left');
    })();
    const { answer, attempt } = stage.ask(upstream.address, { body, bodyLength: 'chunked' });
    await assert.rejects(answer, (error) => error instanceof UpstreamFailure && error.code === 'client-closed');
    assert.equal(attempt.end, 'ended cancelled');
    await stage.isClean(upstream);
  });

  it('only after 100 (Continue) where it waits for that', async () => {
    await using upstream = await RawUpstream.listen((socket) =>
      socket.on('data', (chunk) => {
        if (String(chunk).endsWith('\r\n\r\n')) socket.write('HTTP/1.1 100 Continue\r\n\r\n');
        else socket.write(empty);
      }),
    );
    using stage = new TransportStage();
    const { answer } = stage.ask(upstream.address, { body: Buffer.from('abc'), bodyLength: 3, expectsContinue: true });
    await answer;
    assert.ok(upstream.text.endsWith('content-length: 3\r\nexpect: 100-continue\r\n\r\nabc'), upstream.text);
  });

  it('although no 100 (Continue) comes', async () => {
    await using upstream = await RawUpstream.listen((socket) =>
      socket.on('data', (chunk) => void (String(chunk) === 'abc' && socket.write(empty))),
    );
    using stage = new TransportStage();
    await stage.ask(upstream.address, { body: Buffer.from('abc'), bodyLength: 3, expectsContinue: true }).answer;
    assert.ok(upstream.text.endsWith('\r\n\r\nabc'));
  });

  it('not at all where the final answer comes in place of 100', async () => {
    await using upstream = await RawUpstream.answering('HTTP/1.1 413 Content Too Large\r\ncontent-length: 0\r\n\r\n');
    using stage = new TransportStage();
    // Another peer may yet get it.
    const body = { [Symbol.asyncIterator]: (): never => assert.fail('the body is read') };
    const { answer } = stage.ask(upstream.address, { body, bodyLength: 3, expectsContinue: true });
    assert.equal((await replyOf(answer)).status, 413);
    await stage.isClean(upstream);
  });

  it('no further once it is refused', async () => {
    await using upstream = await RawUpstream.listen((socket) =>
      socket.once('data', () => socket.write('HTTP/1.1 413 Content Too Large\r\ncontent-length: 2\r\n\r\nno')),
    );
    using stage = new TransportStage();
    let isEnded = false;
    const body = (async function* () {
      try {
        for (;;) yield Buffer.alloc(1024);
      } finally {
        isEnded = true;
      }
    })();
    const { answer, attempt } = stage.ask(upstream.address, { body, bodyLength: 'chunked' });
    const reply = await replyOf(answer);
    assert.deepEqual([reply.status, await textOf(reply.body)], [413, 'no']);
    assert.equal(attempt.end, 'ended complete');
    await until(() => isEnded, 'the body is let go');
    await stage.isClean(upstream);
  });

  it('no further once it is refused, and waits no longer for the rest of that than for any answer', async () => {
    await using upstream = await RawUpstream.listen((socket) =>
      socket.once('data', () => socket.write('HTTP/1.1 403 Forbidden\r\ncontent-length: 9\r\n\r\nno')),
    );
    using stage = new TransportStage();
    const { promise: never } = Promise.withResolvers<void>();
    const body = (async function* () {
      yield Buffer.alloc(1024);
      await never;
    })();
    const timeouts = { connectMs: 5_000, sendMs: 5_000, readMs: 50 };
    const { answer } = stage.ask(upstream.address, { body, bodyLength: 'chunked', timeouts });
    const reply = await replyOf(answer);
    assert.equal(reply.status, 403);
    await assert.rejects(textOf(reply.body), { code: 'upstream-timeout', stage: 'body' });
  });

  it('to its end while the answer is already coming', async () => {
    await using upstream = await RawUpstream.listen((socket) => {
      socket.once('data', () => socket.write(`${ok}transfer-encoding: chunked\r\n\r\n1\r\na\r\n`));
      socket.on('data', (chunk) => void (String(chunk).endsWith('0\r\n\r\n') && socket.write('0\r\n\r\n')));
    });
    using stage = new TransportStage();
    let answered = (): void => {};
    const isAnswered = new Promise<void>((resolve) => {
      answered = resolve;
    });
    const body = (async function* () {
      yield Buffer.from('first');
      await isAnswered;
      yield Buffer.from('last');
    })();
    const { answer } = stage.ask(upstream.address, { body, bodyLength: 'chunked' });
    const reply = await replyOf(answer);
    answered();
    assert.equal(await textOf(reply.body), 'a');
    assert.ok(upstream.text.endsWith('4\r\nlast\r\n0\r\n\r\n'));
  });

  it('to its end while nobody reads the answer, which may take longer than the timeout', async () => {
    const size = 1024 * 1024;
    await using upstream = await RawUpstream.listen((socket) => {
      socket.once('data', () => socket.write(`${ok}content-length: ${size}\r\n\r\n${'x'.repeat(size)}`));
    });
    using stage = new TransportStage();
    const body = (async function* () {
      yield Buffer.from('first');
      await until(() => attempt.receivedBytes >= 64 * 1024, 'the answer is held back');
      yield Buffer.from('last!');
    })();
    const timeouts = { connectMs: 1_000, sendMs: 1_000, readMs: 50 };
    const { answer, attempt } = stage.ask(upstream.address, { body, bodyLength: 10, timeouts });
    const reply = await replyOf(answer);
    await until(() => upstream.text.endsWith('last!'), 'the whole body');
    const sentAt = performance.now();
    await until(() => performance.now() - sentAt > 150, 'three times the limit');
    assert.equal((await textOf(reply.body)).length, size);
  });

  it('in HTTP/1.0 never in chunks', async () => {
    await using upstream = await RawUpstream.answering(empty);
    using stage = new TransportStage();
    const { answer, attempt } = stage.ask(upstream.address, {
      version: '1.0',
      body: piecesOf('a'),
      bodyLength: 'chunked',
    });
    await assert.rejects(answer, { code: 'internal-error' });
    assert.equal(attempt.end, 'ended cancelled');
  });
});

describe('Http1Transport keeps connections', () => {
  it('for the next request, the latest first', async () => {
    await using upstream = await RawUpstream.listen((socket, connection) =>
      socket.on('data', () => socket.write(`${ok}content-length: 1\r\n\r\n${connection}`)),
    );
    using stage = new TransportStage();
    const ask = async (): Promise<string> => await textOf((await replyOf(stage.ask(upstream.address).answer)).body);
    const first = await Promise.all([ask(), ask(), ask()]);
    assert.deepEqual(first.sort(), ['1', '2', '3']);
    const latest = await ask();
    assert.equal(await ask(), latest);
    assert.equal(upstream.connections, 3);
  });

  it('not more than so many', async () => {
    await using upstream = await RawUpstream.answering(empty);
    using stage = new TransportStage({ idle: 2 });
    await Promise.all([1, 2, 3, 4].map(() => stage.ask(upstream.address).answer));
    await until(() => upstream.open === 2, 'two are left');
  });

  it('not for more than so many requests', async () => {
    await using upstream = await RawUpstream.answering(empty);
    using stage = new TransportStage({ requests: 2 });
    for (let request = 0; request < 4; request++) await stage.ask(upstream.address).answer;
    assert.equal(upstream.connections, 2);
  });

  for (const plan of [{ timeoutMs: 30 }, { timeMs: 30 }]) {
    it(`not for longer than ${JSON.stringify(plan)}`, async () => {
      await using upstream = await RawUpstream.answering(empty);
      using stage = new TransportStage(plan);
      await stage.ask(upstream.address).answer;
      await stage.isClean(upstream);
    });
  }

  for (const [what, text, request] of [
    ['the answer says close', `${ok}connection: close\r\ncontent-length: 0\r\n\r\n`, {}],
    ['the answer is of HTTP/1.0', 'HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n', {}],
    ['the request does not want it', empty, { keepsConnection: false }],
    ['the peer will end it in a moment', `${ok}keep-alive: timeout=1\r\ncontent-length: 0\r\n\r\n`, {}],
  ] as const) {
    it(`not where ${what}`, async () => {
      await using upstream = await RawUpstream.answering(text);
      using stage = new TransportStage();
      await stage.ask(upstream.address, request).answer;
      await stage.isClean(upstream);
    });
  }

  it('of one profile and local address apart from those of another', async () => {
    await using upstream = await RawUpstream.answering(empty);
    using stage = new TransportStage();
    await stage.ask(upstream.address).answer;
    await stage.ask(upstream.address, {}, { profile: { ...plainWish.profile, key: 'other' } }).answer;
    await stage.ask(upstream.address, {}, { localAddress: '127.0.0.1' }).answer;
    assert.equal(upstream.connections, 3);
  });

  it('not to a peer that is gone, and ends what is under way there when it is done', async () => {
    let answer = (): void => {};
    await using upstream = await RawUpstream.listen((socket) =>
      socket.on('data', (chunk) => {
        if (String(chunk).startsWith('GET /slow')) answer = () => socket.write(empty);
        else socket.write(empty);
      }),
    );
    using stage = new TransportStage();
    const slow = stage.ask(upstream.address, { target: '/slow' }).answer;
    await stage.ask(upstream.address).answer;
    await until(() => upstream.text.includes('/slow'), 'the slow request');
    stage.transport.forget({ ...upstream.address });
    await until(() => upstream.open === 1, 'the idle one is closed');
    answer();
    await slow;
    await stage.isClean(upstream);
    await stage.ask(upstream.address).answer;
    await stage.ask(upstream.address).answer;
    assert.equal(upstream.connections, 3);
  });

  it('no more once it is closed, but goes on with what is under way', async () => {
    await using upstream = await RawUpstream.answering(empty);
    using stage = new TransportStage();
    await stage.ask(upstream.address).answer;
    const { answer } = stage.ask(upstream.address);
    stage.transport.close();
    assert.equal((await replyOf(answer)).status, 200);
    await stage.isClean(upstream);
  });
});
