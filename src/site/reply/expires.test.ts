import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { replyStage, stageContext, textReply } from '../../../test/support/reply-stage.ts';
import type { Reply } from '../../core/reply.ts';
import type { Expires } from '../../plan/settings.ts';
import { PlanError } from '../compile-context.ts';
import { createExpires, parseExpires } from './expires.ts';

const now = Date.parse('Sat, 21 Nov 2026 18:00:00 GMT');

function fields(expires: Expires, reply = textReply(''), variables: Record<string, string> = {}): unknown[] {
  const { request } = replyStage({ now: now + 300, variables });
  request.reply = reply;
  const filter = createExpires(expires, stageContext);
  assert.ok(filter);
  const { headers } = filter(request, reply) as Reply;
  return [headers.getAll('expires').join('|'), headers.getAll('cache-control').join('|')];
}

const template = (text: string, from: 'now' | 'modified' = 'now'): Expires => ({ kind: 'template', text, from });

describe('createExpires', () => {
  it('counts from now, into the past as well', () => {
    assert.deepEqual(fields(template('1h')), ['Sat, 21 Nov 2026 19:00:00 GMT', 'max-age=3600']);
    assert.deepEqual(fields(template('0')), ['Sat, 21 Nov 2026 18:00:00 GMT', 'max-age=0']);
    assert.deepEqual(fields(template('-1')), ['Sat, 21 Nov 2026 17:59:59 GMT', 'no-cache']);
  });

  it('goes no further than HTTP has dates for (RFC 9110 §5.6.7)', () => {
    for (const age of ['9000y', '200000000y']) {
      assert.deepEqual(fields(template(age)), ['Fri, 31 Dec 9999 23:59:59 GMT', 'max-age=251607016799'], age);
      assert.deepEqual(fields(template(`-${age}`)), ['Thu, 01 Jan 1970 00:00:00 GMT', 'no-cache'], age);
    }
  });

  it('knows epoch and max', () => {
    assert.deepEqual(fields({ kind: 'epoch' }), ['Thu, 01 Jan 1970 00:00:01 GMT', 'no-cache']);
    assert.deepEqual(fields({ kind: 'max' }), ['Thu, 31 Dec 2037 23:55:55 GMT', 'max-age=315360000']);
  });

  it('counts from when the file was modified, or from now where that is not known', () => {
    const reply = textReply('', { 'last-modified': 'Sat, 21 Nov 2026 17:50:00 GMT' });
    assert.deepEqual(fields(template('1h', 'modified'), reply), ['Sat, 21 Nov 2026 18:50:00 GMT', 'max-age=3000']);
    assert.deepEqual(fields(template('5m', 'modified'), reply), ['Sat, 21 Nov 2026 17:55:00 GMT', 'no-cache']);
    assert.deepEqual(fields(template('1h', 'modified')), ['Sat, 21 Nov 2026 19:00:00 GMT', 'max-age=3600']);
  });

  it('finds the next time of the day', () => {
    const next = new Date(now);
    next.setHours(15, 30, 0, 0);
    if (next.getTime() <= now) next.setDate(next.getDate() + 1);
    const [date, control] = fields(template('@15h30m'));
    assert.equal(date, next.toUTCString());
    assert.equal(control, `max-age=${(next.getTime() - now) / 1000}`);
  });

  it('replaces what the answer says, by a template that may look at it', () => {
    const reply = textReply('', { expires: 'Thu, 01 Jan 1970 00:00:01 GMT', 'cache-control': 'private' });
    assert.deepEqual(fields(template('$age'), reply, { age: '1d' }), [
      'Sun, 22 Nov 2026 18:00:00 GMT',
      'max-age=86400',
    ]);
    assert.deepEqual(fields(template('$age'), reply, { age: 'off' }), ['Thu, 01 Jan 1970 00:00:01 GMT', 'private']);
    assert.deepEqual(fields(template('$age'), reply, { age: 'soon' }), ['Thu, 01 Jan 1970 00:00:01 GMT', 'private']);
    assert.deepEqual(fields(template('$age'), reply, {}), ['Thu, 01 Jan 1970 00:00:01 GMT', 'private']);
  });

  it('leaves other statuses alone', () => {
    for (const status of [202, 400, 404, 500])
      assert.deepEqual(fields({ kind: 'max' }, textReply('', {}, status)), ['', '']);
    assert.deepEqual(fields({ kind: 'max' }, textReply('', {}, 304))[1], 'max-age=315360000');
  });

  it('refuses at load what is no time', () => {
    assert.throws(() => createExpires(template('soon'), stageContext), PlanError);
    assert.equal(createExpires(template('off'), stageContext), undefined);
  });
});

describe('parseExpires', () => {
  it('reads units in order', () => {
    assert.deepEqual(parseExpires('1d 12h', 'now'), { kind: 'after', from: 'now', seconds: 129_600 });
    assert.deepEqual(parseExpires('+1y2M3w4d5h6m7', 'now'), { kind: 'after', from: 'now', seconds: 38_898_367 });
    for (const text of ['1h1d', '1x', '-', '@', '@25h', '1.5h', ' ', '1ms'])
      assert.equal(parseExpires(text, 'now'), 'invalid', text);
    assert.equal(parseExpires('@1h', 'modified'), 'invalid');
  });
});
