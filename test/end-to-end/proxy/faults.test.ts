import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { freePorts } from '../../support/free-ports.ts';
import { RawUpstream } from '../../support/raw-upstream.ts';
import { FaultStage, type Misbehaviour, ok, statusOf } from './fault-stage.ts';

const says =
  (text: string): Misbehaviour =>
  ({ socket }) =>
    void socket.write(text, 'latin1');
const saysAndCloses =
  (text: string): Misbehaviour =>
  ({ socket }) =>
    void socket.end(text, 'latin1');

const head = 'HTTP/1.1 200 OK\r\n';
const chunked = `${head}transfer-encoding: chunked\r\n\r\n`;

interface Fault {
  readonly what: string;
  readonly does: Misbehaviour;
  readonly status: number;
  readonly method?: string;
}

/** Where the client gets a status of ours. */
const refused: readonly Fault[] = [
  { what: 'closes without an answer', does: saysAndCloses(''), status: 502 },
  { what: 'resets the connection', does: ({ socket }) => void socket.resetAndDestroy(), status: 502 },
  { what: 'says nothing', does: says(''), status: 504 },
  { what: 'stalls in the head', does: says(`${head}x: `), status: 504 },
  { what: 'closes in the head', does: saysAndCloses(`${head}x: y\r\n`), status: 502 },
  { what: 'sends garbage', does: says('\x00\xff\x16garbage\r\n\r\n'), status: 502 },
  { what: 'speaks SMTP', does: says('220 mail ESMTP\r\n'), status: 502 },
  {
    what: 'sends 10,000 interim answers (221)',
    does: says('HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(10_000)),
    status: 502,
  },
  {
    what: 'switches protocols unasked (222)',
    does: says('HTTP/1.1 101 S\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'),
    status: 502,
  },
  {
    what: 'has a carriage return in a value (220)',
    does: says(`${head}x: a\rb\r\ncontent-length: 0\r\n\r\n`),
    status: 502,
  },
  { what: 'has NUL in a value (220)', does: says(`${head}x: a\0b\r\ncontent-length: 0\r\n\r\n`), status: 502 },
  { what: 'has NUL in a name (220)', does: says(`${head}x\0y: a\r\ncontent-length: 0\r\n\r\n`), status: 502 },
  {
    what: 'has a carriage return in a name (220)',
    does: says(`${head}x\ry: a\r\ncontent-length: 0\r\n\r\n`),
    status: 502,
  },
  { what: 'has a space in a name', does: says(`${head}x y: a\r\ncontent-length: 0\r\n\r\n`), status: 502 },
  { what: 'folds a value (220)', does: says(`${head}x: a\r\n b\r\ncontent-length: 0\r\n\r\n`), status: 502 },
  {
    what: 'has a line feed in a value (220)',
    does: says(`${head}x: a\ny: b\r\ncontent-length: 0\r\n\r\n`),
    status: 502,
  },
  { what: 'has no status', does: says('HTTP/1.1 OK\r\ncontent-length: 0\r\n\r\n'), status: 502 },
  { what: 'has a status of four digits', does: says('HTTP/1.1 2000 OK\r\ncontent-length: 0\r\n\r\n'), status: 502 },
  { what: 'speaks HTTP/2 unasked', does: says('\0\0\x12\x04\0\0\0\0\0'), status: 502 },
  { what: 'begins with a folded line', does: says(`${head} x: a\r\ncontent-length: 0\r\n\r\n`), status: 502 },
  {
    what: 'gives a length and a coding (218)',
    does: says(`${head}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`),
    status: 502,
  },
  {
    what: 'gives two lengths (218)',
    does: says(`${head}content-length: 2\r\ncontent-length: 3\r\n\r\nabc`),
    status: 502,
  },
  { what: 'gives a length that is none (218)', does: says(`${head}content-length: 0x2\r\n\r\nab`), status: 502 },
  { what: 'gives a negative length (218)', does: says(`${head}content-length: -2\r\n\r\nab`), status: 502 },
  { what: 'uses an unknown coding (218)', does: says(`${head}transfer-encoding: gzip\r\n\r\nab`), status: 502 },
  {
    what: 'sends a head beyond the limit (219)',
    does: says(`${head}x: ${'y'.repeat(9_000)}\r\ncontent-length: 0\r\n\r\n`),
    status: 502,
  },
  { what: 'sends a head without an end (219)', does: says(`${head}${'x: y\r\n'.repeat(5_000)}`), status: 502 },
];

interface Break {
  readonly what: string;
  /** What the upstream sends first. */
  readonly first: string;
  /** What it does once the client has that. */
  readonly later?: (socket: Socket) => void;
}

/** Where the client has got the head when the body breaks: the connection is cut, and no last chunk or length makes the answer whole. */
const cut: readonly Break[] = [
  { what: 'stalls in a body of known length', first: `${head}content-length: 9\r\n\r\nab` },
  { what: 'stalls in a chunked body', first: `${chunked}2\r\nab\r\n` },
  { what: 'closes in a chunk (223)', first: `${chunked}5\r\nab`, later: (socket) => socket.end() },
  { what: 'closes before the last chunk (223)', first: `${chunked}2\r\nab\r\n`, later: (socket) => socket.end() },
  {
    what: 'closes before the length is there (224)',
    first: `${head}content-length: 9\r\n\r\nab`,
    later: (socket) => socket.end(),
  },
  {
    what: 'sends a chunk of negative size',
    first: `${chunked}2\r\nab\r\n`,
    later: (socket) => socket.write('-2\r\nab\r\n0\r\n\r\n'),
  },
  {
    what: 'resets the connection in the body',
    first: `${chunked}2\r\nab\r\n`,
    later: (socket) => socket.resetAndDestroy(),
  },
];

/** Where the answer is good and only its connection is not used again. */
const surplus: readonly (Fault & { readonly body: string })[] = [
  {
    what: 'sends more than the length (217, 224)',
    does: says(`${head}content-length: 2\r\n\r\nabcdef`),
    status: 200,
    body: 'ab',
  },
  {
    what: 'sends another answer behind the first (217)',
    does: says(`${ok('ab')}${ok('poison')}`),
    status: 200,
    body: 'ab',
  },
  {
    what: 'sends bytes behind the last chunk (217)',
    does: says(`${head}transfer-encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\nxy`),
    status: 200,
    body: 'ab',
  },
  { what: 'answers HEAD with a body (216)', does: says(ok('poison')), status: 200, method: 'HEAD', body: '' },
  {
    what: 'sends a body with 204 (216)',
    does: says('HTTP/1.1 204 No Content\r\ncontent-length: 6\r\n\r\npoison'),
    status: 204,
    body: '',
  },
  {
    what: 'sends a body with 304 (216)',
    does: says('HTTP/1.1 304 Not Modified\r\ncontent-length: 6\r\n\r\npoison'),
    status: 304,
    body: '',
  },
];

describe('A proxy before an upstream that', () => {
  it('refuses connections, or closes them as it accepts them: 502', async () => {
    await using closing = await RawUpstream.listen((socket) => socket.destroy());
    const [closed = 0] = await freePorts(1);
    assert.ok(closing.address.kind === 'tcp');
    await using stage = await FaultStage.start(`
      location / { proxy_pass http://app; }
      location /refusing { proxy_pass http://127.0.0.1:${closed}; }
      location /closing { proxy_pass http://127.0.0.1:${closing.address.port}; }`);
    assert.equal(statusOf(await stage.ask('/refusing')), 502);
    assert.equal(statusOf(await stage.ask('/closing')), 502);
    assert.equal(closing.connections, 1);
    await stage.isClean();
    await stage.hasLostNothing();
  });

  for (const buffering of ['on', 'off']) {
    describe(`misbehaves, with proxy_buffering ${buffering}`, () => {
      let stage: FaultStage;
      before(async () => {
        stage = await FaultStage.start(`location / { proxy_pass http://app; proxy_buffering ${buffering}; }`);
      });
      after(async () => {
        await stage.hasLostNothing();
        await stage[Symbol.asyncDispose]();
      });

      for (const { what, does, status, method } of refused) {
        it(`${what}: ${status}`, async () => {
          stage.on('/fault', does);
          const answer = await stage.ask('/fault', [], method);
          const [, interim = '', final = ''] = /^((?:HTTP\/1\.1 1\d\d [^\r]*\r\n\r\n)*)(.*)$/s.exec(answer) ?? [];
          assert.equal(statusOf(final), status, answer);
          assert.ok(interim.length < 2_000);
          await stage.isClean();
        });
      }

      for (const { what, first, later } of cut) {
        it(`${what}: the connection is cut`, async () => {
          let upstream: Socket | undefined;
          stage.on('/fault', ({ socket }) => {
            upstream = socket;
            socket.write(first);
          });
          const client = await stage.client('/fault');
          await client.sees(/ab/);
          if (upstream) later?.(upstream);
          const answer = await client.all();
          assert.match(answer, /^HTTP\/1\.1 200 OK\r\n/);
          assert.match(answer, /\r\n\r\n(?:2\r\nab\r\n|ab)$/);
          await stage.isClean();
        });
      }

      for (const { what, does, status, method, body } of surplus) {
        it(`${what}: the answer is good, its connection is not used again`, async () => {
          stage.on('/fault', does);
          const answer = await stage.ask('/fault', [], method);
          assert.equal(statusOf(answer), status);
          assert.equal(answer.slice(answer.indexOf('\r\n\r\n') + 4), body);
          await stage.isClean();
        });
      }
    });
  }
});
