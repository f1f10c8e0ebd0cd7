import assert from 'node:assert/strict';
import { readlinkSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { describe, it } from 'node:test';
import { AppFolder } from '../../../test/support/app-folder.ts';
import { until } from '../../../test/support/until.ts';
import { gatherBody } from './gathered-body.ts';
import { ReadAhead } from './read-ahead.ts';

const options = { memory: 100, file: 1000, folder: undefined, failed: (error: Error) => assert.fail(error) };

/** A source that counts what is taken of it. */
function source(
  sizes: readonly number[],
  end?: Error,
): { taken: number; isCancelled: boolean; body: AsyncIterable<Uint8Array> } {
  const state = {
    taken: 0,
    isCancelled: false,
    body: {
      [Symbol.asyncIterator]: () => ({
        next: async (): Promise<IteratorResult<Uint8Array, undefined>> => {
          const size = sizes[state.taken];
          if (size !== undefined) return { done: false, value: Buffer.alloc(size, 97 + (state.taken++ % 26)) };
          if (end) throw end;
          return { done: true, value: undefined };
        },
        return: async (): Promise<IteratorResult<Uint8Array, undefined>> => {
          state.isCancelled = true;
          return { done: true, value: undefined };
        },
      }),
    },
  };
  return state;
}

function whole(sizes: readonly number[]): string {
  return sizes.map((size, index) => String.fromCharCode(97 + (index % 26)).repeat(size)).join('');
}

async function read(body: AsyncIterable<Uint8Array>): Promise<string> {
  let text = '';
  for await (const piece of body) text += Buffer.from(piece).toString();
  return text;
}

async function openTempFiles(): Promise<number> {
  const names = await readdir('/proc/self/fd');
  return names.filter((name) => targetOf(name).startsWith(`${tmpdir()}/galley-`)).length;
}

/** Bytes of the one that is open, if one is. */
async function tempFileSize(): Promise<number> {
  const names = await readdir('/proc/self/fd');
  const name = names.find((other) => targetOf(other).startsWith(`${tmpdir()}/galley-`));
  return name === undefined ? 0 : (await stat(`/proc/self/fd/${name}`)).size;
}

function targetOf(descriptor: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return '';
  }
}

describe('ReadAhead', () => {
  it('gives all bytes in order, by way of memory and of a file', async () => {
    for (const sizes of [[], [1], [50, 50], [60, 60, 60], [500, 500], [99, 1, 1, 300, 2, 700, 90, 100, 200]]) {
      assert.equal(await read(new ReadAhead(source(sizes).body, options)), whole(sizes));
    }
    assert.equal(await openTempFiles(), 0);
  });

  it('has a file that never grows beyond its bound, however long the answer is', async () => {
    const sizes = Array.from({ length: 200 }, () => 90);
    let largest = 0;
    let text = '';
    for await (const piece of new ReadAhead(source(sizes).body, options)) {
      text += Buffer.from(piece).toString();
      largest = Math.max(largest, await tempFileSize());
    }
    assert.equal(text, whole(sizes));
    assert.ok(largest > 500 && largest <= options.file, `${largest} bytes`);
  });

  it('takes from its source what it has room for, and no more', async () => {
    const slow = source([80, 80, 900, 60, 60]);
    const body = new ReadAhead(slow.body, options);
    const first = await body.next();
    assert.equal(first.value?.length, 80);
    // 80 in memory, 900 and 60 in the file: the next one has no room.
    await until(() => slow.taken === 5, 'all that there is room for');
    let text = '';
    for (;;) {
      const { done, value } = await body.next();
      if (done) break;
      text += Buffer.from(value).toString();
    }
    assert.equal(text, whole([80, 80, 900, 60, 60]).slice(80));
    await until(async () => (await openTempFiles()) === 0, 'no file');
  });

  it('goes through memory alone where there is no room for a file', async () => {
    const sizes = [80, 80, 80, 80];
    assert.equal(await read(new ReadAhead(source(sizes).body, { ...options, file: 0 })), whole(sizes));
    let failure = '';
    const failed = (error: Error): void => {
      failure = error.message;
    };
    const nowhere = { ...options, folder: '/dev/null/nowhere', failed };
    const body = new ReadAhead(source(sizes).body, nowhere);
    const first = await body.next();
    await until(() => failure.includes('ENOTDIR'), 'the file that cannot be made');
    assert.equal(Buffer.from(first.value ?? '').toString() + (await read(body)), whole(sizes));
  });

  it('goes on where a file cannot be written, however reader and writer take turns', async () => {
    const sizes = [60, 60, 60, 60];
    for (let turns = 0; turns < 10; turns++) {
      let isEnded = false;
      const body = new ReadAhead(source(sizes).body, {
        ...options,
        memory: 64,
        folder: '/dev/null/nowhere',
        failed() {},
      });
      let text = '';
      const reading = (async (): Promise<void> => {
        for await (const piece of body) {
          text += Buffer.from(piece).toString();
          for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
        }
        isEnded = true;
      })();
      await until(() => isEnded, 'the end of the body');
      await reading;
      assert.equal(text, whole(sizes));
    }
  });

  it('goes through memory alone while nothing is to go to a file', async () => {
    const sizes = [80, 80, 80, 80, 80];
    let text = '';
    for await (const piece of new ReadAhead(source(sizes).body, { ...options, spills: () => false })) {
      text += Buffer.from(piece).toString();
      assert.equal(await openTempFiles(), 0);
    }
    assert.equal(text, whole(sizes));
  });

  it('breaks where its source breaks, behind what came before', async () => {
    const body = new ReadAhead(source([60, 60, 60], new Error('cut')).body, options);
    let text = '';
    await assert.rejects(async () => {
      for await (const piece of body) text += Buffer.from(piece).toString();
    }, /cut/);
    assert.equal(text, whole([60, 60, 60]));
    assert.equal(await openTempFiles(), 0);
  });

  it('leaves nothing behind when nobody reads on', async () => {
    const slow = source([80, 80, 900, 60, 900]);
    const body = new ReadAhead(slow.body, options);
    await body.next();
    await until(async () => (await openTempFiles()) === 1, 'a file');
    await body.return();
    await until(async () => (await openTempFiles()) === 0, 'no file');
    assert.equal(slow.isCancelled, true);
  });
});

describe('gatherBody', () => {
  it('keeps a short body in memory and a long one in a file, to be read more than once', async () => {
    for (const sizes of [[], [40, 60], [40, 61], [5, 300_000, 7]]) {
      const { body, length, close } = await gatherBody(source(sizes).body, 100, undefined);
      assert.equal(
        length,
        sizes.reduce((sum, size) => sum + size, 0),
      );
      assert.equal(body instanceof Uint8Array, length <= 100);
      for (let time = 0; time < 2; time++) {
        const text = body instanceof Uint8Array ? Buffer.from(body).toString() : await read(body);
        assert.equal(text, whole(sizes));
      }
      close();
    }
    await until(async () => (await openTempFiles()) === 0, 'no file');
  });

  it('makes the folder of its files', async () => {
    await using folder = await AppFolder.with({});
    const { length, close } = await gatherBody(source([200]).body, 100, folder.file('a/b'));
    close();
    assert.equal(length, 200);
    assert.equal((await stat(folder.file('a/b'))).mode & 0o777, 0o700);
  });

  it('leaves no file behind where the body breaks', async () => {
    await assert.rejects(gatherBody(source([200], new Error('left')).body, 100, undefined), /left/);
    assert.equal(await openTempFiles(), 0);
  });
});
