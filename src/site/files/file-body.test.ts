import assert from 'node:assert/strict';
import { openSync, readdirSync, readlinkSync, truncateSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { AppFolder } from '../../../test/support/app-folder.ts';
import { FilesStage, fileSettings } from '../../../test/support/files-stage.ts';
import { closeStages, get, stage } from '../../../test/support/front-stage.ts';
import { until } from '../../../test/support/until.ts';
import { FileBody, type FileSegment } from './file-body.ts';

/** So large that not all of it is read before others get their turn. */
const size = 1_500_003;
const content = Buffer.from(Array.from({ length: size }, (_, index) => index % 251));

let folder: AppFolder;
let path: string;

beforeEach(async () => {
  folder = await AppFolder.with({});
  path = folder.file('large.bin');
  await writeFile(path, content);
});

afterEach(async () => {
  await closeStages();
  await folder[Symbol.asyncDispose]();
});

function bodyOf(...segments: FileSegment[]): FileBody {
  return new FileBody(openSync(path, 'r'), segments);
}

/** How often this process has the file open. */
function openings(): number {
  return readdirSync('/proc/self/fd').filter((name) => {
    try {
      return readlinkSync(`/proc/self/fd/${name}`) === path;
    } catch {
      return false;
    }
  }).length;
}

async function closed(): Promise<void> {
  await until(
    () => openings() === 0,
    () => `the file is closed; it is open ${openings()} times`,
  );
}

describe('FileBody', { skip: process.platform !== 'linux' && 'only /proc tells which files are open' }, () => {
  it('gives the parts of a file and what is between them, in pieces of at most 128 KiB', async () => {
    const pieces: Uint8Array[] = [];
    for await (const piece of bodyOf(Buffer.from('<'), { start: 5, end: 1_400_000 }, Buffer.from('|'), {
      start: 0,
      end: 1,
    })) {
      assert.ok(piece.length <= 128 * 1024);
      pieces.push(piece);
    }
    const expected = [Buffer.from('<'), content.subarray(5, 1_400_000), Buffer.from('|'), content.subarray(0, 1)];
    assert.ok(Buffer.concat(pieces).equals(Buffer.concat(expected)));
    await closed();
  });

  it('closes the file where the reader stops in the middle', async () => {
    for await (const _ of bodyOf({ start: 0, end: size })) break;
    await closed();
  });

  it('closes the file where the reader never begins, and when it stops while a piece is read', async () => {
    const [unread, reading] = [bodyOf({ start: 0, end: size }), bodyOf({ start: 0, end: size })];
    assert.equal(openings(), 2);
    await unread.return();
    // What is read at once is over when it is asked for; behind it comes what is read in another thread.
    for (let at = 0; at < 8; at++) await reading.next();
    const piece = reading.next();
    await reading.return();
    assert.equal((await piece).done, true);
    await closed();
  });

  it('breaks where the file has become shorter', async () => {
    const body = bodyOf({ start: 0, end: size });
    await body.next();
    truncateSync(path, 200_000);
    await assert.rejects(
      async () => {
        for await (const _ of body);
      },
      { code: 'internal-error' },
    );
    await closed();
  });

  it('lets others have their turn after 1 MiB', async () => {
    const body = bodyOf({ start: 0, end: size });
    const isAtOnce = async (): Promise<boolean> => {
      let isRead = false;
      const reading = body.next().then(() => {
        isRead = true;
      });
      // What another thread reads never comes before the turn is over.
      for (let tick = 0; tick < 10; tick++) await undefined;
      const wasRead = isRead;
      await reading;
      return wasRead;
    };
    for (let at = 0; at < 8; at++) assert.equal(await isAtOnce(), true);
    assert.equal(await isAtOnce(), false);
    assert.equal(await isAtOnce(), true);
    await body.return();
    await closed();
  });

  it('is closed when the client leaves in the middle of the answer', async () => {
    await writeFile(path, Buffer.alloc(32 << 20));
    const files = new FilesStage({ '/': fileSettings(folder.path) });
    const { client } = await stage((exchange) => files.handle(exchange));
    const leaving = await client();
    leaving.send(get('/large.bin'));
    await leaving.sees(/content-length: 33554432\r\n/);
    assert.equal(openings(), 1);
    leaving.destroy();
    await closed();
  });

  it('is not opened for HEAD, conditions that fail and ranges that cannot be', async () => {
    const files = new FilesStage({ '/': fileSettings(folder.path) });
    const ask = (method: string, name?: string, value = ''): void => {
      const outcome = files.ask('/large.bin', { method, headers: name === undefined ? [] : [[name, value]] }).outcome;
      assert.ok(!(outcome instanceof Promise));
      assert.equal(openings(), 0);
    };
    ask('HEAD');
    ask('HEAD', 'range', 'bytes=0-1');
    ask('POST');
    ask('GET', 'if-none-match', '*');
    ask('GET', 'if-match', '"x"');
    ask('GET', 'range', 'bytes=99999999-');
  });
});
