import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { until } from '../support/until.ts';
import { upload } from '../support/upload.ts';

/** Sends a line only when the app has read the one before, so that a server which gathers the body never gets to the end. */
export async function uploadInStep(at: (path: string) => string, framing: 'length' | 'chunked'): Promise<void> {
  const lines = ['a', 'b', 'c'].map((letter) => Buffer.from(`${letter.repeat(99_999)}\n`));
  const size = lines.reduce((sum, line) => sum + line.length, 0);
  const digest = createHash('sha256');
  async function* pieces(): AsyncIterable<Uint8Array> {
    let sent = 0;
    for (const line of lines) {
      const arrived = async (): Promise<boolean> => {
        const answer = await fetch(at(`/seen/${framing}`));
        return ((await answer.json()) as { bytes: number }).bytes === sent;
      };
      await until(arrived, `the app has read ${sent} bytes`);
      digest.update(line);
      sent += line.length;
      yield line;
    }
  }
  const answer = await upload(
    at(`/pieces/${framing}`),
    'application/octet-stream',
    pieces(),
    framing === 'length' ? size : undefined,
  );
  assert.deepEqual(JSON.parse(answer.text), { length: size, sha256: digest.digest('hex') });
}
