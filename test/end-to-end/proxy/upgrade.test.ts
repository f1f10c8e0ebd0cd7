import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { AppFolder } from '../../support/app-folder.ts';
import { type Galley, runGalley, startGalley } from '../../support/galley.ts';
import { serveWithGalley } from '../../support/nginx-serving.ts';
import { openFiles, residentBytes } from '../../support/processes.ts';
import { RawClient } from '../../support/raw-client.ts';
import { maskedFrame, RawWebSocket } from '../../support/raw-websocket.ts';
import { until } from '../../support/until.ts';
import { WebSocketClient } from '../../support/websocket-client.ts';
import { EchoUpstream } from './echo-upstream.ts';

/** A Galley before an upstream. */
interface Serving extends AsyncDisposable {
  readonly port: number;
  readonly galley: Galley;
  /** Resolves when a reload is over. */
  reload(): Promise<void>;
}

const mebibyte = 1024 ** 2;

/** How long connections may go on at a stop, in seconds. */
const gracefulSeconds = 1;

async function withNginxConf(upstream: number): Promise<Serving> {
  const serving = await serveWithGalley({
    main: `worker_shutdown_timeout ${gracefulSeconds}s;`,
    http: `
      map $http_upgrade $connection_upgrade { default upgrade; '' close; }
      server {
        listen LISTEN0;
        location = /version { return 200 version0; }
        location / {
          proxy_pass http://127.0.0.1:${upstream};
          proxy_http_version 1.1;
          proxy_set_header Upgrade $http_upgrade;
          proxy_set_header Connection $connection_upgrade;
        }
      }`,
  });
  const { galley, own, ports } = serving;
  const [port = 0] = ports;
  let version = 0;
  const reload = async (): Promise<void> => {
    const path = own.file('nginx.conf');
    writeFileSync(path, readFileSync(path, 'utf8').replace(`version${version}`, `version${++version}`));
    galley.signal('SIGHUP');
    await until(
      async () => (await (await fetch(`http://127.0.0.1:${port}/version`)).text()) === `version${version}`,
      'the new config',
    );
  };
  return { port, galley, reload, [Symbol.asyncDispose]: () => serving[Symbol.asyncDispose]() };
}

function withThreads(upstream: number): Promise<Serving> {
  return withShorthand(upstream, ['--front-threads', '2']);
}

