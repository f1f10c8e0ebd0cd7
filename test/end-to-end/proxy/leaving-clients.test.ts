import assert from 'node:assert/strict';
import { readdirSync, readlinkSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { connect, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { after, before, describe, it } from 'node:test';
import { freePorts } from '../../support/free-ports.ts';
import { type NodeUpstream, serving } from '../../support/node-upstream.ts';
import { openFiles } from '../../support/processes.ts';
import { until } from '../../support/until.ts';
import { ConfigStage } from '../config/config-stage.ts';

const mebibyte = 1024 ** 2;
const clients = 50;
/** Each is asked for by several clients at the same time. */
const paths = 5;

const whole = Buffer.alloc(6 * mebibyte, 'a large answer of which no client reads the end ');

describe('Clients that leave in the middle of an answer', () => {
  const sockets: Set<Socket> = new Set();
  let underWay = 0;
  let upstream: NodeUpstream;
  let stage: ConfigStage;

  const answer: RequestListener = (request, response) => {
    const { socket } = request;
    if (!sockets.has(socket)) socket.on('close', () => sockets.delete(socket));
    sockets.add(socket);
    underWay++;
    response.on('close', () => underWay--);
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
    const from = Number(first ?? 0);
    const to = Math.min(Number(last ?? whole.length - 1) + 1, whole.length);
    const range = { 'content-range': `bytes ${from}-${to - 1}/${whole.length}` };
    response.writeHead(first === undefined ? 200 : 206, {
      ...{ 'cache-control': 'max-age=3600', etag: '"1"', 'content-length': to - from },
      ...(first === undefined ? {} : range),
    });
    const pieces = Array.from({ length: Math.ceil((to - from) / 65_536) }, (_, index) =>
      whole.subarray(from + index * 65_536, Math.min(from + (index + 1) * 65_536, to)),
    );
    const body = Readable.from(pieces);
    response.on('close', () => body.destroy());
    body.pipe(response);
  };

  before(async () => {
    upstream = await serving(answer);
    const [port] = await freePorts(1);
    const cache = `name: 'pages', lock: { timeout: '1m', age: '1m' }`;
    stage = await ConfigStage.start({
      'galley.config.ts': `export default {
        caches: { pages: { folder: import.meta.dirname + '/cache' } },
        servers: [{
          listen: ['127.0.0.1:${port}'],
          locations: [
            { path: '/sliced', proxy: 'http://127.0.0.1:${upstream.port}', cache: { ${cache}, slice: '1m' } },
            { path: '/kept', proxy: 'http://127.0.0.1:${upstream.port}', cache: { ${cache} } },
            { path: '/ahead', proxy: 'http://127.0.0.1:${upstream.port}' },
          ],
        }],
      }`,
    });
  });
  after(async () => {
    await stage[Symbol.asyncDispose]();
    await upstream[Symbol.asyncDispose]();
  });

  /** Resolves with a client that has got so much of an answer, and reads no more. */
  async function begun(path: string, bytes: number): Promise<Socket> {
    const socket = connect(stage.galley.port, '127.0.0.1');
    let received = 0;
    socket.on('error', () => {});
    socket.on('data', ({ length }) => {
      received += length;
      if (received >= bytes) socket.pause();
    });
    socket.write(`GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`);
    if (bytes > 0) await until(() => received >= bytes, `${bytes} bytes of ${path}`);
    return socket;
  }

  /** Files without a name that Galley has open, and those of answers that are being written. */
  function temporaryFiles(): readonly string[] {
    const folder = `/proc/${stage.galley.pid}/fd`;
    const open = readdirSync(folder).flatMap((name) => {
      try {
        return readlinkSync(`${folder}/${name}`);
      } catch {
        return [];
      }
    });
    const kept = readdirSync(stage.folder.path, { recursive: true, encoding: 'utf8' });
    return [...open.filter((name) => name.endsWith('(deleted)')), ...kept.filter((name) => /(^|\/)tmp-/.test(name))];
  }

  for (const place of ['/sliced', '/kept', '/ahead']) {
    it(`leave nothing behind of ${place}`, async () => {
      const before = openFiles(stage.galley.pid) - sockets.size;
      const amounts = [0, 1, 100_000, mebibyte + 1, 3 * mebibyte];
      const leaving = Array.from({ length: clients }, (_, index) =>
        begun(`${place}/${index % paths}`, amounts[Math.floor(index / paths) % amounts.length] ?? 0),
      );
      for (const socket of await Promise.all(leaving)) socket.destroy();
      await until(
        () => underWay === 0 && temporaryFiles().length === 0,
        () => `${underWay} requests under way, and these files: ${temporaryFiles()}`,
      );
      await until(
        () => openFiles(stage.galley.pid) <= before + sockets.size,
        () => `${openFiles(stage.galley.pid)} descriptors, before ${before}, and ${sockets.size} to the upstream`,
      );
      for (let index = 0; index < paths; index++) {
        const { status, body } = await stage.ask(`${place}/${index}`);
        assert.deepEqual([status, body === whole.toString()], [200, true]);
      }
    });
  }
});
