import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { constants, createGunzip, createGzip, gunzipSync, gzipSync } from 'node:zlib';
import { pieces } from '../../../test/support/reply-stage.ts';
import { until } from '../../../test/support/until.ts';
import { BodyStream } from '../../core/body.ts';
import { PipedBody } from './piped-body.ts';

async function allOf(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const got: Uint8Array[] = [];
  for await (const piece of body) got.push(piece);
  return Buffer.concat(got);
}

/** A stream's source that records how it fares. */
function source(): { told: string[]; stream: BodyStream } {
  const told: string[] = [];
  const stream = new BodyStream({
    wanted: () => told.push('wanted'),
    taken: () => {},
    cancelled: () => told.push('cancelled'),
  });
  return { told, stream };
}

describe('PipedBody', () => {
  it('gives what became of the whole body', async () => {
    const body = new PipedBody(pieces('a'.repeat(10_000), 'b', 'c'.repeat(100_000)), createGzip);
    assert.equal(gunzipSync(await allOf(body)).toString(), `${'a'.repeat(10_000)}b${'c'.repeat(100_000)}`);
    assert.equal(gunzipSync(await allOf(new PipedBody(pieces(), createGzip))).length, 0);
  });

  it('sends what has come while the source is silent', async () => {
    const { stream } = source();
    const body = new PipedBody(stream, createGzip);
    const gunzip = createGunzip();
    let text = '';
    gunzip.on('data', (piece: Buffer) => (text += piece.toString()));
    for (const event of ['data: 1\n\n', 'data: 2\n\n']) {
      stream.push(Buffer.from(event));
      await until(async () => {
        const { value } = await body.next();
        if (value) gunzip.write(value);
        await new Promise<void>((resolve) => gunzip.flush(resolve));
        return text.endsWith(event);
      }, `the event ${event}`);
    }
    assert.equal(text, 'data: 1\n\ndata: 2\n\n');
    await body.return();
  });

  it('does not break up what comes without a pause', async () => {
    const { stream } = source();
    for (let count = 0; count < 100; count++) stream.push(Buffer.alloc(5_000, `line ${count}\n`));
    stream.end();
    const size = (await allOf(new PipedBody(stream, createGzip))).length;
    const whole = gzipSync(
      Buffer.concat(Array.from({ length: 100 }, (_, count) => Buffer.alloc(5_000, `line ${count}\n`))),
    );
    assert.ok(size < whole.length + 50, `${size} bytes, ${whole.length} in one go`);
  });

  it('closes its stream and its source when the reader stops, before, while and after it waits', async () => {
    const streams: ReturnType<typeof createGzip>[] = [];
    const create = (): ReturnType<typeof createGzip> => {
      const stream = createGzip();
      streams.push(stream);
      return stream;
    };
    const unread = source();
    await new PipedBody(unread.stream, create).return();
    assert.deepEqual([unread.told, streams.length], [['cancelled'], 0]);
    const silent = source();
    const waiting = new PipedBody(silent.stream, create);
    const next = waiting.next().catch(() => 'ended');
    await until(() => silent.told.includes('wanted'), 'the source is read');
    await waiting.return();
    await next;
    assert.deepEqual(silent.told, ['wanted', 'cancelled']);
    const busy = source();
    for (let count = 0; count < 50; count++) busy.stream.push(Buffer.alloc(60_000, `${count}`));
    for await (const _ of new PipedBody(busy.stream, create)) break;
    assert.deepEqual(busy.told, ['wanted', 'cancelled']);
    await until(() => streams.every((stream) => stream.closed), 'all streams are closed');
    assert.equal(streams.length, 2);
  });

  it('breaks where its source breaks, and stops the source where the stream breaks', async () => {
    const broken = source();
    const body = new PipedBody(broken.stream, createGzip);
    broken.stream.push(Buffer.from('x'));
    const reading = allOf(body);
    await until(() => broken.told.includes('wanted'), 'the source is read');
    broken.stream.fail(new Error('the app died'));
    await assert.rejects(reading, /the app died/);
    const junk = source();
    junk.stream.push(Buffer.from('this is not gzip'));
    await assert.rejects(allOf(new PipedBody(junk.stream, createGunzip)), { code: 'Z_DATA_ERROR' });
    await until(() => junk.told.includes('cancelled'), 'the source is stopped');
  });

  it('reads no more from its source than its reader takes', async () => {
    let read = 0;
    async function* endless(): AsyncGenerator<Uint8Array, undefined> {
      for (;;) {
        read += 65_536;
        yield Buffer.alloc(65_536, `${read}`);
      }
    }
    const body = new PipedBody(endless(), () => createGzip({ level: constants.Z_NO_COMPRESSION }));
    for (let count = 0; count < 4; count++) await body.next();
    const before = read;
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    assert.ok(read <= before + 3 * 65_536, `${read - before} bytes were read ahead`);
    await body.return();
  });

  it('keeps memory flat for 100 MB', async () => {
    const piece = Buffer.alloc(65_536, 'The quick brown fox jumps over the lazy dog. ');
    async function* long(): AsyncGenerator<Uint8Array, undefined> {
      for (let count = 0; count < 1_600; count++) yield piece;
    }
    let most = 0;
    let bytes = 0;
    const before = process.memoryUsage().rss;
    for await (const output of new PipedBody(new PipedBody(long(), () => createGzip({ level: 1 })), createGunzip)) {
      bytes += output.length;
      most = Math.max(most, process.memoryUsage().rss);
    }
    assert.equal(bytes, 1_600 * 65_536);
    assert.ok(most - before < 64 * 1024 * 1024, `grew by ${most - before} bytes`);
  });
});
