import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readdir, readlink, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { until } from '../../../test/support/until.ts';
import { PeerError } from '../../core/errors.ts';
import { ResponseBody } from './response-body.ts';

const folder = mkdtempSync(join(tmpdir(), 'galley-test-'));
const file = join(folder, 'file');
const content = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 7) % 251));
writeFileSync(file, content);

function stage(): { body: ResponseBody; told: string[]; errors: PeerError[] } {
  const told: string[] = [];
  const errors: PeerError[] = [];
  const body = new ResponseBody({
    taken: (bytes) => told.push(`taken ${bytes}`),
    cancelled: () => told.push('cancelled'),
    opened: () => told.push('opened'),
    broken: (error) => errors.push(error),
  });
  return { body, told, errors };
}

async function all(body: ResponseBody): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of body.stream) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function openFiles(): Promise<string[]> {
  const names = await readdir('/proc/self/fd');
  const links = await Promise.all(names.map((name) => readlink(`/proc/self/fd/${name}`).catch(() => '')));
  return links.filter((link) => link.startsWith(folder));
}

describe('ResponseBody', () => {
  after(() => rmSync(folder, { recursive: true }));

  it('gives bytes and parts of files in the order they were pushed, and counts only the bytes as taken', async () => {
    const { body, told } = stage();
    body.push(Buffer.from('before'));
    body.pushFile({ path: file, offset: 10, length: 290_000 });
    body.push(Buffer.from('between'));
    body.pushFile({ path: file, offset: 0, length: 3 });
    body.push(Buffer.from('after'));
    body.end();
    const expected = ['before', content.subarray(10, 290_010), 'between', content.subarray(0, 3), 'after'];
    assert.deepEqual(await all(body), Buffer.concat(expected.map((part) => Buffer.from(part))));
    assert.deepEqual(told.sort(), ['opened', 'opened', 'taken 5', 'taken 6', 'taken 7']);
    assert.deepEqual(await openFiles(), []);
  });

  it('has the file open before it says so, so that it may be deleted then', async () => {
    const gone = join(folder, 'gone');
    writeFileSync(gone, content);
    const { body, told } = stage();
    body.pushFile({ path: gone, offset: 0, length: content.length });
    body.end();
    await until(() => told.includes('opened'), 'the file is open');
    await unlink(gone);
    assert.deepEqual(await all(body), content);
  });

  it('breaks where the file is not there, is no regular file, or is too short', async () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    for (const [path, length, reason] of [
      [join(folder, 'missing'), 5, /no such file/],
      [folder, 5, /no regular file/],
      [pipe, 5, /no regular file/],
      [file, content.length + 1, /ends 1 bytes too early/],
    ] as const) {
      const { body, errors } = stage();
      body.pushFile({ path, offset: 0, length });
      body.end();
      await assert.rejects(all(body), (error) => error instanceof PeerError && reason.test(error.message));
      assert.equal(errors.length, 1);
    }
    await until(async () => (await openFiles()).length === 0, 'the files are closed');
  });

  it('stops reading and closes the file when the reader leaves', async () => {
    const { body, told, errors } = stage();
    body.pushFile({ path: file, offset: 0, length: content.length });
    body.end();
    for await (const piece of body.stream) if (piece.length > 0) break;
    assert.ok(told.includes('cancelled'));
    await until(async () => (await openFiles()).length === 0, 'the file is closed');
    assert.deepEqual(errors, []);
  });
});
