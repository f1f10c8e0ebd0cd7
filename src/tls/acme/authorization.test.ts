import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { quickClock } from '../../../test/support/quick-clock.ts';
import { until } from '../../../test/support/until.ts';
import type { AcmeAccount } from './acme-account.ts';
import type { AcmeAnswer } from './acme-client.ts';
import { AcmeError } from './acme-error.ts';
import { authorize } from './authorization.ts';
import { ChallengeBoard } from './challenges/challenge-board.ts';

/** A CA with one authorization: what it says at each question for it, and whether it takes the word that it may look. */
class Ca {
  readonly posted: string[] = [];
  readonly #answers: string[];
  readonly #begun: string;
  readonly #refuses: boolean;

  constructor(answers: string[], begun: string, refuses: boolean) {
    this.#answers = answers;
    this.#begun = begun;
    this.#refuses = refuses;
  }

  async authorize(resumptions = 0, given?: ChallengeBoard): Promise<readonly string[]> {
    const account = { thumbprint: 'thumb', post: async ({ url }: { url: string }) => this.#post(url) };
    const shown: string[] = [];
    const board = given ?? new ChallengeBoard(({ http }) => shown.push(...http.map(({ token }) => token)));
    const provers = { board, presentRecord: async () => {}, cleanUpRecord: async () => {} };
    await authorize(['authz'], {
      account: account as unknown as AcmeAccount,
      challenges: ['tls-alpn-01', 'http-01'],
      failures: 0,
      resumptions,
      provers,
      log: { error: fail, warn: fail, info: fail, debug: fail },
      clock: quickClock(1_000),
      signal: new AbortController().signal,
    });
    return shown;
  }

  #post(url: string): Pick<AcmeAnswer, 'json'> {
    this.posted.push(url);
    if (url === 'authz') {
      const status = this.#answers.length > 1 ? this.#answers.shift() : this.#answers[0];
      const challenges = [
        { type: 'tls-alpn-01', url: 'alpn', token: 'alpn', status: 'pending' },
        { type: 'http-01', url: 'http', token: 'http', status: this.#begun },
      ];
      return { json: { status, identifier: { value: 'a.test' }, challenges } };
    }
    if (!this.#refuses) return { json: {} };
    throw new AcmeError('refused', { problem: { type: 'malformed', detail: '', subproblems: [] } });
  }
}

function fail(message: string): void {
  assert.fail(message);
}

describe('authorize', () => {
  it('tells the CA to look', async () => {
    const ca = new Ca(['pending', 'pending', 'valid'], 'pending', false);
    await ca.authorize();
    assert.deepEqual(ca.posted, ['authz', 'alpn', 'authz', 'authz']);
  });

  it('proves what the CA looks at already, without telling it again', async () => {
    const ca = new Ca(['pending', 'valid'], 'processing', true);
    assert.deepEqual(await ca.authorize(), ['http']);
    assert.deepEqual(ca.posted, ['authz', 'authz']);
  });

  it('tells the CA again where it has looked in vain before', async () => {
    const ca = new Ca(['pending', 'pending', 'valid'], 'processing', false);
    assert.deepEqual(await ca.authorize(2), ['http']);
    assert.deepEqual(ca.posted, ['authz', 'http', 'authz', 'authz']);
  });

  it('goes on where the CA refuses to be told as it is done', async () => {
    const ca = new Ca(['pending', 'valid'], 'pending', true);
    await ca.authorize();
    assert.deepEqual(ca.posted, ['authz', 'alpn', 'authz', 'authz']);
  });

  it('waits until nobody else proves its name by TLS', async () => {
    const held = new ChallengeBoard(() => undefined);
    const release = await held.hold(['a.test'], new AbortController().signal);
    const ca = new Ca(['pending', 'valid'], 'pending', false);
    const done = ca.authorize(0, held);
    await until(() => ca.posted.length > 0, 'the authorization');
    await new Promise(setImmediate);
    assert.deepEqual(ca.posted, ['authz']);
    release();
    await done;
    assert.deepEqual(ca.posted, ['authz', 'alpn', 'authz']);
    await held.hold(['a.test'], new AbortController().signal);
  });

  it('fails where the CA does not look', async () => {
    const ca = new Ca(['pending'], 'pending', true);
    await assert.rejects(ca.authorize(), /refused/);
  });
});
