import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeTarget, upstreamStatus } from '../../../test/support/fake-control.ts';
import type { ControlAnswer } from './control-answer.ts';
import { answerControl } from './control-routes.ts';

function targetOf(): FakeTarget {
  const target = new FakeTarget();
  target.members = [upstreamStatus()];
  return target;
}

function ask(target: FakeTarget, method: string, path: string, body: unknown = {}): Promise<ControlAnswer> {
  return answerControl(target, method, path, JSON.stringify(body));
}

const address = '127.0.0.1:8001';

describe('The control socket', () => {
  it('tells the upstreams', async () => {
    const target = targetOf();
    assert.deepEqual(await ask(target, 'GET', '/upstreams'), { status: 200, body: target.members });
  });

  for (const [action, more, change] of [
    ['add', { weight: 3, backup: true }, { weight: 3, isBackup: true }],
    ['add', {}, { isBackup: undefined }],
    ['drain', {}, { isBackup: undefined }],
    ['remove', {}, { isBackup: undefined }],
    ['weight', { weight: 65_535 }, { weight: 65_535, isBackup: undefined }],
    ['up', {}, { isBackup: undefined }],
  ] as const) {
    it(`changes members: ${action} ${JSON.stringify(more)}`, async () => {
      const target = targetOf();
      const answer = await ask(target, 'POST', `/upstreams/${action}`, { upstream: 'app', address, ...more });
      assert.deepEqual(answer, { status: 200, body: target.changeOutcome });
      assert.deepEqual(target.calls, [['app', { action, address, ...change }]]);
    });
  }

  it('says why a change is not possible', async () => {
    const target = targetOf();
    target.changeOutcome = { ok: false, text: 'There is no member 127.0.0.1:8001' };
    const answer = await ask(target, 'POST', '/upstreams/drain', { upstream: 'app', address });
    assert.deepEqual(answer, { status: 409, body: target.changeOutcome });
  });

  for (const [path, body, status, text] of [
    ['/upstreams/drain', { upstream: 'other', address }, 404, 'There is no upstream "other": there is app'],
    [
      '/upstreams/add',
      { upstream: 'app' },
      400,
      '/upstreams/add takes {"upstream": NAME, "address": ADDRESS, "weight"?: NUMBER, "backup"?: true}, weights from 1 to 65535',
    ],
    [
      '/upstreams/weight',
      { upstream: 'app', address },
      400,
      '/upstreams/weight takes {"upstream": NAME, "address": ADDRESS, "weight": NUMBER}, weights from 1 to 65535',
    ],
    ...[0, 65_536, 1.5, '2', null].map((weight) => {
      const text =
        '/upstreams/weight takes {"upstream": NAME, "address": ADDRESS, "weight": NUMBER}, weights from 1 to 65535';
      return ['/upstreams/weight', { upstream: 'app', address, weight }, 400, text] as const;
    }),
    [
      '/upstreams/up',
      { upstream: 'app', address: 8001 },
      400,
      '/upstreams/up takes {"upstream": NAME, "address": ADDRESS}',
    ],
  ] as const) {
    it(`refuses ${path} ${JSON.stringify(body)} with ${status}`, async () => {
      const target = targetOf();
      assert.deepEqual(await ask(target, 'POST', path, body), { status, body: { ok: false, text } });
      assert.deepEqual(target.calls, []);
    });
  }

  it('names no upstream where there is none', async () => {
    const target = targetOf();
    target.members = [];
    const { body } = await ask(target, 'POST', '/upstreams/up', { upstream: 'app', address });
    assert.deepEqual(body, { ok: false, text: 'There is no upstream "app": there is none' });
  });
});
