import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type BodySource, BodyStream, emptyBody } from './body.ts';

function recorded(): { told: string[]; source: BodySource } {
  const told: string[] = [];
  return {
    told,
    source: {
      wanted: () => told.push('wanted'),
      taken: (bytes) => told.push(`taken ${bytes}`),
      cancelled: () => told.push('cancelled'),
    },
  };
}

describe('BodyStream', () => {
  it('gives what was pushed, in order, and tells the source what was taken', async () => {
    const { told, source } = recorded();
    const body = new BodyStream(source);
    body.push(Buffer.alloc(5_000, 'a'));
    body.push(Buffer.alloc(6_000, 'b'));
    assert.equal(body.buffered, 11_000);
    body.end();
    const pieces: string[] = [];
    for await (const piece of body) pieces.push(Buffer.from(piece).toString());
    assert.deepEqual(pieces, ['a'.repeat(5_000), 'b'.repeat(6_000)]);
    assert.deepEqual(told, ['wanted', 'taken 5000', 'taken 6000']);
    assert.equal(body.buffered, 0);
  });

  it('hands a piece straight to a reader that waits', async () => {
    const { told, source } = recorded();
    const body = new BodyStream(source);
    const next = body.next();
    assert.deepEqual(told, ['wanted']);
    body.push(Buffer.from('x'));
    assert.equal(Buffer.from((await next).value ?? '').toString(), 'x');
    assert.deepEqual(told, ['wanted', 'taken 1']);
  });

  it('gives what is buffered before an error, and the error to a reader that waits', async () => {
    const body = new BodyStream(recorded().source);
    body.push(Buffer.from('x'));
    body.fail(new Error('broken'));
    assert.equal((await body.next()).done, false);
    await assert.rejects(body.next(), /broken/);
    const waiting = new BodyStream(recorded().source);
    const next = waiting.next();
    waiting.fail(new Error('broken'));
    await assert.rejects(next, /broken/);
  });

  it('tells the source when the reader stops early, and holds nothing then', async () => {
    const { told, source } = recorded();
    const body = new BodyStream(source);
    body.push(Buffer.from('x'));
    for await (const _ of body) break;
    assert.deepEqual(told, ['wanted', 'taken 1', 'cancelled']);
    body.push(Buffer.from('z'));
    assert.equal(body.buffered, 0);
  });

  it('holds many small pieces in few large ones, and loses none', async () => {
    const body = new BodyStream(recorded().source);
    const sent = Buffer.from(Array.from({ length: 20_000 }, (_, index) => index % 251));
    const got: Uint8Array[] = [];
    for (let at = 0; at < sent.length; at += 5) {
      body.push(sent.subarray(at, at + 5));
      if (at % 7_000 === 0) got.push((await body.next()).value ?? emptyBody);
    }
    body.end();
    for await (const piece of body) got.push(piece);
    assert.deepEqual(Buffer.concat(got), sent);
    assert.ok(got.length < 20, `${got.length} pieces`);
  });

  it('goes on for ever without growing while its reader is always a piece behind', async () => {
    const body = new BodyStream(recorded().source);
    body.push(Buffer.alloc(5_000, 0));
    for (let count = 1; count < 2_000; count++) {
      body.push(Buffer.alloc(5_000, count % 256));
      const { value } = await body.next();
      assert.equal(value?.[0], (count - 1) % 256);
    }
    assert.equal(body.buffered, 5_000);
  });

  it('ignores what comes after the end', async () => {
    const body = new BodyStream(recorded().source);
    body.end();
    body.push(Buffer.from('late'));
    body.fail(new Error('late'));
    assert.equal((await body.next()).done, true);
  });
});
