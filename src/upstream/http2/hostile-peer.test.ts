import assert from 'node:assert/strict';
import { createServer, type Server, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import {
  DATA,
  END_HEADERS,
  END_STREAM,
  frame,
  GOAWAY,
  HEADERS,
  numbers,
  okFields,
  RST_STREAM,
  SETTINGS,
} from '../../../test/support/http2-frames.ts';
import { cleartext, Http2Stage, textOf } from '../../../test/support/http2-stage.ts';
import { until } from '../../../test/support/until.ts';

const hello = frame(SETTINGS, 0, 0);
const whole = END_HEADERS | END_STREAM;

/** How many requests without a body have come. */
function requestsIn(bytes: Buffer): number {
  let count = 0;
  const preface = bytes.indexOf('SM\r\n\r\n');
  for (let at = preface + 6; preface >= 0 && at + 9 <= bytes.length; at += 9 + bytes.readUIntBE(at, 3)) {
    if (bytes[at + 3] === HEADERS) count++;
  }
  return count;
}

/** A server that sends these bytes for its first requests, each once it has come; then it closes the connection. */
function peerThat(...answers: readonly (readonly Uint8Array[])[]): Server {
  return createServer((socket: Socket) => {
    let answered = 0;
    const read: Buffer[] = [];
    socket.on('error', () => {});
    socket.write(hello);
    socket.on('data', (chunk: Buffer) => {
      read.push(chunk);
      while (answered < requestsIn(Buffer.concat(read))) {
        socket.write(Buffer.concat(answers[answered] ?? []));
        if (++answered >= answers.length) socket.end();
      }
    });
  });
}

describe('Http2Transport with a peer that does not behave', () => {
  const some = frame(DATA, 0, 1, Buffer.from('some'));
  const refused = { code: 'upstream-closed', stage: 'head', wasSent: false };
  const broken = { code: 'upstream-incomplete', stage: 'body' };
  const cases: readonly [what: string, answer: readonly Uint8Array[], expected: object][] = [
    ['goes away before the request', [frame(GOAWAY, 0, 0, numbers(0, 0))], refused],
    ['goes away before the request, with an error', [frame(GOAWAY, 0, 0, numbers(0, 11))], refused],
    [
      'goes away behind the request, without an answer',
      [frame(GOAWAY, 0, 0, numbers(1, 0))],
      { code: 'upstream-closed', wasSent: true },
    ],
    [
      'ends the stream without a word',
      [frame(RST_STREAM, 0, 1, numbers(0))],
      { code: 'upstream-closed', wasSent: true },
    ],
    ['sends content before a head', [some], { code: 'upstream-response-invalid' }],
    [
      'speaks HTTP/1',
      [Buffer.from('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n')],
      { code: 'upstream-response-invalid' },
    ],
    [
      'has a name in capitals',
      [frame(HEADERS, whole, 1, okFields([['X', 'a']]))],
      { code: 'upstream-response-invalid' },
    ],
    [
      'has a field of a connection',
      [frame(HEADERS, whole, 1, okFields([['connection', 'close']]))],
      { code: 'upstream-response-invalid' },
    ],
    [
      'has no status',
      [frame(HEADERS, whole, 1, okFields([['a', 'b']]).subarray(1))],
      { code: 'upstream-response-invalid' },
    ],
    ['cuts the body', [frame(HEADERS, END_HEADERS, 1, okFields()), some], broken],
    [
      'resets the body as cancelled',
      [frame(HEADERS, END_HEADERS, 1, okFields()), some, frame(RST_STREAM, 0, 1, numbers(8))],
      broken,
    ],
    [
      'goes away in the body',
      [frame(HEADERS, END_HEADERS, 1, okFields()), some, frame(GOAWAY, 0, 0, numbers(1, 0))],
      broken,
    ],
    [
      'sends less than it says',
      [frame(HEADERS, END_HEADERS, 1, okFields([['content-length', '5']])), some, frame(DATA, END_STREAM, 1)],
      broken,
    ],
    [
      'sends less than it says, and resets the body as if all was well',
      [frame(HEADERS, END_HEADERS, 1, okFields([['content-length', '5']])), some, frame(RST_STREAM, 0, 1, numbers(0))],
      broken,
    ],
    [
      'sends more than it says',
      [frame(HEADERS, END_HEADERS, 1, okFields([['content-length', '3']])), some, frame(DATA, END_STREAM, 1)],
      { code: /incomplete|invalid/ },
    ],
  ];
  for (const [what, answer, expected] of cases) {
    it(`fails where it ${what}`, async () => {
      await using stage = await Http2Stage.of(peerThat(answer));
      const { reply, attempt } = stage.send();
      await assert.rejects(async () => textOf(await reply()), expected);
      assert.deepEqual(attempt.ends, ['failed']);
    });
  }

  it('never gets a value with CR, LF or NUL in it', async () => {
    for (const value of ['a\r\nb: c', 'a\nb', 'a\0b', ' a', 'a ']) {
      await using stage = await Http2Stage.of(
        peerThat([
          frame(
            HEADERS,
            whole,
            1,
            okFields([
              ['x', value],
              ['y', 'z'],
            ]),
          ),
        ]),
      );
      const { headers } = await stage.send().reply();
      assert.deepEqual([...headers], [['y', 'z']]);
    }
  });

  it('takes the length of what is not sent for none of the answer', async () => {
    const answer = [frame(HEADERS, END_HEADERS, 1, okFields([['content-length', '50']])), frame(DATA, END_STREAM, 1)];
    await using stage = await Http2Stage.of(peerThat(answer));
    const reply = await stage.send({ method: 'HEAD' }).reply();
    assert.equal(await textOf(reply), '');
    assert.equal(reply.headers.get('content-length'), '50');
  });

  it('tells where a connection that was kept was gone when the next request came', async () => {
    await using stage = await Http2Stage.of(peerThat([frame(HEADERS, whole, 1, okFields())], []));
    assert.equal((await stage.send().reply()).status, 200);
    const { reply, attempt } = stage.send();
    await assert.rejects(reply(), { code: 'upstream-closed', isStaleConnection: true, wasSent: true });
    assert.deepEqual(attempt.connects, [0]);
  });

  it('tells where nobody listens, and sends again when somebody does', async () => {
    const stage = await Http2Stage.of(createServer());
    await stage[Symbol.asyncDispose]();
    const { reply, attempt } = stage.send();
    await assert.rejects(reply(), { code: 'upstream-refused', stage: 'connect', wasSent: false });
    assert.deepEqual([attempt.ends, attempt.connects], [['failed'], []]);
  });

  it('gives up a peer whose settings never come, but for one request', async () => {
    const sockets: Socket[] = [];
    await using stage = await Http2Stage.of(
      createServer((socket) => void sockets.push(socket.resume().on('error', () => {}))),
    );
    const timeouts = { connectMs: 200, sendMs: 200, readMs: 300 };
    const sent = [1, 2, 3].map(() => stage.send({ timeouts }));
    const codes = sent.map(async ({ reply }) => reply().catch(({ code }: { code: string }) => code));
    assert.deepEqual(await Promise.all(codes), [
      'upstream-timeout',
      'upstream-connect-timeout',
      'upstream-connect-timeout',
    ]);
    for (const socket of sockets) socket.destroy();
  });

  it('tells of one client over each connection, by the PROXY protocol', async () => {
    const texts: string[] = [];
    const server = createServer((socket) => {
      const read: Buffer[] = [];
      const index = texts.push('') - 1;
      socket.on('error', () => {});
      socket.write(hello);
      socket.on('data', (chunk: Buffer) => {
        read.push(chunk);
        const bytes = Buffer.concat(read);
        const isNew = requestsIn(bytes) === 1 && !texts[index];
        if (!isNew) return;
        texts[index] = bytes.toString('latin1');
        socket.write(frame(HEADERS, whole, 1, okFields()));
      });
      socket.on('end', () => socket.end());
    });
    await using stage = await Http2Stage.of(server);
    for (let count = 1; count <= 2; count++) {
      assert.equal((await stage.send({}, { ...cleartext, proxyProtocol: 1 }).reply()).status, 200);
      await until(() => texts.length === count, 'a connection for it alone');
    }
    for (const text of texts) assert.ok(text.startsWith('PROXY TCP4 192.0.2.1 192.0.2.2 5 80\r\nPRI * HTTP/2.0\r\n'));
  });
});
