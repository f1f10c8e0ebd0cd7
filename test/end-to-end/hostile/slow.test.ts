// The points 270 to 275 of the list of hostile requests: slow clients, many clients, and no descriptors left.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { truncate } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { AppFolder } from '../../support/app-folder.ts';
import { freePorts } from '../../support/free-ports.ts';
import { type GalleyNginx, serveWithGalley } from '../../support/nginx-serving.ts';
import { openFiles, processorTicks, residentBytes } from '../../support/processes.ts';
import { RawClient } from '../../support/raw-client.ts';
import { until } from '../../support/until.ts';
import { askRaw } from '../nginx/ask-raw.ts';

const MiB = 1 << 20;
const launcher = fileURLToPath(new URL('../../../bin/galley.js', import.meta.url));
const http = `client_header_timeout 1s; client_body_timeout 1s; send_timeout 1s; client_max_body_size 0;
  server { listen LISTEN0; root FOLDER; keepalive_timeout 1s; } server { listen LISTEN1; root FOLDER; keepalive_timeout 60s; }`;

describe('slow and many clients', () => {
  let folder: AppFolder;
  let serving: GalleyNginx;
  const port = (index = 0): number => serving.ports[index] ?? 0;

  before(async () => {
    folder = await AppFolder.with({ 'a.html': 'page', 'large.bin': '' });
    await truncate(folder.file('large.bin'), 100 * MiB);
    serving = await serveWithGalley({ http, ports: 2, folder: folder.path });
  });

  after(async () => {
    await serving[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  it('270: a head has its time in all, not for each byte', async () => {
    const client = await RawClient.connect(port());
    const start = performance.now();
    client.send('GET / HTTP/1.1\r\nHost: a\r\nX: ');
    await until(() => {
      if (!client.ended) client.send('x');
      return client.ended || client.closed;
    }, 'the end of the connection');
    assert.match(client.received, /^(?:HTTP\/1\.1 408 [\s\S]*)?$/);
    assert.ok(performance.now() - start > 500, 'it had some of its second');
    client.destroy();
  });

  it('270: a connection that is silent is ended', async () => {
    const client = await RawClient.connect(port());
    await client.all();
    const used = await RawClient.connect(port());
    used.send('HEAD /a.html HTTP/1.1\r\nHost: a\r\n\r\n');
    assert.match(await used.all(), /^HTTP\/1\.1 200 [\s\S]*\r\n\r\n$/);
  });

  it('271: a body that stops coming is 408', async () => {
    const client = await RawClient.connect(port());
    client.send('POST /a.html HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nx');
    assert.match(await client.all(), /^HTTP\/1\.1 408 /);
  });

  it('272: a client that reads nothing of 100 MB costs no memory and is ended', async () => {
    const [before, descriptors] = [residentBytes(serving.galley.pid), openFiles(serving.galley.pid)];
    const client = await RawClient.connect(port(1));
    client.socket.pause();
    client.send('GET /large.bin HTTP/1.1\r\nHost: a\r\n\r\n');
    let most = 0;
    await until(() => openFiles(serving.galley.pid) > descriptors, 'the answer to begin');
    await until(
      () => {
        most = Math.max(most, residentBytes(serving.galley.pid));
        return openFiles(serving.galley.pid) <= descriptors;
      },
      () => `the end of the connection: ${openFiles(serving.galley.pid)} of ${descriptors} files are open`,
    );
    client.destroy();
    assert.ok(most - before < 50 * MiB, `${(most - before) / MiB} MiB more`);
  });

  it('272: a client that reads slowly gets all of it, in flat memory', async () => {
    const before = residentBytes(serving.galley.pid);
    const client = await RawClient.connect(port(1));
    client.socket.removeAllListeners('data');
    let [size, most] = [0, 0];
    client.socket.on('data', (text: string) => {
      size += text.length;
      // Not before the next turn: the server is always ahead of it.
      client.socket.pause();
      setImmediate(() => client.socket.resume());
    });
    client.send('GET /large.bin HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    await until(() => {
      most = Math.max(most, residentBytes(serving.galley.pid));
      return client.ended;
    }, 'all of it');
    client.destroy();
    assert.ok(size > 100 * MiB, `${size} bytes`);
    assert.ok(most - before < 50 * MiB, `${(most - before) / MiB} MiB more`);
  });

  it('273: 1,000 idle connections leave room and memory for others', async () => {
    const before = residentBytes(serving.galley.pid);
    const clients: RawClient[] = [];
    for (let batch = 0; batch < 10; batch++) {
      clients.push(...(await Promise.all(Array.from({ length: 100 }, () => RawClient.connect(port(1))))));
    }
    assert.match((await askRaw(port(1), '/a.html')).text, /^HTTP\/1\.1 200 /);
    const grown = residentBytes(serving.galley.pid) - before;
    for (const client of clients) client.destroy();
    assert.ok(grown < 40 * MiB, `${grown / MiB} MiB for 1,000 connections`);
  });

  it('274: connections that are reset at once are forgotten', async () => {
    const descriptors = openFiles(serving.galley.pid);
    for (let count = 0; count < 500; count++) (await RawClient.connect(port(1))).socket.resetAndDestroy();
    await until(() => openFiles(serving.galley.pid) <= descriptors, 'all to be closed');
    assert.match((await askRaw(port(1), '/a.html')).text, /^HTTP\/1\.1 200 /);
  });
});

describe('galley nginx with few descriptors', () => {
  it('275: serves on with more clients than it can have, and does not spin', async () => {
    await using folder = await AppFolder.with({ 'a.html': 'page' });
    const [port = 0] = await freePorts(1);
    const server = `listen 127.0.0.1:${port}; root ${folder.path}; keepalive_timeout 2s; client_header_timeout 2s;`;
    await folder.write(
      'nginx.conf',
      `pid pid; error_log error.log; events {} http { access_log off; server { ${server} } }`,
    );
    const command = [
      process.execPath,
      '--',
      launcher,
      'nginx',
      '-p',
      folder.path,
      '-c',
      'nginx.conf',
      '-e',
      'error.log',
      '-g',
      'daemon off;',
    ];
    const galley = spawn('sh', ['-c', 'ulimit -n 120; exec "$@"', 'sh', ...command], { stdio: 'ignore' });
    const exited = once(galley, 'exit');
    const clients: RawClient[] = [];
    try {
      await until(() => existsSync(folder.file('pid')), 'the pid file');
      for (let count = 0; count < 200; count++) clients.push(await RawClient.connect(port));
      const pid = Number(readFileSync(folder.file('pid'), 'latin1'));
      const before = processorTicks(pid);
      await until(() => clients.every(({ ended, closed }) => ended || closed), 'all idle clients to be ended');
      const spent = processorTicks(pid) - before;
      assert.ok(spent < 100, `${spent} hundredths of a second of processor time in two seconds`);
      // Ended ones keep their places for a moment, in which a new one may be turned away.
      await until(async () => (await askRaw(port, '/a.html')).text.startsWith('HTTP/1.1 200 '), 'an answer');
    } finally {
      for (const client of clients) client.destroy();
      galley.kill('SIGTERM');
    }
    assert.deepEqual(await exited, [0, null]);
  });
});
