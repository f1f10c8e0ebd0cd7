import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cacheStatus, FakeTarget } from '../../../test/support/fake-control.ts';
import type { ControlAnswer } from './control-answer.ts';
import { answerControl } from './control-routes.ts';

function ask(target: FakeTarget, method: string, path: string, body: unknown = {}): Promise<ControlAnswer> {
  return answerControl(target, method, path, JSON.stringify(body));
}

function targetOf(): FakeTarget {
  const target = new FakeTarget();
  target.kept = [cacheStatus()];
  return target;
}

describe('The control socket', () => {
  it('tells the caches', async () => {
    const target = targetOf();
    assert.deepEqual(await ask(target, 'GET', '/caches'), { status: 200, body: target.kept });
  });

  for (const [body, what] of [
    [{ key: 'é' }, { kind: 'key', value: '\xc3\xa9' }],
    [{ prefix: 'http' }, { kind: 'prefix', value: 'http' }],
    [{ tag: 'news' }, { kind: 'tag', value: 'news' }],
    [{ all: true }, { kind: 'all' }],
  ] as const) {
    it(`purges ${JSON.stringify(body)}`, async () => {
      const target = targetOf();
      const answer = await ask(target, 'POST', '/purge', { cache: 'pages', ...body });
      const text = 'Removed 1 entry from the cache "pages"';
      assert.deepEqual(answer, { status: 200, body: { ok: true, removed: 1, text } });
      assert.deepEqual(target.calls, [['purge', 'pages', what]]);
    });
  }

  it('refuses what is no purge, or of no cache', async () => {
    const target = targetOf();
    for (const body of [
      { cache: 'pages' },
      { all: true },
      { cache: 'pages', all: false },
      { cache: 'pages', key: 1 },
      { cache: 'pages', key: 'a', all: true },
    ]) {
      assert.equal((await ask(target, 'POST', '/purge', body)).status, 400);
    }
    assert.deepEqual(target.calls, []);
    assert.deepEqual(await ask(target, 'POST', '/purge', { cache: 'other', all: true }), {
      status: 404,
      body: { ok: false, text: 'There is no cache "other": there is pages' },
    });
  });
});
