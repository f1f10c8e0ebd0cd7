import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { AppFolder } from '../../../test/support/app-folder.ts';
import { type FakeExchange, fakeExchange } from '../../../test/support/fake-exchange.ts';
import { FakeWorker, type ReceivedFrame } from '../../../test/support/fake-worker.ts';
import { until } from '../../../test/support/until.ts';
import { isReply, isUpgrade } from '../../core/reply.ts';
import { pieceOverhead, type Upgrade, type WebSocketEnd } from '../../core/websocket.ts';
import { Flag, initialWindow, Kind, maxBodyPiece } from '../../protocol/worker/kinds.ts';
import type { WorkerLink } from './worker-link.ts';
import { WorkerListener } from './worker-listener.ts';

/** The client's end, which notes what it is told. */
class FakeClient implements WebSocketEnd {
  readonly told: unknown[] = [];
  taken_ = 0;

  message(bytes: Uint8Array, isText: boolean, more: boolean): void {
    this.told.push([Buffer.from(bytes).toString(), isText, more]);
  }

  close(code: number, reason: string): void {
    this.told.push([code, reason]);
  }

  taken(amount: number): void {
    this.taken_ += amount;
  }
}

interface Stage {
  readonly listener: WorkerListener;
  readonly worker: FakeWorker;
  readonly link: WorkerLink;
  readonly appErrors: string[];
  closed: boolean;
}

const stages: Stage[] = [];
let folder: AppFolder;
before(async () => {
  folder = await AppFolder.with({});
});
after(() => folder[Symbol.asyncDispose]());

async function stage(hello: object = {}): Promise<Stage> {
  const { promise, resolve } = Promise.withResolvers<WorkerLink>();
  const appErrors: string[] = [];
  const path = folder.file(`front-${stages.length}.sock`);
  const listener = await WorkerListener.open(
    path,
    {
      hello: (link) => resolve(link),
      ended: () => {},
      recovered: () => {},
      tainted: () => {},
      retry: () => undefined,
      returned: () => assert.fail('a WebSocket is never taken back'),
      appError: (_link, text) => appErrors.push(text),
      closed: () => {
        made.closed = true;
      },
    },
    () => performance.now(),
  );
  const worker = await FakeWorker.connect(path, 1, hello);
  const made: Stage = { listener, worker, link: await promise, appErrors, closed: false };
  stages.push(made);
  return made;
}

function webSocketExchange(): FakeExchange {
  return { ...fakeExchange('/ws'), isWebSocket: true };
}

/** The payload of a WS_ACCEPT with that subprotocol and no headers. */
function acceptance(subprotocol: string): Buffer {
  const payload = Buffer.alloc(6 + 1 + subprotocol.length + 5);
  payload.writeUInt32LE(payload.length - 6);
  payload.writeUInt16LE(101, 4);
  payload[6] = subprotocol.length;
  payload.write(subprotocol, 7);
  payload[payload.length - 5] = 0x5b;
  return payload;
}

function closing(code: number, reason = ''): Buffer {
  const payload = Buffer.from(`\0\0${reason}`);
  payload.writeUInt16LE(code);
  return payload;
}

async function upgraded(made: Stage, exchange = webSocketExchange()): Promise<Upgrade> {
  const stream = made.link.request(exchange);
  made.worker.send(Kind.wsAccept, 0, stream.id, acceptance('chat'));
  const outcome = await stream.reply;
  assert.ok(isUpgrade(outcome));
  return outcome;
}

const isMessage = ({ kind }: ReceivedFrame): boolean => kind === Kind.wsMessage;
const isClose = ({ kind }: ReceivedFrame): boolean => kind === Kind.wsClose;
const window = (credit: number): Buffer => {
  const payload = Buffer.alloc(4);
  payload.writeUInt32LE(credit);
  return payload;
};

