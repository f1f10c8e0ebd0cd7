import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { PasswordChecker, TooManyPasswords } from './password-checker.ts';

const bcrypt = '$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW';
const md5 = '$1$ab$dslkcXxVH.x8LwW1W/oAB/';

describe('PasswordChecker', () => {
  let now = 0;
  const checker = new PasswordChecker(() => now);
  after(() => checker.close());

  it('answers at once what costs little', () => {
    assert.equal(checker.check('secret', '{PLAIN}secret'), true);
    assert.equal(checker.check('other', '{PLAIN}secret'), false);
  });

  it('has a thread check what costs much, and remembers for 5 minutes what was right', async () => {
    const asked = checker.check('secret', bcrypt);
    assert.ok(asked instanceof Promise);
    assert.equal(await asked, true);
    assert.equal(checker.check('secret', bcrypt), true);
    now += 299_999;
    assert.equal(checker.check('secret', bcrypt), true);
    now += 1;
    assert.equal(await checker.check('secret', bcrypt), true);
    assert.equal(checker.check('secret', bcrypt), true);
  });

  it('remembers nothing of what was wrong, nor of another hash', async () => {
    for (let count = 0; count < 2; count++) {
      const asked = checker.check('other', bcrypt);
      assert.ok(asked instanceof Promise);
      assert.equal(await asked, false);
    }
    assert.equal(await checker.check('secret', md5), true);
    const asked = checker.check('secret', `${bcrypt.slice(0, -1)}X`);
    assert.ok(asked instanceof Promise);
    assert.equal(await asked, false);
  });

  it('leaves the event loop alone while it checks', async () => {
    let turns = 0;
    let isDone = false;
    // Cost 10: some 50 ms.
    const asked = Promise.resolve(checker.check('secret', `$2b$10$${bcrypt.slice(7)}`)).then(() => {
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
    const asked = Array.from({ length: 64 }, (_, index) => checker.check(`password ${index}`, md5));
    assert.equal(checker.check('password 7', md5), asked[7]);
    assert.throws(() => checker.check('one more', md5), TooManyPasswords);
    assert.deepEqual(await Promise.all(asked), Array(64).fill(false));
    assert.equal(await checker.check('one more', md5), false);
  });

  it('fails what was waited for where its thread ends, and starts another one', async () => {
    const asked = checker.check('password', bcrypt);
    const failed = assert.rejects(Promise.resolve(asked), /has ended/);
    await checker.close();
    await failed;
    assert.equal(await checker.check('password', bcrypt), false);
  });
});
