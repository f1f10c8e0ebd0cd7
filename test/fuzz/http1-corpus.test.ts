import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { httpLimits } from '../../src/core/limits.ts';
import { outcomeOf } from '../support/codec-contract.ts';
import { type PlainHead, recordedServerCodec } from '../support/recorded-http1-codec.ts';

/** An input of the corpus: bytes as latin-1, the requests that are read from it, and the code that ends it. */
interface Entry {
  readonly name: string;
  readonly input: string;
  readonly code: string | null;
  readonly requests: readonly string[];
}

const folder = new URL('./corpus/http1/', import.meta.url);

for (const file of readdirSync(folder)) {
  const entries = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Entry[];
  describe(`the HTTP/1.1 server reads hostile input: ${file}`, () => {
    for (const { name, input, code, requests } of entries) {
      it(name, () => {
        const bytes = Buffer.from(input, 'latin1');
        for (const pieces of [[bytes], [...bytes].map((byte) => Buffer.of(byte))]) {
          const outcome = outcomeOf((recorder) => recordedServerCodec(recorder, httpLimits), pieces);
          assert.equal(outcome.code ?? null, code);
          assert.deepEqual(outcome.events.flatMap(requestOf), requests);
        }
      });
    }
  });
}

function requestOf(event: unknown): string[] {
  const [kind, head] = event as [string, PlainHead];
  return kind === 'head' ? [`${head.method} ${head.target}`] : [];
}
