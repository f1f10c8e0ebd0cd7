import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, stat, truncate, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Galley, startGalley } from '../support/galley.ts';
import { StreamClient } from '../support/stream-client.ts';
import { until } from '../support/until.ts';

const apps = fileURLToPath(new URL('../apps', import.meta.url));
const size = 50 * 1024 * 1024;
const bytes = randomBytes(size);

describe('wsgi.file_wrapper', () => {
  let folder: string;
  let file: string;
  let galley: Galley;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'galley-test-'));
    file = join(folder, 'file');
    galley = await startGalley('files_wsgi_app:app', {
      cwd: apps,
      args: ['--workers', '1', '--threads', '1'],
      environment: { FILE_TO_SEND: file },
    });
  });
  after(async () => {
    assert.equal(await galley?.stop(), 0);
    await rm(folder, { recursive: true });
  });

  let closedBefore: number;
  beforeEach(async () => {
    await writeFile(file, bytes);
    closedBefore = await closed();
  });
  afterEach(async () => {
    await until(async () => (await closed()) === closedBefore + 1, 'the app is told once that its file is closed');
  });

  const closed = async (): Promise<number> => Number(await (await fetch(`${galley.url}/closed`)).text());

  const assertSends = async (target: string, expected: Buffer, length: number | undefined): Promise<void> => {
    const answer = await fetch(galley.url + target);
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('content-length'), length === undefined ? null : String(length));
    assertSame(Buffer.from(await answer.arrayBuffer()), expected);
  };

  const openSlowly = async (target: string): Promise<StreamClient> => {
    const client = await StreamClient.open(
      galley.port,
      `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
    );
    await until(async () => (await closed()) === closedBefore + 1, 'the app has answered');
    return client;
  };

  const readRest = async (client: StreamClient): Promise<Buffer> => {
    const answer = await client.read(Number.POSITIVE_INFINITY);
    return answer.subarray(answer.indexOf('\r\n\r\n') + 4);
  };

  it('sends a whole file', () => assertSends('/file', bytes, size));

  it('sends a file from its offset', () => assertSends('/file?1000001', bytes.subarray(1_000_001), size - 1_000_001));

  it('sends as much as is declared', () => assertSends('/file?7,100000', bytes.subarray(7, 100_007), 100_000));

  it('sends a file in memory', () => assertSends('/memory?7', bytes.subarray(7), undefined));

  it('sends as much of a file in memory as is declared', () =>
    assertSends('/memory?7,100000', bytes.subarray(7, 100_007), 100_000));

  it('sends what comes out of a pipe', () => assertSends('/pipe', bytes, undefined));

  it('sends a file that is deleted when it is returned', () => assertSends('/deleted', bytes, size));

  it('answers HEAD with the length and no body', async () => {
    const answer = await fetch(`${galley.url}/file?9`, { method: 'HEAD' });
    assert.deepEqual([answer.status, answer.headers.get('content-length')], [200, String(size - 9)]);
    assert.equal(await answer.text(), '');
  });

  it('answers 500 when more is declared than the file has', async () => {
    const answer = await fetch(`${galley.url}/file?0,${size + 1}`);
    assert.equal(answer.status, 500);
    await answer.body?.cancel();
    await galley.says(/ValueError: The app ended its response 1 bytes before the Content-Length it declared/);
  });

  it('does not hold the only thread while a client reads slowly, and the file may go meanwhile', async () => {
    const client = await openSlowly('/file');
    await unlink(file);
    await assert.rejects(stat(file));
    assertSame(await readRest(client), bytes);
  });

  it('cuts the connection when the file is cut while it is sent', async () => {
    const client = await openSlowly('/file');
    await truncate(file, size - 1);
    const rest = await readRest(client);
    assert.ok(rest.length < size);
    await galley.says(/Cannot send "\/proc\/\d+\/fd\/\d+": it ends 1 bytes too early/);
  });

  it('serves on when the client leaves in the middle', async () => {
    const client = await openSlowly('/file');
    await client.read(1);
    client.destroy();
    assert.equal(await closed(), closedBefore + 1);
  });
});

/** Compares by digest, since an assertion would print all of both. */
function assertSame(actual: Buffer, expected: Buffer): void {
  assert.equal(actual.length, expected.length);
  const [sent, wanted] = [actual, expected].map((data) => createHash('sha256').update(data).digest('hex'));
  assert.equal(sent, wanted);
}
