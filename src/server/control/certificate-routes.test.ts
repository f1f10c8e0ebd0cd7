import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { certificateStatus, FakeTarget } from '../../../test/support/fake-control.ts';
import { answerControl } from './control-routes.ts';

describe('The control socket', () => {
  it('tells the certificates', async () => {
    const target = new FakeTarget();
    target.known = [certificateStatus()];
    assert.deepEqual(await answerControl(target, 'GET', '/certificates', ''), { status: 200, body: target.known });
  });

  it('renews one', async () => {
    const target = new FakeTarget();
    target.known = [certificateStatus()];
    const answer = await answerControl(target, 'POST', '/certificates/renew', '{"name": "a.test"}');
    assert.deepEqual(answer, { status: 200, body: { ok: true, text: 'The certificate for a.test is renewed' } });
    assert.deepEqual(target.calls, [['renew', 'a.test']]);
  });

  it('says why one cannot be revoked', async () => {
    const target = new FakeTarget();
    target.known = [certificateStatus()];
    target.certificateOutcome = { ok: false, reason: 'the CA is away' };
    const { status, body } = await answerControl(target, 'POST', '/certificates/revoke', '{"name": "a.test"}');
    assert.equal(status, 409);
    assert.deepEqual(body, { ok: false, text: 'Cannot revoke the certificate for a.test: the CA is away' });
  });

  it('refuses what names none', async () => {
    const target = new FakeTarget();
    assert.equal((await answerControl(target, 'POST', '/certificates/renew', '{}')).status, 400);
    assert.equal((await answerControl(target, 'POST', '/certificates/renew', '{"name": "b.test"}')).status, 404);
  });
});
