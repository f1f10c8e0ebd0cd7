import assert from 'node:assert/strict';
import { createServer } from 'node:http2';
import { describe, it } from 'node:test';
import { Http2Stage } from '../../../test/support/http2-stage.ts';
import { HeaderList } from '../../core/headers.ts';

async function* pieces(...texts: readonly string[]): AsyncIterable<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

describe('A request over HTTP/2', () => {
  it('sends the trailers of a body, but for those that may not stand there', async () => {
    const seen: string[] = [];
    await using stage = await Http2Stage.of(createServer(), (stream) => {
      stream.on('trailers', (fields) => seen.push(JSON.stringify(fields)));
      stream.on('end', () => stream.respond({ ':status': 204 }, { endStream: true }));
      stream.resume();
    });
    const fields = [
      ['x-sum', '5'],
      ['host', 'evil'],
      ['http2-settings', 'AAMAAABk'],
      ['upgrade', 'h2c'],
    ] as const;
    const sent = stage.send({
      method: 'POST',
      body: pieces('12', '3'),
      bodyLength: 'chunked',
      trailers: () => HeaderList.of(fields),
    });
    assert.equal((await sent.reply()).status, 204);
    const none = stage.send({
      method: 'POST',
      body: pieces('4'),
      bodyLength: 'chunked',
      trailers: () => HeaderList.empty,
    });
    assert.equal((await none.reply()).status, 204);
    assert.deepEqual(seen, ['{"x-sum":"5"}']);
  });
});