async function withShorthand(upstream: number, more: readonly string[] = []): Promise<Serving> {
  const folder = await AppFolder.with({});
  const options = { namePython: false, environment: { GALLEY_RUNTIME_DIR: folder.path } };
  const args = ['--graceful-timeout', String(gracefulSeconds), ...more];
  const galley = await startGalley(`http://127.0.0.1:${upstream}`, { ...options, args });
  const reload = async (): Promise<void> => {
    const { code, stderr } = await runGalley(['reload'], options);
    assert.deepEqual([code, stderr], [0, '']);
  };
  const end = async (): Promise<void> => {
    await galley[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  };
  return { port: galley.port, galley, reload, [Symbol.asyncDispose]: end };
}

for (const [how, serve, stopSignal] of [
  ['nginx.conf', withNginxConf, 'SIGQUIT'],
  ['galley URL', withShorthand, 'SIGTERM'],
  ['galley URL and two front threads', withThreads, 'SIGTERM'],
] as const) {
  describe(`A connection that is upgraded through a proxy, with ${how},`, () => {
    let upstream: EchoUpstream;
    let serving: Serving;
    before(async () => {
      upstream = await EchoUpstream.listen();
      serving = await serve(upstream.port);
    });
    after(async () => {
      await serving[Symbol.asyncDispose]();
      await upstream[Symbol.asyncDispose]();
    });

    const foo = async (): Promise<RawClient> => {
      const client = await RawClient.connect(serving.port);
      client.send('GET /x HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: foo\r\n\r\n');
      await client.sees(/^HTTP\/1\.1 101 (?:.+\r\n)+\r\n$/);
      return client;
    };
    const noneIsLeft = (): Promise<void> =>
      until(
        () => upstream.open === 0,
        () => `${upstream.open} connections at the upstream`,
      );

    it('is a WebSocket with the subprotocol that the upstream has chosen, for messages of a megabyte', async () => {
      const client = await WebSocketClient.open(`ws://127.0.0.1:${serving.port}/chat?a=b`, ['one', 'two']);
      assert.equal(client.protocol, 'two');
      assert.equal(upstream.fields['sec-websocket-version'], '13');
      client.send('hello');
      assert.equal(await client.receive(), 'hello');
      const large = Buffer.alloc(1_048_576, 'galley');
      client.send(large);
      assert.ok(large.equals((await client.receive()) as Buffer));
      client.close(1000, 'done');
      assert.deepEqual(await client.closed(), { code: 1000, reason: 'done', wasClean: true });
      await noneIsLeft();
    });

    it('answers pings, and takes what comes along with the handshake', async () => {
      const early = await RawWebSocket.open(serving.port, '/', [], maskedFrame(9, 'are you there?'));
      assert.equal(early.status, 101);
      const { opcode, payload } = await early.next();
      assert.deepEqual([opcode, payload], [10, 'are you there?']);
      early.destroy();
      await noneIsLeft();
    });

    it('speaks any other protocol', async () => {
      const client = await foo();
      assert.match(client.received, /\r\nconnection: upgrade\r\n/i);
      assert.match(client.received, /\r\nupgrade: foo\r\n/i);
      client.send('\x00\xffhello');
      await client.sees(/\x00\xffhello$/);
      client.destroy();
      await noneIsLeft();
    });

    it('may be ended by one side while the other goes on', async () => {
      const client = await foo();
      client.send('last words');
      client.end();
      assert.match(await client.all(), /last wordsbye$/);
      await noneIsLeft();
    });

    it('is read no faster than the other side takes it', async () => {
      const before = residentBytes(serving.galley.pid);
      const client = await foo();
      client.socket.pause();
      const [upstreamSocket] = upstream.sockets.slice(-1);
      const piece = Buffer.alloc(64 * 1024);
      let sent = 0;
      const pour = (): void => {
        do sent += piece.length;
        while (upstreamSocket?.write(piece) && sent < 100 * mebibyte);
      };
      upstreamSocket?.on('drain', pour);
      pour();
      let [last, lastAt] = [0, performance.now()];
      await until(() => {
        if (sent !== last) [last, lastAt] = [sent, performance.now()];
        return performance.now() - lastAt > 200;
      }, 'the upstream is held back');
      assert.ok(sent < 30 * mebibyte, `${sent} bytes were sent`);
      assert.ok(residentBytes(serving.galley.pid) - before < 40 * mebibyte);
      client.destroy();
      await noneIsLeft();
    });

    it('closes at the client when the upstream dies, and the other way round', async () => {
      const client = await foo();
      upstream.sockets.at(-1)?.destroy();
      await client.all();
      const other = await foo();
      other.socket.resetAndDestroy();
      await noneIsLeft();
    });

    it('leaves no descriptor behind', async () => {
      const { pid } = serving.galley;
      const before = openFiles(pid);
      for (let round = 0; round < 5; round++) {
        const client = await foo();
        client.destroy();
      }
      await noneIsLeft();
      await until(
        () => openFiles(pid) <= before,
        () => `${openFiles(pid)} descriptors, there were ${before}`,
      );
    });

    it('goes on through reloads', async () => {
      const client = await WebSocketClient.open(`ws://127.0.0.1:${serving.port}/`);
      const raw = await foo();
      let sent = 0;
      const echoed = async (): Promise<void> => {
        client.send(`message ${++sent}`);
        assert.equal(await client.receive(), `message ${sent}`);
        raw.send(`raw ${sent};`);
        await raw.sees(new RegExp(`raw ${sent};$`));
      };
      await echoed();
      for (let round = 0; round < 3; round++) {
        let isOver = false;
        const reloading = serving.reload().then(() => {
          isOver = true;
        });
        do await echoed();
        while (!isOver);
        await reloading;
        await echoed();
      }
      assert.ok(sent > 6);
      client.close(1000, '');
      raw.destroy();
      await noneIsLeft();
    });

    it('goes on at a stop until the graceful timeout is over', async () => {
      const client = await foo();
      serving.galley.signal(stopSignal);
      const stoppedAt = performance.now();
      await until(
        () =>
          RawClient.connect(serving.port).then(
            (late) => late.destroy() ?? false,
            () => true,
          ),
        'no new connection is taken',
      );
      client.send('still here');
      await client.sees(/still here$/);
      await client.all();
      const tookMs = performance.now() - stoppedAt;
      assert.ok(tookMs > gracefulSeconds * 900 && tookMs < gracefulSeconds * 1_000 + 2_000, `${tookMs} ms`);
      assert.equal((await serving.galley.exited).code, 0);
      await noneIsLeft();
    });
  });
}
