import assert from 'node:assert/strict';
import { constants, createServer, type Http2Session, type ServerHttp2Stream } from 'node:http2';
import { describe, it } from 'node:test';
import { Http2Stage, textOf } from '../../../test/support/http2-stage.ts';
import { until } from '../../../test/support/until.ts';
import { HeaderList } from '../../core/headers.ts';
import { proxyLimits } from '../../core/limits.ts';

const { NGHTTP2_REFUSED_STREAM, NGHTTP2_INTERNAL_ERROR, NGHTTP2_CANCEL } = constants;

async function* pieces(...texts: readonly string[]): AsyncIterable<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

describe('Http2Transport', () => {
  it('sends a request and gives the answer, with its trailers', async () => {
    let fields: string[] = [];
    await using stage = await Http2Stage.of(createServer(), (stream, _fields, raw) => {
      fields = raw;
      stream.respond({ ':status': 404, 'x-two': ['1', '2'], 'x-byte': 'caf\xe9' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': '5' }));
      stream.write('hel');
      stream.end('lo');
    });
    const headers = HeaderList.of([
      ['host', 'a.test:80'],
      ['x-one', '1'],
      ['connection', 'close'],
      ['if-none-match', '"a"'],
      ['if-none-match', '"b"'],
      ['cookie', 'a=1'],
      ['te', 'gzip'],
    ]);
    const { attempt, reply } = stage.send({ target: '/path?query', headers, takesTrailers: true });
    const answer = await reply();
    assert.equal(await textOf(answer), 'hello');
    assert.deepEqual([answer.status, answer.reason, answer.version], [404, '', '2']);
    assert.deepEqual([...answer.headers].slice(0, 3), [
      ['x-two', '1'],
      ['x-two', '2'],
      ['x-byte', 'caf\xe9'],
    ]);
    assert.deepEqual([...(answer.trailers?.() ?? [])], [['x-sum', '5']]);
    assert.equal(
      fields.join(' '),
      ':method GET :authority a.test:80 :scheme http :path /path?query x-one 1 if-none-match "a" if-none-match "b" cookie a=1 te trailers',
    );
    assert.deepEqual([attempt.connects.length, attempt.heads, attempt.ends], [1, 1, ['complete']]);
    assert.ok(attempt.receivedBytes > 40 && attempt.sentBytes > 40);
  });

  it('sends a body at hand with its length, and a stream without', async () => {
    const seen: string[] = [];
    await using stage = await Http2Stage.of(createServer(), (stream, fields) => {
      let text = '';
      stream.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
      stream.on('end', () => {
        seen.push(`${fields[':method']} ${fields['content-length']} ${text}`);
        stream.respond({ ':status': 204 }, { endStream: true });
      });
    });
    for (const [body, bodyLength] of [
      [Buffer.from('12345'), 5],
      [pieces('123', '', '45'), 5],
      [pieces('123', '45'), 'chunked'],
      [pieces(), 'chunked'],
      [Buffer.alloc(0), 0],
    ] as const) {
      const { reply, attempt } = stage.send({ method: 'POST', body, bodyLength });
      assert.equal((await reply()).status, 204);
      assert.deepEqual(attempt.ends, ['complete']);
    }
    assert.deepEqual(seen, ['POST 5 12345', 'POST 5 12345', 'POST undefined 12345', 'POST undefined ', 'POST 0 ']);
    assert.equal(stage.sessionCount, 1);
  });

  it('carries a large body both ways', async () => {
    await using stage = await Http2Stage.of(createServer(), (stream) => {
      stream.respond();
      stream.pipe(stream);
    });
    const body = Buffer.alloc(3_000_000, 'abcdefg');
    const { reply } = stage.send({ method: 'POST', body, bodyLength: body.length });
    assert.equal(await textOf(await reply()), body.toString('latin1'));
  });

  it('sends many requests at a time over few connections, no more over one than the peer takes', async () => {
    let now = 0;
    let most = 0;
    const perSession = new Map<Http2Session | undefined, number>();
    await using stage = await Http2Stage.of(
      createServer({ settings: { maxConcurrentStreams: 10 } }),
      (stream, fields) => {
        most = Math.max(most, ++now);
        const { session } = stream;
        perSession.set(session, (perSession.get(session) ?? 0) + 1);
        setImmediate(() => {
          now--;
          stream.respond();
          stream.end(fields[':path']);
        });
      },
    );
    const sent = Array.from({ length: 500 }, (_, index) => stage.send({ target: `/${index}` }));
    for (const [index, { reply }] of sent.entries()) assert.equal(await textOf(await reply()), `/${index}`);
    assert.ok(most <= 160 && most > 1, `${most} at a time`);
    assert.ok(stage.sessionCount <= 16, `${stage.sessionCount} connections`);
    assert.deepEqual(new Set(sent.flatMap(({ attempt }) => attempt.ends.join())), new Set(['complete']));
  });

  it('keeps a connection for the next request', async () => {
    await using stage = await Http2Stage.of(createServer(), (stream) => stream.respond({}, { endStream: true }));
    const first = stage.send();
    await first.reply();
    const second = stage.send();
    await second.reply();
    assert.equal(stage.sessionCount, 1);
    assert.ok((first.attempt.connects[0] ?? 0) > 0);
    assert.deepEqual(second.attempt.connects, [0]);
  });

  for (const [what, plan] of [
    ['none are kept', { idle: 0 }],
    ['its requests are used up', { requests: 1 }],
    ['its time is over', { timeMs: 0 }],
  ] as const) {
    it(`ends a connection where ${what}`, async () => {
      const answer = (stream: ServerHttp2Stream): void => stream.respond({}, { endStream: true });
      await using stage = await Http2Stage.of(createServer(), answer, plan);
      for (let count = 1; count <= 3; count++) {
        await stage.send().reply();
        await until(() => stage.sessions.size === 0, 'it is ended');
        assert.equal(stage.sessionCount, count);
      }
    });
  }

  it('ends a connection that is idle for too long, and those too many', async () => {
    const answer = (stream: ServerHttp2Stream): void => stream.respond({}, { endStream: true });
    await using stage = await Http2Stage.of(createServer(), answer, { timeoutMs: 50 });
    await stage.send().reply();
    await until(() => stage.sessions.size === 0, 'it is ended');
    await using other = await Http2Stage.of(createServer(), answer, { idle: 1 });
    await other.send().reply();
    await other.send({ maxHeadSize: 40_000 }).reply();
    await until(() => other.sessionCount === 2 && other.sessions.size === 1, 'one is ended');
  });

  it('ends idle connections of a peer that is gone, others when they are idle, and all when it is closed', async () => {
    let release: (() => void) | undefined;
    await using stage = await Http2Stage.of(createServer(), (stream, fields) => {
      release = () => stream.respond({}, { endStream: true });
      if (fields[':path'] !== '/wait') release();
    });
    await stage.send().reply();
    stage.transport.forget(stage.address);
    await until(() => stage.sessions.size === 0, 'the idle one is ended');
    const waiting = stage.send({ target: '/wait' });
    await until(() => stage.sessions.size === 1 && release !== undefined, 'the request');
    stage.transport.forget(stage.address);
    release?.();
    assert.equal((await waiting.reply()).status, 200);
    await until(() => stage.sessions.size === 0, 'the busy one is ended');
    await stage.send().reply();
    stage.transport.close();
    await until(() => stage.sessions.size === 0, 'closed');
    assert.equal((await stage.send().reply()).status, 200);
    await until(() => stage.sessions.size === 0, 'none is kept any more');
  });

  it('passes interim answers on, but not endlessly many', async () => {
    const informed: [number, string | undefined][] = [];
    await using stage = await Http2Stage.of(createServer(), (stream, fields) => {
      const count = Number(fields['x-count']);
      for (let index = 0; index < count && !stream.destroyed; index++)
        stream.additionalHeaders({ ':status': 103, link: `<${index}>` });
      stream.respond({}, { endStream: true });
    });
    const inform = (status: number, headers: HeaderList): void => void informed.push([status, headers.get('link')]);
    const count = (number: number): HeaderList => HeaderList.of([['x-count', String(number)]]);
    await stage.send({ headers: count(2), inform }).reply();
    assert.deepEqual(informed, [
      [103, '<0>'],
      [103, '<1>'],
    ]);
    const { reply, attempt } = stage.send({ headers: count(10_000), inform });
    await assert.rejects(reply(), { code: 'upstream-response-invalid' });
    assert.deepEqual(attempt.ends, ['failed']);
    assert.ok(informed.length <= 2 + proxyLimits.maxInterim);
  });

  it('holds the body back until the peer asks for it, or the time for that is over', async () => {
    let isAsked = true;
    await using stage = await Http2Stage.of(createServer(), (stream, fields) => {
      assert.equal(fields['expect'], '100-continue');
      if (isAsked) stream.additionalHeaders({ ':status': 100 });
      stream.on('end', () => {
        stream.respond();
        stream.end('taken');
      });
      stream.resume();
    });
    for (isAsked of [true, false]) {
      const { reply } = stage.send({ method: 'POST', body: Buffer.from('x'), bodyLength: 1, expectsContinue: true });
      assert.equal(await textOf(await reply()), 'taken');
    }
  });

  it('passes gRPC through: status in trailers, or in the only fields that there are', async () => {
    await using stage = await Http2Stage.of(createServer(), (stream, fields) => {
      const type = { 'content-type': 'application/grpc' };
      if (fields[':path'] === '/none') {
        stream.respond({ ...type, 'grpc-status': '12' }, { endStream: true });
        return;
      }
      stream.respond(type, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0', 'grpc-message': 'fine' }));
      stream.pipe(stream);
    });
    const body = pieces('\0\0\0\0\x02', 'ab');
    const call = await stage.send({ method: 'POST', body, bodyLength: 'chunked', takesTrailers: true }).reply();
    assert.equal(await textOf(call), '\0\0\0\0\x02ab');
    assert.equal(call.trailers?.().get('grpc-status'), '0');
    const none = await stage.send({ target: '/none', takesTrailers: true }).reply();
    assert.equal(none.headers.get('grpc-status'), '12');
    assert.equal(await textOf(none), '');
    assert.deepEqual([...(none.trailers?.() ?? [])], []);
  });

  it('takes an answer that comes before the request is sent, and sends no more of it', async () => {
    let code: number | undefined;
    await using stage = await Http2Stage.of(createServer(), (stream) => {
      stream.respond({ ':status': 413 });
      stream.end('too large');
      stream.on('close', () => {
        code = stream.rstCode;
      });
    });
    let isStopped = false;
    async function* endless(): AsyncIterable<Uint8Array> {
      try {
        for (;;) {
          yield Buffer.alloc(16_384);
          await new Promise((resolve) => setImmediate(resolve));
        }
      } finally {
        isStopped = true;
      }
    }
    const { reply, attempt } = stage.send({ method: 'POST', body: endless(), bodyLength: 'chunked' });
    const answer = await reply();
    assert.equal(`${answer.status} ${await textOf(answer)}`, '413 too large');
    await until(() => isStopped && code !== undefined, 'the body is stopped');
    assert.deepEqual(attempt.ends, ['complete']);
    assert.equal(code, 0);
    assert.equal((await stage.send().reply()).status, 413);
    assert.equal(stage.sessionCount, 1);
  });

  it('ends a stream that nobody waits for, before its head or after it', async () => {
    const codes: number[] = [];
    let requests = 0;
    await using stage = await Http2Stage.of(createServer(), (stream, fields) => {
      requests++;
      stream.on('close', () => codes.push(stream.rstCode ?? -1));
      if (fields[':path'] === '/head') {
        stream.respond();
        stream.write('some');
      }
    });
    const early = stage.send();
    await until(() => requests === 1, 'the request');
    early.sending.cancel();
    early.sending.cancel();
    const late = stage.send({ target: '/head' });
    const { body } = await late.reply();
    assert.ok(!(body instanceof Uint8Array));
    for await (const _ of body) break;
    await until(() => codes.length === 2, 'both are ended');
    assert.deepEqual(codes, [NGHTTP2_CANCEL, NGHTTP2_CANCEL]);
    const third = stage.send({ target: '/head' });
    const reply = await third.reply();
    third.sending.cancel();
    await assert.rejects(textOf(reply), { code: 'upstream-incomplete' });
    for (const { attempt } of [early, late, third]) assert.deepEqual(attempt.ends, ['cancelled']);
    assert.equal(stage.sessionCount, 1);
  });

  it('leaves nothing behind of an answer that is given up while it waits to be read', async () => {
    await using stage = await Http2Stage.of(
      createServer(),
      (stream) => {
        stream.respond();
        stream.end(Buffer.alloc(1_000_000));
      },
      { idle: 0 },
    );
    for (const giveUp of ['cancel', 'return'] as const) {
      const { reply, sending, attempt } = stage.send();
      const { body } = await reply();
      assert.ok(!(body instanceof Uint8Array));
      const reader = body[Symbol.asyncIterator]();
      await reader.next();
      await until(() => attempt.receivedBytes > 65_000, 'what is taken ahead');
      if (giveUp === 'cancel') sending.cancel();
      else await reader.return?.();
      await until(() => stage.sessions.size === 0, 'the connection is ended');
      assert.deepEqual(attempt.ends, ['cancelled']);
    }
  });

  it('cancels a request that waits for a connection', async () => {
    await using stage = await Http2Stage.of(createServer(), (stream) => stream.respond({}, { endStream: true }));
    const { sending, attempt } = stage.send();
    sending.cancel();
    assert.deepEqual(attempt.ends, ['cancelled']);
    assert.equal((await stage.send().reply()).status, 200);
    assert.deepEqual(attempt.connects, []);
  });

  const refusals: [what: string, refuse: (stream: ServerHttp2Stream) => void, expected: object][] = [
    [
      'refuses the stream',
      (stream) => stream.close(NGHTTP2_REFUSED_STREAM),
      { code: 'upstream-closed', wasSent: false, stage: 'head', isStaleConnection: true },
    ],
    [
      'resets the stream',
      (stream) => stream.close(NGHTTP2_INTERNAL_ERROR),
      { code: 'upstream-closed', wasSent: true, stage: 'head', isStaleConnection: false },
    ],
    [
      'closes the connection',
      ({ session }) => session?.destroy(),
      { code: 'upstream-closed', wasSent: true, stage: 'head', isStaleConnection: false },
    ],
  ];
  for (const [what, refuse, expected] of refusals) {
    it(`tells where a peer ${what}`, async () => {
      let isBad = true;
      await using stage = await Http2Stage.of(createServer(), (stream) => {
        if (isBad) refuse(stream);
        else stream.respond({}, { endStream: true });
      });
      const { reply, attempt } = stage.send();
      await assert.rejects(reply(), expected);
      assert.deepEqual(attempt.ends, ['failed']);
      isBad = false;
      assert.equal((await stage.send().reply()).status, 200);
    });
  }

  it('breaks a body that is cut', async () => {
    for (const cut of ['close', 'short'] as const) {
      await using stage = await Http2Stage.of(createServer(), (stream) => {
        stream.respond(cut === 'short' ? { 'content-length': '10' } : {});
        stream.write('some');
        if (cut === 'short') stream.end();
        else setImmediate(() => stream.session?.destroy());
      });
      const { reply, attempt } = stage.send();
      await assert.rejects(async () => textOf(await reply()), { code: 'upstream-incomplete', stage: 'body' });
      assert.deepEqual(attempt.ends, ['failed']);
    }
  });

  it('gives up a peer that is silent, before the head or in the body', async () => {
    await using stage = await Http2Stage.of(createServer(), (stream, fields) => {
      if (fields[':path'] === '/head') stream.respond();
      if (fields[':path'] === '/head') stream.write('some');
    });
    const timeouts = { connectMs: 5_000, sendMs: 5_000, readMs: 200 };
    const early = stage.send({ timeouts });
    await assert.rejects(early.reply(), { code: 'upstream-timeout', stage: 'head' });
    const late = stage.send({ target: '/head', timeouts });
    await assert.rejects(async () => textOf(await late.reply()), { code: 'upstream-timeout', stage: 'body' });
    assert.deepEqual([early.attempt.ends, late.attempt.ends], [['failed'], ['failed']]);
  });

  it('gives up a peer that takes nothing of a body', async () => {
    await using stage = await Http2Stage.of(createServer(), (stream) => stream.pause());
    const timeouts = { connectMs: 5_000, sendMs: 200, readMs: 5_000 };
    const body = Buffer.alloc(1_000_000);
    const { reply } = stage.send({ method: 'POST', body, bodyLength: body.length, timeouts });
    await assert.rejects(reply(), { code: 'upstream-timeout' });
  });

  it('tells of a body that breaks, or is not of its length', async () => {
    let codes = 0;
    await using stage = await Http2Stage.of(createServer(), (stream) => {
      stream.resume();
      stream.on('close', () => codes++);
    });
    for (const body of [pieces('1234'), pieces('123', '456')]) {
      const { reply, attempt } = stage.send({ method: 'POST', body, bodyLength: 5 });
      await assert.rejects(reply(), { code: 'body-incomplete' });
      assert.deepEqual(attempt.ends, ['cancelled'], 'which is not the fault of the peer');
    }
    await until(() => codes === 2, 'the streams are ended');
    assert.equal(stage.sessionCount, 1);
  });

  it('takes no more of an answer than its reader, and lets others go on meanwhile', async () => {
    let written = 0;
    await using stage = await Http2Stage.of(createServer(), (stream, fields) => {
      stream.respond();
      if (fields[':path'] === '/small') {
        stream.end('small');
        return;
      }
      const piece = Buffer.alloc(16_384);
      const write = (): void => {
        while (written < 20_000_000) {
          written += piece.length;
          if (!stream.write(piece)) {
            stream.once('drain', write);
            return;
          }
        }
        stream.end();
      };
      write();
    });
    const timeouts = { connectMs: 5_000, sendMs: 5_000, readMs: 300 };
    const { reply } = stage.send({ timeouts });
    const large = await reply();
    for (let count = 0; count < 50; count++) {
      assert.equal(await textOf(await stage.send({ target: '/small' }).reply()), 'small');
    }
    assert.ok(written < 1_000_000, `${written} bytes`);
    const since = performance.now();
    await until(() => performance.now() - since > 400, 'the time in which it may be silent');
    let size = 0;
    assert.ok(!(large.body instanceof Uint8Array));
    for await (const piece of large.body) size += piece.length;
    assert.equal(size, written);
    assert.equal(stage.sessionCount, 1);
  });

  it('reads no more of a body than the peer takes', async () => {
    let resume: (() => void) | undefined;
    await using stage = await Http2Stage.of(createServer(), (stream) => {
      stream.pause();
      stream.on('end', () => stream.respond({}, { endStream: true }));
      resume = () => void stream.resume();
    });
    let taken = 0;
    async function* body(): AsyncIterable<Uint8Array> {
      for (; taken < 20_000_000; taken += 16_384) yield Buffer.alloc(16_384);
    }
    const { reply } = stage.send({ method: 'POST', body: body(), bodyLength: 'chunked' });
    await until(() => taken > 0 && resume !== undefined, 'the request');
    const other = stage.send();
    await until(() => other.attempt.connects.length === 1, 'another one is sent');
    assert.ok(taken < 1_000_000, `${taken} bytes`);
    resume?.();
    assert.equal((await reply()).status, 200);
  });

  it('refuses a head that is too large, or has too many fields', async () => {
    await using stage = await Http2Stage.of(
      createServer({ settings: { maxHeaderListSize: 1_000_000 } }),
      (stream, fields) => {
        const [count, size] = String(fields['x-want']).split(' ').map(Number);
        const names = Array.from({ length: count ?? 0 }, (_, index) => [`x-${index}`, 'v'.repeat(size ?? 0)]);
        stream.respond(Object.fromEntries(names), { endStream: true });
      },
    );
    const want = (text: string): HeaderList => HeaderList.of([['x-want', text]]);
    assert.equal((await stage.send({ headers: want('1 30000') }).reply()).status, 200);
    assert.equal((await stage.send({ headers: want('150 5') }).reply()).status, 200);
    for (const text of ['1 33000', '1 60000', '100 400', '1000 5']) {
      const { reply, attempt } = stage.send({ headers: want(text) });
      await assert.rejects(reply(), { code: 'upstream-response-too-large', stage: 'head' }, text);
      assert.deepEqual(attempt.ends, ['failed']);
    }
    assert.equal((await stage.send({ headers: want('1 5') }).reply()).status, 200);
  });
});
