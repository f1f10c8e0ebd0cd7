import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type BodySource, BodyStream } from './body.ts';

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
    body.push(Buffer.from('ab'));
    body.push(Buffer.from('c'));
    assert.equal(body.buffered, 3);
    body.end();
    const pieces: string[] = [];
    for await (const piece of body) pieces.push(Buffer.from(piece).toString());
    assert.deepEqual(pieces, ['ab', 'c']);
    assert.deepEqual(told, ['wanted', 'taken 2', 'taken 1']);
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
    body.push(Buffer.from('y'));
    for await (const _ of body) break;
    assert.deepEqual(told, ['wanted', 'taken 1', 'cancelled']);
    body.push(Buffer.from('z'));
    assert.equal(body.buffered, 0);
  });

  it('ignores what comes after the end', async () => {
    const body = new BodyStream(recorded().source);
    body.end();
    body.push(Buffer.from('late'));
    body.fail(new Error('late'));
    assert.equal((await body.next()).done, true);
  });
});
