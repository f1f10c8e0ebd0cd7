import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fetched } from '../../../test/support/cached-stage.ts';
import { fakeSiteRequest } from '../../../test/support/fake-site-request.ts';
import type { Reply } from '../../core/reply.ts';
import type { Content } from '../steps.ts';
import { createGivenAnswers } from './given-answers.ts';

const taken = (): never => assert.fail('The cache has asked');

describe('createGivenAnswers', () => {
  it('adds the cookie of the peer that has answered, and not of one that was asked in another location', async () => {
    const { request } = fakeSiteRequest('/');
    const reply = fetched('a', { a: 'b' });
    const sticky: Content = (asked) => {
      asked.stickyCookie = 'stick=1';
      return Promise.resolve(reply);
    };
    const cookieOf = async (content: Content): Promise<string | undefined> =>
      ((await createGivenAnswers(content, { taken, given: undefined })(request)) as Reply).headers.get('set-cookie');
    assert.equal(await cookieOf(sticky), 'stick=1');
    assert.equal(await cookieOf(() => reply), undefined);
  });

  it('changes fields without a promise, and gives what has none as it is', () => {
    const { request } = fakeSiteRequest('/');
    const given = (_: unknown, headers: Reply['headers']): Reply['headers'] => headers.without('a');
    const answer = (content: Content): unknown => createGivenAnswers(content, { taken, given })(request);
    assert.deepEqual([...(answer(() => fetched('', { a: '1', b: '2' })) as Reply).headers], [['b', '2']]);
    const drop = { kind: 'drop' } as const;
    assert.equal(
      answer(() => drop),
      drop,
    );
  });
});
