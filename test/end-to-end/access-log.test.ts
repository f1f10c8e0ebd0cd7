import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Galley, startGalley } from '../support/galley.ts';
import { until } from '../support/until.ts';

const apps = fileURLToPath(new URL('../apps', import.meta.url));

/** Requests that make three lines: an answer, one without a body, and one that the app failed. Gives the lines. */
async function threeLines(galley: Galley): Promise<readonly string[]> {
  const headers = { 'user-agent': 'test "1"', referer: 'http://before/' };
  await (await fetch(`${galley.url}/json?a=b`, { headers })).text();
  await (await fetch(`${galley.url}/json`, { method: 'HEAD' })).text();
  await (await fetch(`${galley.url}/fail`)).text();
  await until(() => galley.stdout().split('\n').length === 4, 'three lines');
  return galley.stdout().trimEnd().split('\n');
}

describe('the access log', () => {
  it('has a line in combined format for each request, with its times', async () => {
    await using galley = await startGalley('bottle_app:app', { cwd: apps, args: ['--workers', '1'] });
    const [first = '', second = '', third = ''] = await threeLines(galley);
    const time = '\\[\\d\\d/\\w{3}/\\d{4}:\\d\\d:\\d\\d:\\d\\d [+-]\\d{4}\\]';
    const took = '\\d+\\.\\d{3} \\d+\\.\\d{3}$';
    assert.match(
      first,
      new RegExp(
        `^127\\.0\\.0\\.1 - - ${time} "GET /json\\?a=b HTTP/1\\.1" 200 18 "http://before/" "test \\\\x221\\\\x22" ${took}`,
      ),
    );
    assert.match(second, new RegExp(`"HEAD /json HTTP/1\\.1" 200 0 .* ${took}`));
    assert.match(third, new RegExp(`"GET /fail HTTP/1\\.1" 500 \\d+ .* ${took}`));
  });

  it('has a JSON object for each request', async () => {
    const args = ['--workers', '1', '--access-log', 'json'];
    await using galley = await startGalley('bottle_app:app', { cwd: apps, args });
    const lines = (await threeLines(galley)).map((line) => JSON.parse(line));
    const [first, second, third] = lines;
    const { client, method, target, version, status, bytes, complete, referer, userAgent } = first;
    assert.deepEqual(
      { client, method, target, version, status, bytes, complete, referer, userAgent },
      {
        client: '127.0.0.1',
        method: 'GET',
        target: '/json?a=b',
        version: '1.1',
        status: 200,
        bytes: 18,
        complete: true,
        referer: 'http://before/',
        userAgent: 'test "1"',
      },
    );
    assert.ok(first.durationMs > 0 && first.queueMs >= 0 && Date.parse(first.time) > 0);
    assert.deepEqual([second.method, second.bytes], ['HEAD', 0]);
    assert.equal(third.status, 500);
    assert.match(galley.stderr(), new RegExp(`request=${third.request} `));
  });

  it('is not there with --no-access-log', async () => {
    const args = ['--workers', '1', '--no-access-log'];
    await using galley = await startGalley('bottle_app:app', { cwd: apps, args });
    await (await fetch(`${galley.url}/json`)).text();
    assert.equal(await galley.stop(), 0);
    assert.equal(galley.stdout(), '');
  });
});
