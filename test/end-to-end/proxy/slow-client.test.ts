import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmdirSync, statSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { after, before, describe, it } from 'node:test';
import { AppFolder } from '../../support/app-folder.ts';
import { openFiles, residentBytes } from '../../support/processes.ts';
import { RawClient } from '../../support/raw-client.ts';
import { until } from '../../support/until.ts';
import { FaultStage, statusOf } from './fault-stage.ts';

const mebibyte = 1024 ** 2;
const answerSize = 100 * mebibyte;

/** Sends so many bytes as fast as they are taken; `sent` counts those that were given to the kernel. */
function pour(socket: Socket, size: number): { sent: number } {
  const state = { sent: 0 };
  const piece = Buffer.alloc(64 * 1024, 'galley');
  socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${size}\r\n\r\n`);
  const more = (): void => {
    while (state.sent < size && !socket.destroyed) {
      state.sent += piece.length;
      if (!socket.write(piece)) return;
    }
  };
  socket.on('drain', more);
  more();
  return state;
}

/** The size of the largest file of Galley's in a folder. */
function largestFile(pid: number, folder: string): number {
  const sizes = readdirSync(`/proc/${pid}/fd`).map((name) => {
    try {
      const path = `/proc/${pid}/fd/${name}`;
      return readlinkSync(path).startsWith(folder) ? statSync(path).size : 0;
    } catch {
      return 0;
    }
  });
  return Math.max(0, ...sizes);
}

describe('A client that reads slowly', () => {
  let stage: FaultStage;
  let poured: { sent: number } = { sent: 0 };
  before(async () => {
    stage = await FaultStage.start(`
      proxy_temp_path OWN/temp;
      location / { proxy_pass http://app; proxy_buffering off; }
      location /memory/ { proxy_pass http://app; proxy_max_temp_file_size 0; }
      location /file/ { proxy_pass http://app; proxy_max_temp_file_size 1m; }`);
    for (const path of ['/memory/large', '/file/large', '/large']) {
      stage.on(path, ({ socket }) => {
        poured = pour(socket, answerSize);
      });
    }
  });
  after(async () => {
    await stage.hasLostNothing();
    await stage[Symbol.asyncDispose]();
  });

  for (const [how, path] of [
    ['without buffering', '/large'],
    ['with buffering in memory', '/memory/large'],
    ['with buffering in a file', '/file/large'],
  ] as const) {
    it(`holds the upstream back and takes no memory, ${how}`, async () => {
      await stage.isClean();
      poured = { sent: 0 };
      const before = residentBytes(stage.pid);
      const client = await RawClient.connect(stage.port);
      let received = 0;
      client.socket.removeAllListeners('data');
      client.socket.setEncoding();
      client.socket.pause();
      client.send(`GET ${path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n`);
      const [leastFile, mostFile] = path.startsWith('/file/') ? [mebibyte / 2, mebibyte] : [0, 0];
      let most = 0;
      let largest = 0;
      let at = 0;
      const look = (): void => {
        most = Math.max(most, residentBytes(stage.pid));
        largest = Math.max(largest, largestFile(stage.pid, stage.serving.own.path));
      };
      // It is held back for longer than the upstream may be silent.
      let lastSent = -1;
      let lastAt = 0;
      await until(
        () => {
          look();
          if (poured.sent !== lastSent) [lastSent, lastAt] = [poured.sent, performance.now()];
          return poured.sent > mebibyte && largest >= leastFile && performance.now() - lastAt > 300;
        },
        () => `the upstream is held back, it has sent ${poured.sent} bytes, the file has ${largest}`,
      );
      assert.ok(poured.sent < 30 * mebibyte, `${poured.sent} bytes were sent`);
      client.socket.on('data', (chunk: Buffer | string) => {
        received += chunk.length;
        if (received - at > 4 * mebibyte) {
          at = received;
          look();
        }
      });
      client.socket.resume();
      await until(
        () => client.ended || client.closed,
        () => `the end, received ${received}`,
      );
      assert.ok(received > answerSize && received < answerSize + 1_000, `${received} bytes came`);
      assert.ok(most - before < 60 * mebibyte, `memory grew by ${(most - before) / mebibyte} MiB`);
      assert.ok(largest <= mostFile, `the file had ${largest} bytes`);
      client.destroy();
      await stage.isClean();
    });
  }

  it('ends its connections where it leaves', async () => {
    poured = { sent: 0 };
    const client = await RawClient.connect(stage.port);
    client.socket.pause();
    client.send('GET /file/large HTTP/1.1\r\nhost: a\r\n\r\n');
    await until(() => poured.sent > 0, 'the answer has begun');
    client.socket.resetAndDestroy();
    await stage.isClean();
  });
});

describe('A proxy without room for temporary files', { skip: mayMount() }, () => {
  let folder: AppFolder;
  let stage: FaultStage;
  before(async () => {
    folder = await AppFolder.with({});
    mountSmall(folder.path);
    stage = await FaultStage.start(`
      proxy_temp_path ${folder.path}; client_body_temp_path ${folder.path}; client_max_body_size 200m;
      location / { proxy_pass http://app; }`);
  });
  after(async () => {
    await stage.hasLostNothing();
    await stage[Symbol.asyncDispose]();
    execFileSync('umount', [folder.path]);
    await folder[Symbol.asyncDispose]();
  });

  it('gives answers by way of memory (276)', async () => {
    const size = 16 * mebibyte;
    stage.on('/large', ({ socket }) => void pour(socket, size));
    const client = await RawClient.connect(stage.port);
    client.socket.pause();
    client.send('GET /large HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n');
    const log = (): string => readFileSync(stage.serving.own.file('error.log'), 'utf8');
    await until(() => /ENOSPC/.test(log()), 'the log says that the disk is full');
    client.socket.resume();
    const answer = await client.all();
    assert.equal(answer.length - answer.indexOf('\r\n\r\n') - 4, size);
    await stage.isClean();
  });

  it('refuses bodies that it cannot keep with 500 (276)', async () => {
    const files = openFiles(stage.pid);
    const body = 'x'.repeat(mebibyte);
    assert.equal(statusOf(await stage.ask('/good', [`content-length: ${body.length}`], 'PUT', body)), 500);
    const log = readFileSync(stage.serving.own.file('error.log'), 'utf8');
    assert.match(log, /Cannot keep the body of the request in a file: ENOSPC/);
    assert.doesNotMatch(log, /a defect of Galley/);
    await stage.isClean();
    assert.ok(openFiles(stage.pid) <= files + 1);
  });
});

/** Why no file system can be mounted here, if none can. */
function mayMount(): string | false {
  const path = mkdtempSync(`${tmpdir()}/galley-test-`);
  try {
    mountSmall(path);
    execFileSync('umount', [path]);
    return false;
  } catch {
    return 'a file system can be mounted by root only';
  } finally {
    rmdirSync(path);
  }
}

function mountSmall(path: string): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', path], { stdio: 'ignore' });
}