describe('a WebSocket of a worker', () => {
  afterEach(async () => {
    for (const { listener, worker } of stages.splice(0)) {
      worker.socket.destroy();
      await listener.close();
    }
  });

  it('is asked for with its own flag, but not of a WSGI worker, for which it is a request', async () => {
    for (const [interfaceName, flags] of [
      ['asgi3', Flag.end | Flag.webSocket],
      ['wsgi', Flag.end],
    ] as const) {
      const { link, worker } = await stage({ interface: interfaceName });
      link.request(webSocketExchange()).reply.catch(() => {});
      assert.equal((await worker.frame(({ kind }) => kind === Kind.request)).flags, flags);
    }
  });

  it('carries messages both ways, those that come with the acceptance too', async () => {
    const made = await stage();
    const { link, worker } = made;
    const stream = link.request(webSocketExchange());
    worker.send(Kind.wsAccept, 0, stream.id, acceptance(''));
    worker.send(Kind.wsMessage, Flag.text, stream.id, 'early');
    const outcome = await stream.reply;
    assert.ok(isUpgrade(outcome));
    assert.equal(outcome.subprotocol, undefined);
    const client = new FakeClient();
    const app = outcome.open(client);
    worker.send(Kind.wsMessage, Flag.more, stream.id, 'a');
    worker.send(Kind.wsMessage, 0, stream.id, 'b');
    app.message(Buffer.from('hello'), true, false);
    const { flags, payload } = await worker.frame(isMessage);
    assert.deepEqual([flags, payload.toString()], [Flag.text, 'hello']);
    await until(() => client.told.length === 3, 'the messages');
    assert.deepEqual(client.told, [
      ['early', true, false],
      ['a', false, true],
      ['b', false, false],
    ]);
    assert.equal(client.taken_, 5 + pieceOverhead);
  });

  it('sends a long message in pieces as the worker gives credit, and says what was taken', async () => {
    const made = await stage();
    const client = new FakeClient();
    const app = (await upgraded(made)).open(client);
    const size = initialWindow + 1000;
    app.message(Buffer.alloc(size, 'x'), false, false);
    app.message(Buffer.alloc(0), true, false);
    app.close(1000, 'bye');
    const pieces = (): ReceivedFrame[] => made.worker.frames.filter(isMessage);
    const sum = (): number => pieces().reduce((all, { payload }) => all + payload.length, 0);
    const overhead = Math.ceil(initialWindow / (maxBodyPiece + pieceOverhead)) * pieceOverhead;
    await until(() => sum() === initialWindow - overhead, 'a whole window');
    assert.ok(pieces().every(({ flags }) => flags === Flag.more));
    // The app hears of the close at once, so that its `send` fails, and of the rest behind it.
    const { flags, payload } = await made.worker.frame(isClose);
    assert.deepEqual([flags, payload.readUInt16LE(), payload.subarray(2).toString()], [0, 1000, 'bye']);
    assert.equal(client.taken_, sum());
    made.worker.send(Kind.window, 0, 1, window(initialWindow));
    const end = await made.worker.frame(({ kind }) => kind === Kind.body);
    assert.deepEqual([end.flags, end.payload.length], [Flag.end, 0]);
    assert.equal(sum(), size);
    assert.deepEqual(
      pieces()
        .slice(-2)
        .map(({ flags, payload: { length } }) => [flags, length > 0]),
      [
        [0, true],
        [Flag.text, false],
      ],
    );
    assert.equal(client.taken_, size + 2 * pieceOverhead);
  });

  it('tells of a lost connection at once, before what waits for credit', async () => {
    const made = await stage();
    const app = (await upgraded(made)).open(new FakeClient());
    app.message(Buffer.alloc(2 * initialWindow), false, false);
    app.close(1006, '');
    const { flags, payload } = await made.worker.frame(isClose);
    assert.deepEqual([flags, payload.readUInt16LE()], [Flag.end, 1006]);
  });

  it('ends what waits for credit when its worker is to end after the client has closed', async () => {
    const made = await stage();
    const app = (await upgraded(made)).open(new FakeClient());
    app.message(Buffer.alloc(2 * initialWindow), false, false);
    app.close(1000, '');
    made.link.restartWebSockets();
    await made.worker.frame(({ kind, flags }) => kind === Kind.body && flags === Flag.end);
  });

  it('gives credit back as the client takes messages, and holds the worker to it', async () => {
    const made = await stage();
    const client = new FakeClient();
    const app = (await upgraded(made)).open(client);
    const fill = Math.floor(initialWindow / (maxBodyPiece + pieceOverhead));
    for (let count = 0; count < fill; count++) made.worker.send(Kind.wsMessage, 0, 1, Buffer.alloc(maxBodyPiece));
    await until(() => client.told.length === fill, 'all messages');
    app.taken(fill * (maxBodyPiece + pieceOverhead));
    const given = await made.worker.frame(({ kind }) => kind === Kind.window);
    assert.equal(given.payload.readUInt32LE(), fill * (maxBodyPiece + pieceOverhead));
    for (let count = 0; count <= fill; count++) made.worker.send(Kind.wsMessage, 0, 1, Buffer.alloc(maxBodyPiece));
    await until(() => made.closed, 'the worker is cut');
    assert.deepEqual(client.told.at(-1), [1011, '']);
  });

  it('is closed as the app says, with 1000 when the app returns, and with 1011 when it fails', async () => {
    for (const [end, expected] of [
      [(worker: FakeWorker) => worker.send(Kind.wsClose, 0, 1, closing(4000, 'why')), [4000, 'why']],
      [(worker: FakeWorker) => worker.send(Kind.body, Flag.end, 1), [1000, '']],
      [(worker: FakeWorker) => worker.send(Kind.abort, 0, 1, 'Traceback'), [1011, '']],
      [(worker: FakeWorker) => worker.send(Kind.wsClose, 0, 1, closing(1006)), [1011, '']],
      [(worker: FakeWorker) => worker.socket.destroy(), [1011, '']],
    ] as const) {
      const made = await stage();
      const client = new FakeClient();
      (await upgraded(made)).open(client);
      end(made.worker);
      await until(() => client.told.length > 0, 'the end');
      assert.deepEqual(client.told, [expected]);
      assert.equal(made.appErrors.length, expected[0] === 1011 && !made.closed ? 1 : 0);
    }
  });

  it('is closed with 1012 at both ends when its worker is to end', async () => {
    const made = await stage();
    const client = new FakeClient();
    (await upgraded(made)).open(client);
    assert.equal(made.link.restartWebSockets(), 1);
    assert.deepEqual(client.told, [[1012, '']]);
    assert.equal((await made.worker.frame(isClose)).payload.readUInt16LE(), 1012);
  });

  it('is told of by CANCEL where the client leaves before the acceptance, by 1006 where it leaves right after', async () => {
    const made = await stage();
    const early = webSocketExchange();
    const left = made.link.request(early);
    early.abort('client-closed');
    await assert.rejects(left.reply, { code: 'client-closed' });
    await made.worker.frame(({ kind, stream }) => kind === Kind.cancel && stream === left.id);
    const late = webSocketExchange();
    const stream = made.link.request(late);
    made.worker.send(Kind.wsAccept, 0, stream.id, acceptance(''));
    await stream.reply;
    late.abort('client-closed');
    assert.equal((await made.worker.frame(isClose)).payload.readUInt16LE(), 1006);
  });

  it('may be denied by any answer', async () => {
    const made = await stage();
    const stream = made.link.request(webSocketExchange());
    made.worker.respond(stream.id, 'no');
    const outcome = await stream.reply;
    assert.ok(isReply(outcome));
    assert.equal(outcome.status, 200);
  });

  it('that nobody asked for ends the worker', async () => {
    const made = await stage();
    const stream = made.link.request(fakeExchange('/'));
    made.worker.send(Kind.wsAccept, 0, stream.id, acceptance(''));
    await assert.rejects(stream.reply, { code: 'worker-lost' });
    await until(() => made.closed, 'the worker is cut');
  });
});
