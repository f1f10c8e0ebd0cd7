import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { AppFolder } from '../../../test/support/app-folder.ts';
import { PidFile, PidFileError } from './pid-file.ts';

describe('PidFile', () => {
  it('holds the number until it is removed', async () => {
    await using folder = await AppFolder.with({ 'a.pid': '1\n' });
    const file = new PidFile(folder.file('a.pid'), 4711);
    file.write();
    assert.equal(readFileSync(file.path, 'latin1'), '4711\n');
    file.remove();
    assert.deepEqual(readdirSync(folder.path), []);
  });

  it('makes way for another process, and removes its own name only', async () => {
    await using folder = await AppFolder.with({});
    const [old, fresh] = [
      new PidFile(folder.file('a.pid'), 999_999_998),
      new PidFile(folder.file('a.pid'), 999_999_999),
    ];
    old.write();
    old.moveToOld();
    fresh.write();
    assert.equal(readFileSync(folder.file('a.pid.oldbin'), 'latin1'), '999999998\n');
    old.remove();
    assert.deepEqual(readdirSync(folder.path), ['a.pid']);
    fresh.moveToOld();
    fresh.moveBack();
    assert.equal(readFileSync(folder.file('a.pid'), 'latin1'), '999999999\n');
  });

  it('is not moved over the file of another process that lives', async () => {
    await using folder = await AppFolder.with({});
    const path = folder.file('a.pid');
    const old = new PidFile(path, 999_999_998);
    old.write();
    old.moveToOld();
    for (const [text, isTaken] of [
      [`${process.pid}\n`, true],
      ['999999999\n', false],
    ] as const) {
      writeFileSync(path, text);
      if (isTaken)
        assert.throws(
          () => old.moveBack(),
          new PidFileError(`${path}.oldbin is not renamed to ${path}, which is of process ${process.pid}`),
        );
      else old.moveBack();
      assert.equal(readFileSync(path, 'latin1'), isTaken ? text : '999999998\n');
    }
  });

  it('leaves a file in which another process wrote its number', async () => {
    await using folder = await AppFolder.with({});
    const file = new PidFile(folder.file('a.pid'), 1);
    file.write();
    writeFileSync(file.path, '2\n');
    file.remove();
    assert.ok(existsSync(file.path));
  });

  it('goes to another path, and stays where it is where that cannot be written', async () => {
    await using folder = await AppFolder.with({});
    const file = new PidFile(folder.file('a.pid'), 4711);
    file.write();
    file.changeTo(folder.file('b.pid'));
    assert.deepEqual(readdirSync(folder.path), ['b.pid']);
    assert.throws(() => file.changeTo('/nowhere/a.pid'), PidFileError);
    assert.equal(file.path, folder.file('b.pid'));
    assert.equal(readFileSync(file.path, 'latin1'), '4711\n');
  });

  it('does not go to the file of another process that lives, and leaves it there', async () => {
    await using folder = await AppFolder.with({ 'b.pid': `${process.pid}\n` });
    const file = new PidFile(folder.file('a.pid'), 999_999_998);
    file.write();
    assert.throws(
      () => file.changeTo(folder.file('b.pid')),
      new PidFileError(`${folder.file('b.pid')} is not written: it is of process ${process.pid}`),
    );
    file.remove();
    assert.deepEqual(readdirSync(folder.path), ['b.pid']);
    assert.equal(readFileSync(folder.file('b.pid'), 'latin1'), `${process.pid}\n`);
    file.write();
    await folder.write('b.pid', '999999999\n');
    file.changeTo(folder.file('b.pid'));
    assert.equal(readFileSync(folder.file('b.pid'), 'latin1'), '999999998\n');
  });

  it('says before it goes to another path whether it could', async () => {
    await using folder = await AppFolder.with({ 'b.pid': `${process.pid}\n` });
    const file = new PidFile(folder.file('a.pid'), 999_999_998);
    file.write();
    assert.throws(() => file.testChange(folder.file('b.pid')), /is not written: it is of process/);
    assert.throws(() => file.testChange('/nowhere/a.pid'), /No such file/);
    file.testChange(folder.file('c.pid'));
    assert.deepEqual([file.path, readdirSync(folder.path)], [folder.file('a.pid'), ['a.pid', 'b.pid']]);
    file.moveToOld();
    file.testChange(folder.file('b.pid'));
  });

  it('leaves what is no regular file as it is', async () => {
    await using folder = await AppFolder.with({});
    const path = folder.file('a.pid');
    symlinkSync('/dev/null', path);
    const file = new PidFile(path, 4711);
    file.write();
    file.moveToOld();
    file.moveBack();
    file.changeTo(folder.file('b.pid'));
    file.changeTo(path);
    file.remove();
    assert.deepEqual([readdirSync(folder.path), readlinkSync(path)], [['a.pid'], '/dev/null']);
  });

  it('is tested without a change', async () => {
    await using folder = await AppFolder.with({ 'a.pid': '7\n' });
    new PidFile(folder.file('a.pid')).test();
    assert.equal(readFileSync(folder.file('a.pid'), 'latin1'), '7\n');
    new PidFile(folder.file('b.pid')).test();
    assert.equal(readFileSync(folder.file('b.pid'), 'latin1'), '');
  });

  it('says in nginx’s words that it cannot be written', () => {
    const expected = new PidFileError('open() "/nowhere/a.pid" failed (2: No such file or directory)');
    assert.throws(() => new PidFile('/nowhere/a.pid').write(), expected);
    assert.throws(() => new PidFile('/nowhere/a.pid').test(), expected);
  });
});
