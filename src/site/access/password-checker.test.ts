import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { type Asker, NobodyAsks, PasswordChecker, TooManyPasswords } from './password-checker.ts';

const bcrypt = '$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW';
const md5 = '$1$ab$dslkcXxVH.x8LwW1W/oAB/';

let clients = 0;

/** A client of its own, or one of that address. */
function client(address = `10.0.${++clients >> 8}.${clients & 255}`): Asker & { leave(): void } {
  const listeners: (() => void)[] = [];
  return {
    address,
    onDone: (listener) => listeners.push(listener),
    leave() {
      for (const listener of listeners) listener();
    },
  };
}

describe('PasswordChecker', () => {
  let now = 0;
  const checker = new PasswordChecker(() => now);
  after(() => checker.close());
  const check = (password: string, hash: string, asker: Asker = client()): boolean | Promise<boolean> =>
    checker.check(password, hash, asker);

  it('answers at once what costs little', () => {
    assert.equal(check('secret', '{PLAIN}secret'), true);
    assert.equal(check('other', '{PLAIN}secret'), false);
  });

  it('has a thread check what costs much, and remembers for 5 minutes what was right', async () => {
    const asked = check('secret', bcrypt);
    assert.ok(asked instanceof Promise);
    assert.equal(await asked, true);
    assert.equal(check('secret', bcrypt), true);
    now += 299_999;
    assert.equal(check('secret', bcrypt), true);
    now += 299_999;
    assert.equal(check('secret', bcrypt), true, 'it was used meanwhile');
    now += 300_000;
    assert.ok(check('secret', bcrypt) instanceof Promise);
    assert.equal(await check('secret', bcrypt), true);
    assert.equal(check('secret', bcrypt), true);
  });

  it('remembers nothing of what was wrong, nor of another hash', async () => {
    for (let count = 0; count < 2; count++) {
      const asked = check('other', bcrypt);
      assert.ok(asked instanceof Promise);
      assert.equal(await asked, false);
    }
    assert.equal(await check('secret', md5), true);
    const asked = check('secret', `${bcrypt.slice(0, -1)}X`);
    assert.ok(asked instanceof Promise);
    assert.equal(await asked, false);
  });

  it('leaves the event loop alone while it checks', async () => {
    let turns = 0;
    let isDone = false;
    // Cost 10: some 50 ms.
    const asked = Promise.resolve(check('secret', `$2b$10$${bcrypt.slice(7)}`)).then(() => {
      isDone = true;
    });
    while (!isDone) {
      turns++;
      await new Promise(setImmediate);
    }
    await asked;
    assert.ok(turns > 100, `${turns} turns`);
  });

  it('checks one password once for all who wait, and 64 passwords at most', async () => {
    const asked = Array.from({ length: 64 }, (_, index) => check(`password ${index}`, md5));
    assert.equal(check('password 7', md5), asked[7]);
    assert.throws(() => check('one more', md5), TooManyPasswords);
    assert.deepEqual(await Promise.all(asked), Array(64).fill(false));
    assert.equal(await check('one more', md5), false);
  });

  it('checks 8 passwords of one client at most, and nothing for those who have left', async () => {
    const greedy = Array.from({ length: 8 }, () => client('192.0.2.1'));
    const asked = greedy.map((each, index) => check(`greedy ${index}`, `$2b$10$${bcrypt.slice(7)}`, each));
    assert.throws(() => check('greedy', bcrypt, client('192.0.2.1')), TooManyPasswords);
    const shared = client();
    assert.equal(check('greedy 7', `$2b$10$${bcrypt.slice(7)}`, shared), asked[7]);
    const other = check('other', md5);
    for (const each of greedy) each.leave();
    const outcomes = await Promise.allSettled(asked);
    assert.deepEqual(
      outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : outcome.reason.constructor)),
      [false, ...Array(6).fill(NobodyAsks), false],
      'one was under way, and one is another client’s too',
    );
    assert.equal(await other, false);
    assert.equal(await check('greedy', md5, client('192.0.2.1')), false);
  });

  const shares = [
    { first: '2001:db8:0:1::1', other: '2001:db8:0:1:ffff::2', isShared: true },
    { first: '2001:db8:0:1::1', other: '2001:db8:0:2::1', isShared: false },
    { first: '192.0.2.2', other: '::ffff:192.0.2.2', isShared: true },
    ...['127.0.0.1', '::1', '::ffff:127.0.0.2', ''].map((first) => ({ first, other: first, isShared: false })),
  ];
  for (const { first, other, isShared } of shares) {
    const name = other || 'a Unix socket';
    it(`${isShared ? 'counts' : 'does not count'} what ${first || 'a Unix socket'} asked for as that of ${name}`, async () => {
      const asked = Array.from({ length: 8 }, (_, index) => check(`password ${index}`, md5, client(first)));
      if (isShared) assert.throws(() => check('one more', md5, client(other)), TooManyPasswords);
      else assert.equal(await check('one more', md5, client(other)), false);
      await Promise.all(asked);
    });
  }

  it('fails what was waited for where its thread ends, and starts another one', async () => {
    const asked = check('password', bcrypt);
    const failed = assert.rejects(Promise.resolve(asked), /has ended/);
    await checker.close();
    await failed;
    assert.equal(await check('password', bcrypt), false);
  });
});
