import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { differences, divergenceOf, explanationOf } from './http1-differences.ts';
import { type NodeReader, readByCodec, startNodeReader } from './http1-readings.ts';
import { requestTexts } from './http1-requests.ts';

describe('the HTTP/1.1 server beside llhttp', () => {
  let node: NodeReader;
  before(async () => {
    node = await startNodeReader();
  });
  after(() => node[Symbol.asyncDispose]());

  for (const { what, section, side, code, input, example } of differences) {
    it(`differs as listed: ${what} (${section})`, async () => {
      const bytes = Buffer.from(example, 'latin1');
      assert.deepEqual(divergenceOf(readByCodec(bytes), await node.read(bytes)), { side, code });
      assert.match(example, input);
    });
  }

  it('gives an absolute target as the path and Host that it stands for, and agrees otherwise', async () => {
    const bytes = Buffer.from('GET http://b:81?x HTTP/1.1\r\nHost: a\r\n\r\n');
    const [ours, theirs] = [readByCodec(bytes), await node.read(bytes)];
    assert.equal(theirs.requests[0]?.target, 'http://b:81?x');
    assert.equal(ours.requests[0]?.target, '/?x');
    assert.deepEqual(ours.requests[0]?.headers, [['host', 'b:81']]);
    assert.equal(divergenceOf(ours, theirs), undefined);
  });

  it('accepts the same requests and reads them alike, but for the listed differences', async () => {
    let accepted = 0;
    await fc.assert(
      fc.asyncProperty(requestTexts, async (text) => {
        const bytes = Buffer.from(text, 'latin1');
        const [ours, theirs] = [readByCodec(bytes), await node.read(bytes)];
        const divergence = divergenceOf(ours, theirs);
        if (divergence) assert.ok(explanationOf(divergence, text), JSON.stringify({ divergence, text, ours, theirs }));
        else if (ours.refusal === undefined) accepted++;
      }),
      { numRuns: 10_000, interruptAfterTimeLimit: 10_000 },
    );
    assert.ok(accepted > 100, 'hardly any request was good enough for both');
  });
});
